"""Throw-away PostgreSQL and Valkey for one test session, from the launcher's own parts."""

import fcntl
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from launch.network import free_port
from launch.postgres import Postgres
from launch.process import Command, spawn, stop
from launch.valkey import Valkey

PREFIX = "atrium-test-"


@dataclass(frozen=True, slots=True)
class Services:
    """What a session runs on. `database_admin_url` is the superuser's, for the database `postgres`."""

    database_admin_url: str
    redis_url: str
    folder: Path
    stop: Callable[[], None] = field(repr=False)


def start_services() -> Services:
    """Start both in a new folder below the temporary one; they end with `stop()` or with this process.

    Folders of sessions that were killed are removed. The database trades safety for speed (no fsync).
    """
    _remove_abandoned()
    folder, lock = _own_folder()
    postgres = Postgres(folder / "postgres", free_port(), secrets.token_urlsafe(16), quick=True)
    valkey = Valkey(folder / "valkey", free_port(), secrets.token_urlsafe(16))
    postgres.prepare()
    valkey.prepare()
    log = (folder / "services.log").open("wb")
    running: list[tuple[subprocess.Popen[bytes], Command]] = []

    def stop_all() -> None:
        for process, command in reversed(running):
            stop(process, command)
        running.clear()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)

    try:
        for command in (postgres.command(), valkey.command()):
            running.append((spawn(command, log), command))  # noqa: PERF401  # a second that fails ends the first
        postgres.wait_ready()
        valkey.wait_ready()
    except (OSError, TimeoutError) as error:
        text = (folder / "services.log").read_text(errors="replace")
        stop_all()
        raise RuntimeError(f"{error}\n{text}") from error
    return Services(postgres.url("postgres"), valkey.url, folder, stop_all)


def _own_folder() -> tuple[Path, int]:
    """A new folder with its lock; it has its name only once it is locked, lest another session remove it."""
    unnamed = Path(tempfile.mkdtemp())
    unnamed.chmod(0o711)
    lock = _lock(unnamed)
    return unnamed.rename(unnamed.with_name(PREFIX + unnamed.name)), lock


def _lock(folder: Path) -> int:
    """Hold the folder for as long as this process lives. Raises BlockingIOError when another does."""
    descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor


def _remove_abandoned() -> None:
    """Remove folders that no living session holds."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if not (folder / "lock").exists():
            continue
        try:
            os.close(_lock(folder))
        except OSError:
            continue
        shutil.rmtree(folder, ignore_errors=True)
