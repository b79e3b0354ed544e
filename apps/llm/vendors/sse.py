"""Server-sent events from bytes that may be cut anywhere (WHATWG HTML, section 9.2)."""

_BOM = b"\xef\xbb\xbf"
MAX_EVENT_BYTES = 4 * 1024 * 1024


class EventTooLongError(ValueError):
    """A line or an event went on for longer than any answer needs."""


class EventParser:
    """Takes chunks, gives the data of each whole event; comments, ids and event names are left out."""

    __slots__ = ("_buffer", "_limit", "_scanned", "_skip_newline", "_started")

    def __init__(self, limit: int = MAX_EVENT_BYTES) -> None:
        self._buffer = bytearray()
        self._limit = limit
        self._scanned = 0
        self._skip_newline = False
        self._started = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Data of the events that `chunk` completes; raises EventTooLongError."""
        if self._skip_newline or b"\r" in chunk:
            chunk = self._with_newlines(chunk)
        if self._started and not self._buffer and chunk[-2:] == b"\n\n":
            return _data_of(chunk[:-2].split(b"\n\n"))
        return self._feed_partial(chunk)

    def close(self) -> list[bytes]:
        """Data of an event whose blank line never came: many hosts leave it out at the end."""
        rest = bytes(self._buffer)
        self._buffer.clear()
        return _data_of([rest]) if rest else []

    def _feed_partial(self, chunk: bytes) -> list[bytes]:
        buffer = self._buffer
        buffer += chunk
        if not self._started and not self._start():
            return []
        end = buffer.rfind(b"\n\n", max(0, self._scanned - 1))
        self._scanned = len(buffer)
        if end < 0:
            whole = []
        else:
            whole = _data_of(bytes(buffer[:end]).split(b"\n\n"))
            del buffer[: end + 2]
            self._scanned = len(buffer)
        if len(buffer) > self._limit:
            raise EventTooLongError
        return whole

    def _start(self) -> bool:
        """Take a byte order mark away; False while it could still become one."""
        if len(self._buffer) < len(_BOM) and _BOM.startswith(bytes(self._buffer)):
            return False
        if self._buffer.startswith(_BOM):
            del self._buffer[: len(_BOM)]
        self._started = True
        return True

    def _with_newlines(self, chunk: bytes) -> bytes:
        """CR and CRLF as LF, also where a CRLF is cut between two chunks."""
        if self._skip_newline and chunk:
            self._skip_newline = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            self._skip_newline = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return chunk


def _data_of(blocks: list[bytes]) -> list[bytes]:
    found = []
    for block in blocks:
        if block.startswith(b"data:") and b"\n" not in block:
            found.append(block[6:] if block[5:6] == b" " else block[5:])
            continue
        lines = [line[5:].removeprefix(b" ") for line in block.split(b"\n") if line.startswith(b"data:")]
        if lines:
            found.append(b"\n".join(lines))
    return found
