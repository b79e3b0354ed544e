"""Writes of files: save as the bytes arrive, delete for good."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings

from apps.files import limits
from apps.files.models import File, ScanState
from apps.files.names import clean_name
from apps.files.scanning import scan
from apps.files.storage import new_key, storage
from apps.rest.errors import ProblemError
from apps.tenants.outside import OutsideWantedError, outside
from apps.tenants.scope import after_commit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

logger = logging.getLogger(__name__)
_PART: Final = 256 * 1024


class _Counted:
    """Parts on their way, counted and hashed; raises 413 as soon as there are too many bytes."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts
        self._digest = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            self.size += len(part)
            if self.size > settings.MAX_UPLOAD_BYTES:
                raise limits.too_large()
            self._digest.update(part)
            yield part

    @property
    def sha256(self) -> str:
        """The hash of what has passed, in hex."""
        return self._digest.hexdigest()


def file_save(*, owner_id: UUID | None, name: str, media_type: str, parts: Iterable[bytes]) -> File:
    """Keep the bytes and their row, in the caller's transaction; bytes for a bucket leave outside of it.

    Raises ProblemError: 413 (too large), 400 (empty), 409 (quota), 422 (the scanner refused it); nothing is
    kept then. Bytes whose transaction fails later are removed by `upkeep.remove_orphans`.
    """
    kept = _kept_in_bucket if storage().is_remote else _kept_on_disk
    counted = _Counted(parts)
    key, scan_state = kept(counted, owner_id)
    limits.refuse_size_alone(counted.size, owner_id=owner_id)
    return File.objects.create(
        name=clean_name(name),
        media_type=media_type,
        size=counted.size,
        sha256=counted.sha256,
        storage_key=key,
        scan_state=scan_state,
        owner_id=owner_id,
    )


def _kept_on_disk(counted: _Counted, owner_id: UUID | None) -> tuple[str, ScanState]:
    key = new_key()
    storage().save(key, counted)
    try:
        limits.refuse_size(counted.size, owner_id=owner_id)
        with storage().local(key) as path:
            return key, _scanned(path)
    except BaseException:
        storage().delete(key)
        raise


def _kept_in_bucket(counted: _Counted, owner_id: UUID | None) -> tuple[str, ScanState]:
    """As on disk, but checked before it is sent, and sent between two tries (apps.tenants.outside)."""
    key = new_key()
    with ExitStack() as kept:
        whole = kept.enter_context(tempfile.NamedTemporaryFile(prefix="atrium-"))
        for part in counted:
            whole.write(part)
        whole.flush()
        limits.refuse_size(counted.size, owner_id=owner_id)
        scan_state = _scanned(Path(whole.name))

        def send() -> str:
            with whole:
                whole.seek(0)
                storage().save(key, iter(lambda: whole.read(_PART), b""))
            return key

        try:
            return outside(("file", counted.sha256, counted.size), send), scan_state
        except OutsideWantedError:
            kept.pop_all()
            raise


def file_delete(*, file: File) -> None:
    """Remove the row now and the bytes once that is committed."""
    key = file.storage_key
    file.delete()
    after_commit(lambda: storage().delete(key))


def _scanned(path: Path) -> ScanState:
    state = scan(path)
    if state == ScanState.INFECTED:
        logger.warning("The scanner refused a file.")
        raise ProblemError(
            422,
            "file_infected",
            "The virus scanner refused this file",
            "Nothing was saved. Check the file on your computer before you try again.",
        )
    return state
