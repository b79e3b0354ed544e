"""The bytes of an upload in parts: kept as they come, read as one; to and from a bucket outside the scope."""

from __future__ import annotations

import tempfile
from typing import IO, TYPE_CHECKING, Final

from apps.files.storage import new_key, storage
from apps.tenants.outside import outside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from apps.knowledge.accepting import Readable
    from apps.knowledge.models import Upload

_PART: Final = 256 * 1024


def part_keep(upload: Upload, offset: int, data: bytes) -> str:
    """The key under which the part's bytes are kept."""
    key = new_key()

    def send() -> str:
        storage().save(key, [data])
        return key

    return outside(("part", upload.id, offset), send) if storage().is_remote else send()


def parts_read(upload: Upload) -> Readable:
    """All parts as one stream."""
    parts = _Parts(upload.parts)
    if not storage().is_remote:
        return parts

    def fetch() -> IO[bytes]:
        copy = tempfile.TemporaryFile()  # noqa: SIM115 - read in later tries; in_tries closes it
        while data := parts.read(_PART):
            copy.write(data)
        return copy

    copy = outside(("parts", upload.id), fetch)
    copy.seek(0)
    return copy


def parts_delete(keys: Sequence[str]) -> None:
    """Remove the bytes of these parts."""
    for key in keys:
        storage().delete(key)


class _Parts:
    """The stored parts one after another, as a stream."""

    def __init__(self, keys: list[str]) -> None:
        self._bytes = self._all(keys)
        self._rest = b""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        while len(self._rest) < size:
            part = next(self._bytes, b"")
            if not part:
                break
            self._rest += part
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def _all(self, keys: list[str]) -> Iterator[bytes]:
        for key in keys:
            with storage().open(key) as file:
                while part := file.read(_PART):
                    yield part
