"""Bytes in a folder of this machine: settings.FILES_DIR."""

from __future__ import annotations

import datetime as dt
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_HALF_WRITTEN = ".part"


class DiskStorage:
    """Files below a root that only this account may read; see base.Storage."""

    is_remote: ClassVar = False

    def __init__(self, root: Path) -> None:
        self._root = root

    def save(self, key: str, parts: Iterable[bytes]) -> None:
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = path.with_name(path.name + _HALF_WRITTEN)
        try:
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for part in parts:
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
        except BaseException:
            half.unlink(missing_ok=True)
            raise

    def open(self, key: str) -> BinaryIO:
        return self._path(key).open("rb")

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        path = self._path(key)
        if not path.is_file():
            raise FileNotFoundError(key)
        yield path

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def keys(self, prefix: str) -> Iterator[tuple[str, dt.datetime]]:
        for path in self._path(prefix).rglob("*"):
            try:
                written = path.stat().st_mtime
            except FileNotFoundError:
                continue
            if path.is_file():
                key = path.relative_to(self._root).as_posix()
                yield key, dt.datetime.fromtimestamp(written, dt.UTC)

    def _path(self, key: str) -> Path:
        path = (self._root / key).resolve()
        if not path.is_relative_to(self._root.resolve()):
            raise ValueError("a key outside the storage")
        return path
