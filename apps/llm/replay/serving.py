"""A loopback server that gives one recorded answer, to the adapter's request as it really leaves."""

import asyncio
from types import TracebackType
from urllib.parse import urlsplit

import orjson

from apps.llm.replay.recordings import Exchange

_OURS = frozenset({"connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"})
_LONGEST_HEADER = 8192
_MOST_HEADERS = 100
_TWO_LISTS = frozenset({"foundation-models", "inference-profiles"})
_NO_MORE = orjson.dumps(
    {
        name: []
        for name in (
            "data",
            "inferenceProfileSummaries",
            "modelSummaries",
            "models",
            "publisherModels",
        )
    }
)


class RecordedHost:
    """Serves `exchange` until another one is set; further pages of a list are empty."""

    def __init__(self) -> None:
        self.exchange: Exchange | None = None
        self.is_list = False
        self.port = 0
        self._given = False
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> "RecordedHost":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._open:
            writer.transport.abort()

    def play(self, exchange: Exchange, *, is_list: bool) -> None:
        """Serve this one from now on."""
        self.exchange, self.is_list, self._given = exchange, is_list, False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                lines = head.split("\r\n")
                lengths = [line[15:] for line in lines if line.lower().startswith("content-length:")]
                await reader.readexactly(int(lengths[0]) if lengths else 0)
                writer.write(self._answer(lines[0].split(" ")[1]))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    def _answer(self, path: str) -> bytes:
        exchange = self.exchange
        if exchange is None:
            return b"HTTP/1.1 503 Nothing to play\r\nContent-Length: 0\r\n\r\n"
        if self.is_list and (self._given or _is_other_list(path, exchange.url)):
            lines = ["HTTP/1.1 200 OK", "Content-Type: application/json", f"Content-Length: {len(_NO_MORE)}"]
            return "\r\n".join(lines).encode() + b"\r\n\r\n" + _NO_MORE
        self._given = True
        kept = [
            f"{name}: {value}"
            for name, value in exchange.headers.items()
            if name not in _OURS and len(value) < _LONGEST_HEADER and value.isprintable()
        ]
        lines = [
            f"HTTP/1.1 {exchange.status} Recorded",
            *kept[:_MOST_HEADERS],
            f"Content-Length: {len(exchange.body)}",
        ]
        return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + exchange.body


def _is_other_list(path: str, recorded: str) -> bool:
    """Bedrock's models stand in two lists: only the recorded one is given."""
    return _last(path) in _TWO_LISTS and _last(path) != _last(recorded)


def _last(url: str) -> str:
    return urlsplit(url).path.rstrip("/").rpartition("/")[2]
