"""What bin/up keeps in the data folder: its lock, secrets, ports, the process table and the environment."""

import base64
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

import psutil

from launch.process import signal_group

ROLES = ("MIGRATE", "WEB", "WORKER", "PLATFORM")
CLOCK_SLACK = 2.0


class AlreadyRunningError(Exception):
    """Another supervisor holds the data folder."""


class FolderError(Exception):
    """The data folder cannot be used; the message says why and what to do."""


class DataFolder:
    """The folder of one installation. Files with secrets are readable by their owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._descriptor = -1

    def open(self) -> None:
        """Make the folder and hold it for this process. Raises AlreadyRunningError, FolderError."""
        with self._told():
            self.path.mkdir(parents=True, exist_ok=True)
            if os.geteuid() == 0:
                self.path.chmod(0o711)  # PostgreSQL's account walks through it
            self._descriptor = os.open(self.path / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(f"Atrium is already running on {self.path}.") from None

    def secrets(self) -> dict[str, str]:
        """The installation's secrets; what is missing is made. Raises FolderError rather than lose any."""
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "ATRIUM_VAULT_KEYS": f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "ATRIUM_MODEL_SERVER_KEY": f"sk-local-{secrets.token_urlsafe(24)}",
            "postgres": secrets.token_urlsafe(24),
            "valkey": secrets.token_urlsafe(24),
            **{f"ATRIUM_DB_PASSWORD_{role}": secrets.token_urlsafe(24) for role in ROLES},
        }
        kept = self.read("secrets.json")
        if not kept and (self.path / "secrets.json").exists():
            raise FolderError(
                f"{self.path / 'secrets.json'} cannot be read. Nothing was changed. Put it back from your "
                "backup: without its keys nobody opens what the database keeps sealed."
            )
        if kept.keys() < made.keys() or not kept:
            kept = made | kept
            self.write("secrets.json", kept)
        return {name: str(value) for name, value in kept.items()}

    def read(self, name: str) -> dict[str, Any]:
        """A JSON object that `write` left; empty where there is none or it cannot be read."""
        with suppress(OSError, ValueError):
            value = json.loads((self.path / name).read_text())
            if isinstance(value, dict):
                return value
        return {}

    def write(self, name: str, value: Mapping[str, Any]) -> None:
        """Leave a JSON object, whole or not at all, mode 0600. Raises FolderError."""
        fresh = self.path / f".{name}.new"
        with self._told():
            fresh.unlink(missing_ok=True)
            with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
                json.dump(value, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path / name)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise FolderError(
                f"The data folder {self.path} cannot be written ({error.strerror}). What it holds is "
                "unchanged. Make room, make it writable for this account, or name another: bin/up --data DIR"
            ) from error


def identity(pid: int) -> dict[str, float]:
    """What tells a process from a later one with the same number."""
    with suppress(psutil.Error):
        return {"pid": pid, "created": psutil.Process(pid).create_time()}
    return {"pid": pid, "created": 0.0}


def end_leftovers(table: Mapping[str, Mapping[str, float]], seconds: float = 12) -> list[str]:
    """End what a killed supervisor left running; returns the names. Waits `seconds` before SIGKILL."""
    left = {name: int(entry["pid"]) for name, entry in table.items() if _is_same(entry)}
    for pid in left.values():
        signal_group(pid, SIGTERM)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(_is_same(table[name]) for name in left):
        time.sleep(0.05)
    for pid in left.values():
        signal_group(pid, SIGKILL)
    return list(left)


def _is_same(entry: Mapping[str, float]) -> bool:
    try:
        process = psutil.Process(int(entry["pid"]))
        is_same = abs(process.create_time() - entry["created"]) < CLOCK_SLACK
        return is_same and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, KeyError, ValueError):
        return False
