"""Lines of JSON from bytes that may be cut anywhere (Ollama's native API)."""

from apps.llm.vendors.sse import MAX_EVENT_BYTES, EventTooLongError


class LineParser:
    """Takes chunks, gives each whole line that holds anything."""

    __slots__ = ("_limit", "_rest")

    def __init__(self, limit: int = MAX_EVENT_BYTES) -> None:
        self._rest = b""
        self._limit = limit

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that `chunk` completes; raises EventTooLongError."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > self._limit:
            raise EventTooLongError
        return [line for line in lines if line.strip()]

    def close(self) -> list[bytes]:
        """A last line that had no newline."""
        rest, self._rest = self._rest, b""
        return [rest] if rest.strip() else []
