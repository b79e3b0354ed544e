"""Amazon's binary event stream (application/vnd.amazon.eventstream), checksums included.

A message is: total length, header length, CRC-32 of these eight bytes, headers, payload, CRC-32 of it all.
"""

from struct import Struct
from typing import NamedTuple
from zlib import crc32

from apps.llm.vendors.base import ErrorKind, VendorError
from apps.llm.vendors.errors import error

_PRELUDE = Struct(">III")
_CHECKSUM = Struct(">I")
_OVERHEAD = _PRELUDE.size + _CHECKSUM.size
MAX_MESSAGE_BYTES = 24 * 1024 * 1024
MAX_HEADER_BYTES = 128 * 1024
MOST_REMEMBERED = 64
_FIXED_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_SIZED = {6, 7}


class Message(NamedTuple):
    """One message: `kind` is event, exception, error or broken; `name` is the event's or the exception's."""

    kind: str
    name: str
    payload: bytes


class EventStreamParser:
    """Takes chunks that may be cut anywhere, gives whole messages; a bad checksum ends it with `broken`."""

    __slots__ = ("_broken", "_buffer", "_known")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._known: dict[bytes, tuple[str, str]] = {}
        self._broken = False

    def feed(self, chunk: bytes) -> list[Message]:
        """Messages that `chunk` completes, in order, what came before a broken one included."""
        buffer = self._buffer
        buffer += chunk
        found: list[Message] = []
        start, end = 0, len(buffer)
        while not self._broken and end - start >= _PRELUDE.size:
            total, headers, checksum = _PRELUDE.unpack_from(buffer, start)
            if not _is_sound(total, headers, checksum, buffer[start : start + 8]):
                found.append(self._break("a prelude's checksum"))
                break
            if end - start < total:
                break
            found.append(self._message(bytes(buffer[start : start + total]), headers))
            start += total
        del buffer[: len(buffer) if self._broken else start]
        return found

    def close(self) -> list[Message]:
        """Nothing: a message that the end cut off is no message."""
        self._buffer.clear()
        return []

    def _message(self, raw: bytes, header_bytes: int) -> Message:
        if crc32(raw[:-4]) != _CHECKSUM.unpack_from(raw, len(raw) - 4)[0]:
            return self._break("a message's checksum")
        payload_at = _PRELUDE.size + header_bytes
        headers = raw[_PRELUDE.size : payload_at]
        meaning = self._known.get(headers)
        if meaning is None:
            try:
                meaning = _meaning(_headers(headers))
            except (ValueError, IndexError, KeyError):
                return self._break("a header")
            if len(self._known) < MOST_REMEMBERED:
                self._known[headers] = meaning
        return Message(*meaning, raw[payload_at:-4])

    def _break(self, what: str) -> Message:
        self._broken = True
        return Message("broken", what, b"")


def broken(message: Message) -> VendorError:
    """The error that a broken message stands for."""
    return error(ErrorKind.PROTOCOL, detail=f"the event stream is damaged: {message.name}")


def _is_sound(total: int, headers: int, checksum: int, prelude: bytes | bytearray) -> bool:
    fits = _OVERHEAD + headers <= total <= MAX_MESSAGE_BYTES and headers <= MAX_HEADER_BYTES
    return fits and crc32(prelude) == checksum


def _headers(raw: bytes) -> dict[str, str]:
    """Text headers by name; raises ValueError, IndexError or KeyError for what is not a header."""
    found: dict[str, str] = {}
    at = 0
    while at < len(raw):
        name_end = at + 1 + raw[at]
        name, kind = raw[at + 1 : name_end].decode(), raw[name_end]
        at = name_end + 1
        if kind in _SIZED:
            size = int.from_bytes(raw[at : at + 2], "big")
            at += 2
        else:
            size = _FIXED_SIZES[kind]
        value = raw[at : at + size]
        if len(value) < size:
            raise ValueError
        at += size
        if kind in _SIZED:
            found[name] = value.decode("utf-8", "replace")
    return found


def _meaning(headers: dict[str, str]) -> tuple[str, str]:
    kind = headers.get(":message-type", "event")
    name = headers.get(":event-type") or headers.get(":exception-type") or headers.get(":error-code") or ""
    return kind, name
