"""A loopback server that answers as scripted, and the reader of recorded provider traffic."""

import asyncio
import gzip
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from uuid import uuid4

import pytest
import yaml

from apps.llm.vendors.base import Delta, Finished, ReasoningDelta, TextDelta, ToolCallDelta
from apps.llm.vendors.interface import Endpoint

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("ATRIUM_SHARED", ROOT.parent / "shared"))
WIRE = SHARED / "data" / "wire"
needs_recordings = pytest.mark.skipif(not WIRE.is_dir(), reason="the recordings are not here")

Ending = Literal["whole", "cut", "reset", "hang"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sends to one request: pieces, each its own chunk and write, and how it ends."""

    body: Sequence[bytes] = field(default=(b"",), repr=False)
    status: int = 200
    content_type: str = "text/event-stream"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    ending: Ending = "whole"
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Request:
    """What the server received."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Server:
    """Gives the answers in turn, the last one again and again."""

    answers: Sequence[Answer]
    requests: list[Request] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    port: int = 0
    _server: asyncio.Server | None = None
    _serving: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)

    async def __aenter__(self) -> "Server":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._serving.values():
            writer.transport.abort()
        await asyncio.gather(*self._serving, return_exceptions=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def endpoint(self, key: str = "sk-test-0123456789", **settings: str) -> Endpoint:
        allowed = frozenset({("127.0.0.1", self.port)})
        return Endpoint(self.base_url, key, settings, uuid4(), allowed)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._serving[task] = writer
        try:
            while (request := await _request(reader)) is not None:
                answer = self.answers[min(len(self.requests), len(self.answers) - 1)]
                self.requests.append(request)
                if not await _send(reader, writer, answer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.gone.set()
            del self._serving[task]
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Request | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, body)


async def _send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> bool:
    """True when the connection can serve again."""
    lines = [f"HTTP/1.1 {answer.status} Status", "Transfer-Encoding: chunked"]
    if answer.content_type:
        lines.append(f"Content-Type: {answer.content_type}")
    lines += [f"{name}: {value}" for name, value in answer.headers]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
    for piece in answer.body:
        if piece:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
        if answer.pause:
            await asyncio.sleep(answer.pause)
    if answer.ending == "hang":
        await reader.read()
        return False
    if answer.ending == "reset":
        writer.transport.abort()
        return False
    if answer.ending == "cut":
        return False
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


@dataclass(frozen=True, slots=True)
class Exchange:
    """One recorded request and its answer, the body decoded."""

    uri: str
    request: dict[str, Any]
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return next((value for name, value in self.headers.items() if name.lower() == "content-type"), "")


class _Loader(yaml.SafeLoader):
    """Safe, and knows Ruby's `!binary`."""


def _binary(loader: yaml.SafeLoader, node: yaml.Node) -> bytes:
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_yaml_binary(node)


_Loader.add_constructor("!binary", _binary)


def recorded(folder: str, name: str = "") -> list[Exchange]:
    """The exchanges of the recording in `folder` whose file name holds `name`."""
    (path,) = [path for path in sorted((WIRE / folder).iterdir()) if name in path.name]
    document = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    exchanges = document.get("interactions") or document["http_interactions"]
    return [_exchange(item["request"], item["response"]) for item in exchanges]


def _exchange(request: dict[str, Any], response: dict[str, Any]) -> Exchange:
    headers = {
        str(name): str(value[0] if isinstance(value, list) else value)
        for name, value in (response.get("headers") or {}).items()
    }
    body = _body(response)
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    asked = _body(request)
    return Exchange(
        request["uri"],
        json.loads(asked) if asked[:1] == b"{" else {},
        int(response["status"]["code"]),
        headers,
        body,
    )


def _body(part: dict[str, Any]) -> bytes:
    if "parsed_body" in part:
        return json.dumps(part["parsed_body"]).encode()
    raw = part.get("body") or ""
    if isinstance(raw, dict):
        raw = raw.get("string", raw.get("base64_string", ""))
    return raw if isinstance(raw, bytes) else str(raw).encode()


def replayed(exchange: Exchange, pieces: Callable[[bytes], Iterable[bytes]] | None = None) -> Answer:
    """The recorded answer, its body in the given pieces (default: events of its own)."""
    body = list(pieces(exchange.body)) if pieces else [exchange.body]
    kept = tuple(
        (name, value) for name, value in exchange.headers.items() if name.lower().startswith("retry-after")
    )
    return Answer(body, exchange.status, exchange.content_type, kept)


def split_at(positions: Iterable[int]) -> Callable[[bytes], Iterator[bytes]]:
    """Cut a body at these positions."""

    def cut(body: bytes) -> Iterator[bytes]:
        edges = [0, *sorted(set(positions)), len(body)]
        return (body[start:end] for start, end in pairwise(edges))

    return cut


@dataclass(slots=True)
class Heard:
    """Deltas put together."""

    text: str = ""
    reasoning: str = ""
    signature: str = ""
    calls: dict[int, tuple[str, str, str]] = field(default_factory=dict)
    finished: Finished | None = None
    deltas: int = 0

    def add(self, delta: Delta) -> None:
        self.deltas += 1
        match delta:
            case TextDelta(text):
                self.text += text
            case ReasoningDelta(text, signature):
                self.reasoning += text
                self.signature += signature
            case ToolCallDelta(index, ident, name, arguments):
                self.calls[index] = (ident, name, self.calls.get(index, ("", "", ""))[2] + arguments)
            case Finished():
                self.finished = delta
