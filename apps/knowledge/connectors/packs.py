"""A Git pack taken apart within bounds: objects by name, in a temporary file, none larger than asked for.

dulwich inflates an entry before it looks at its size, so that a pack of some kilobytes could fill the memory;
here sizes are read first. Format: gitformat-pack(5), SHA-1 repositories.
"""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Final

from dulwich.pack import apply_delta

MOST_OBJECTS: Final = 200_000
MOST_INFLATED: Final = 1024 * 1024 * 1024
_PART: Final = 64 * 1024
_KINDS: Final = {1: b"commit", 2: b"tree", 3: b"blob", 4: b"tag"}
_OFS_DELTA: Final = 6
_REF_DELTA: Final = 7
_MOST_VARINT: Final = 9


class BadPackError(Exception):
    """The pack is damaged, or more than is read."""


@dataclass(frozen=True, slots=True)
class _Stored:
    kind: bytes
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class _Delta:
    offset: int
    base: int | bytes
    data: bytes


class Pack:
    """The objects of a pack by their names in hex. Close it to let its file go."""

    def __init__(self, source: BinaryIO, *, largest: int) -> None:
        self._source = source
        self._largest = largest
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the pack
        self._end = 0
        self._inflated = 0
        self._by_offset: dict[int, _Stored] = {}
        self._by_name: dict[bytes, _Stored] = {}
        try:
            self._read()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Remove what was unpacked."""
        self._spool.close()

    def get(self, name: str) -> tuple[bytes, bytes] | None:
        """The kind and the bytes of an object; None when it is not here, or larger than asked for."""
        stored = self._by_name.get(bytes.fromhex(name))
        return (stored.kind, self._bytes(stored)) if stored else None

    def _read(self) -> None:
        head = self._source.read(12)
        count = int.from_bytes(head[8:], "big")
        if head[:8] != b"PACK\0\0\0\2" or count > MOST_OBJECTS:
            raise BadPackError
        waiting: list[_Delta] = []
        for _ in range(count):
            delta = self._entry()
            if delta is not None and not self._resolved(delta):
                waiting.append(delta)
        while waiting:
            left = [delta for delta in waiting if not self._resolved(delta)]
            if len(left) == len(waiting):
                return
            waiting = left

    def _entry(self) -> _Delta | None:
        """Store the next object; a delta is handed back."""
        offset = self._source.tell()
        kind, size = self._header()
        if kind in _KINDS:
            data = self._inflate(size)
            if data is not None:
                self._store(offset, _KINDS[kind], data)
            return None
        if kind == _OFS_DELTA:
            base: int | bytes = offset - self._distance()
        elif kind == _REF_DELTA:
            base = self._source.read(20)
        else:
            raise BadPackError
        data = self._inflate(size)
        return _Delta(offset, base, data) if data is not None else None

    def _header(self) -> tuple[int, int]:
        byte = self._byte()
        kind, size, shift = byte >> 4 & 7, byte & 15, 4
        while byte & 0x80:
            byte = self._byte()
            size |= (byte & 0x7F) << shift
            shift += 7
            if shift > 7 * _MOST_VARINT:
                raise BadPackError
        return kind, size

    def _distance(self) -> int:
        byte = self._byte()
        value = byte & 0x7F
        for _ in range(_MOST_VARINT):
            if not byte & 0x80:
                return value
            byte = self._byte()
            value = (value + 1 << 7) | byte & 0x7F
        raise BadPackError

    def _byte(self) -> int:
        found = self._source.read(1)
        if not found:
            raise BadPackError
        return found[0]

    def _inflate(self, size: int) -> bytes | None:
        """The next stream's bytes; None for one larger than asked for, which is read past."""
        keeps = size <= self._largest
        parts: list[bytes] = []
        stream = zlib.decompressobj()
        total = 0
        pending = b""
        while not stream.eof:
            pending = pending or self._source.read(_PART)
            if not pending:
                raise BadPackError
            try:
                part = stream.decompress(pending, _PART)
            except zlib.error as error:
                raise BadPackError from error
            pending = stream.unconsumed_tail
            total += len(part)
            self._spend(len(part))
            if total > size:
                raise BadPackError
            if keeps:
                parts.append(part)
        self._source.seek(-len(stream.unused_data), 1)
        if total != size:
            raise BadPackError
        return b"".join(parts) if keeps else None

    def _spend(self, size: int) -> None:
        self._inflated += size
        if self._inflated > MOST_INFLATED:
            raise BadPackError

    def _resolved(self, delta: _Delta) -> bool:
        """Whether the delta's object is stored now; False while its base is not known."""
        at = delta.base
        base = self._by_name.get(at) if isinstance(at, bytes) else self._by_offset.get(at)
        if base is None:
            return False
        if _target_size(delta.data) > self._largest:
            return True
        try:
            data = b"".join(apply_delta(self._bytes(base), delta.data))
        except Exception as error:
            raise BadPackError from error
        self._spend(len(data))
        self._store(delta.offset, base.kind, data)
        return True

    def _store(self, offset: int, kind: bytes, data: bytes) -> None:
        digest = hashlib.sha1(b"%s %d\0" % (kind, len(data)), usedforsecurity=False)
        digest.update(data)
        stored = _Stored(kind, self._end, len(data))
        self._spool.seek(self._end)
        self._spool.write(data)
        self._end += len(data)
        self._by_offset[offset] = self._by_name[digest.digest()] = stored

    def _bytes(self, stored: _Stored) -> bytes:
        self._spool.seek(stored.start)
        return self._spool.read(stored.size)


def _target_size(delta: bytes) -> int:
    """The second number at a delta's head: how large its result is."""
    at = size = 0
    for _ in range(2):
        size = shift = 0
        while True:
            if at >= len(delta) or shift > 7 * _MOST_VARINT:
                raise BadPackError
            byte = delta[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
    return size
