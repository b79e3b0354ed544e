"""One sync at a time for each ingest worker: a site of many pages takes minutes, and documents find the other
processes of the worker free."""

from __future__ import annotations

import fcntl
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def sync_place() -> Iterator[bool]:
    """Whether this process of the worker may follow a source now; a killed one leaves the place free.

    Where it may not, the source stays due and the schedule hints it again.
    """
    path = Path(tempfile.gettempdir()) / f"atrium-sync-{os.getuid()}-{os.getppid()}"
    descriptor = os.open(path, _FLAGS, 0o600)
    is_taken = False
    try:
        is_taken = _taken(descriptor, path)
        yield is_taken
    finally:
        if is_taken:
            path.unlink()
        os.close(descriptor)


def _taken(descriptor: int, path: Path) -> bool:
    """Whether the file is locked, and still the one that others find: its last holder removed it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except (BlockingIOError, FileNotFoundError):
        return False
