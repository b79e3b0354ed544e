"""Load client for the chat: what a browser does, many times over, on raw connections.

Each slot has a socket at /ws/runs and a keep-alive connection for POST. It sends a message, follows the
answer's run, and sends the next message when the answer has ended. The mock's tokens carry the moment
of their emission, so the added latency of every token is measured.
"""

from __future__ import annotations

import array
import asyncio
import base64
import json
import os
import re
import socket
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from bench.measuring import quantiles, self_cpu

STAMP = re.compile(rb"~(\d{15})~")
LONG, HUGE = 126, 127


@dataclass(frozen=True)
class Person:
    """Whose cookies a slot carries, and the chat that it writes in."""

    host: str
    session: str
    conversation: str

    def headers(self) -> str:
        token = "bench" * 6 + "xx"
        return f"Host: {self.host}\r\nCookie: {self.session}; csrftoken={token}\r\nX-CSRFToken: {token}\r\n"


@dataclass
class Load:
    """What all slots share: the shape of the answers, the window and the samples."""

    port: int
    count: int
    tokens: int
    itl_ms: float
    seconds: float
    warmup: float = 2.0
    ttft: array.array[float] = field(default_factory=lambda: array.array("d"))
    latency: array.array[float] = field(default_factory=lambda: array.array("d"))
    gap: array.array[float] = field(default_factory=lambda: array.array("d"))
    post: array.array[float] = field(default_factory=lambda: array.array("d"))
    received: int = 0
    answers: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    open_at: float = 0.0
    close_at: float = 0.0
    stopping: bool = False

    def error(self, what: str) -> None:
        self.errors[what] = self.errors.get(what, 0) + 1

    def is_open(self, at: float) -> bool:
        return self.open_at <= at <= self.close_at


def dechunked(body: bytes) -> bytes:
    """The payload of a complete chunked body."""
    parts = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        parts.append(rest[:length])
        body = rest[length + 2 :]
    return b"".join(parts)


class Answers(asyncio.Protocol):
    """The keep-alive connection for POST: hands over the JSON of one response after the other."""

    def __init__(self) -> None:
        self.buffer = b""
        self.waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self.buffer = b""
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(ConnectionError("the connection for POST was lost"))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found or self.waiting is None:
            return
        length = re.search(rb"content-length:\s*(\d+)", head, re.IGNORECASE)
        if length is None:
            if not body.endswith(b"0\r\n\r\n"):
                return
            body = dechunked(body)
        elif len(body) < int(length.group(1)):
            return
        self.buffer = b""
        if not self.waiting.done():
            self.waiting.set_result((int(head[9:12]), body))

    async def post(self, request: bytes) -> tuple[int, bytes]:
        assert self.transport is not None
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.waiting


class Socket(asyncio.Protocol):
    """The WebSocket: counts tokens by their stamps, finds the run's end; whole frames only."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.buffer = b""
        self.is_upgraded = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport | None = None
        self.run = b""
        self.sent_at = self.last = 0.0
        self.seen = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        for waiting in (self.opened, self.ended):
            if waiting is not None and not waiting.done():
                waiting.set_exception(ConnectionError("the socket was lost"))

    def data_received(self, data: bytes) -> None:
        at = time.monotonic()
        self.buffer += data
        if not self.is_upgraded:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head[:16]:
                self.opened.set_exception(ConnectionError(head[:80].decode(errors="replace")))
                return
            self.is_upgraded, self.buffer = True, rest
            self.opened.set_result(None)
        for payload in self.frames():
            self.take(payload, at)

    def frames(self) -> Iterable[bytes]:
        while len(self.buffer) >= 2:
            opcode, size, start = self.buffer[0] & 0x0F, self.buffer[1] & 0x7F, 2
            if size in (LONG, HUGE):
                width = 2 if size == LONG else 8
                size, start = int.from_bytes(self.buffer[2 : 2 + width], "big"), 2 + width
            if len(self.buffer) < start + size:
                return
            payload, self.buffer = self.buffer[start : start + size], self.buffer[start + size :]
            if opcode == 9:
                self.send(payload, opcode=10)
            elif opcode == 1:
                yield payload

    def take(self, payload: bytes, at: float) -> None:
        load = self.load
        is_end = b'"kind":"end"' in payload
        stamps = [] if is_end else STAMP.findall(payload)
        if stamps and self.run in payload:
            if not self.seen and load.is_open(self.sent_at):
                load.ttft.append(at - self.sent_at)
            if load.is_open(at):
                now = at * 1e6
                load.latency.extend((now - int(stamp)) / 1e6 for stamp in stamps)
                load.received += len(stamps)
                if self.last:
                    load.gap.append(at - self.last)
            self.seen += len(stamps)
            self.last = at
        elif is_end and self.run in payload and self.ended is not None and not self.ended.done():
            if b'"state":"done"' not in payload:
                load.error(payload[:200].decode(errors="replace"))
            self.ended.set_result(None)

    def send(self, payload: bytes, *, opcode: int = 1) -> None:
        assert self.transport is not None
        head = bytes((0x80 | opcode, 0x80 | len(payload)))
        self.transport.write(head + b"\0\0\0\0" + payload)

    def follow(self, run: str, sent_at: float) -> asyncio.Future[None]:
        self.run, self.sent_at, self.last, self.seen = run.encode(), sent_at, 0.0, 0
        self.ended = asyncio.get_running_loop().create_future()
        self.send(b'{"type":"follow","run":"%s","after":0}' % self.run)
        return self.ended


class Slot:
    """One chat."""

    def __init__(self, load: Load, person: Person) -> None:
        self.load = load
        self.person = person

    async def open_answers(self) -> None:
        """A connection for POST; the server closes one that was idle for an answer's length."""
        loop = asyncio.get_running_loop()
        _, self.answers = await loop.create_connection(Answers, "127.0.0.1", self.load.port)

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        await self.open_answers()
        _, self.socket = await loop.create_connection(lambda: Socket(self.load), "127.0.0.1", self.load.port)
        key = base64.b64encode(os.urandom(16)).decode()
        assert self.socket.transport is not None
        self.socket.transport.write(
            f"GET /ws/runs HTTP/1.1\r\n{self.person.headers()}Origin: http://{self.person.host}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        await self.socket.opened

    def request(self) -> bytes:
        load = self.load
        text = f"Measure. [[mock ttft=0 itl={load.itl_ms:g} n={load.tokens}]]"
        body = json.dumps({"client_id": str(uuid.uuid4()), "text": text, "parent_id": None}).encode()
        head = (
            f"POST /api/v1/conversations/{self.person.conversation}/messages HTTP/1.1\r\n"
            f"{self.person.headers()}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    async def work(self, delay: float) -> None:
        await asyncio.sleep(delay)
        while not self.load.stopping:
            sent_at = time.monotonic()
            if self.answers.transport is None:
                await self.open_answers()
            status, body = await self.answers.post(self.request())
            if self.load.is_open(sent_at):
                self.load.post.append(time.monotonic() - sent_at)
            if status != 202:
                self.load.error(f"{status}: {body[:160].decode(errors='replace')}")
                await asyncio.sleep(0.2)
                continue
            await self.socket.follow(json.loads(body)["run"]["id"], sent_at)
            if self.load.is_open(time.monotonic()):
                self.load.answers += 1
            if self.socket.seen != self.load.tokens:
                self.load.error(f"{self.socket.seen} tokens of {self.load.tokens}")

    async def try_to_work(self, delay: float) -> None:
        try:
            await self.work(delay)
        except (ConnectionError, OSError) as error:
            if not self.load.stopping:
                self.load.error(str(error))


async def measure(load: Load, people: list[Person]) -> dict[str, Any]:
    """Run the load for its window; the figures in ms."""
    slots = [Slot(load, people[number % len(people)]) for number in range(load.count)]
    for slot in slots:
        await slot.open()
    period = load.tokens * load.itl_ms / 1000
    start = time.monotonic()
    load.open_at = start + load.warmup + period
    load.close_at = load.open_at + load.seconds
    tasks = [
        asyncio.create_task(slot.try_to_work(number * period / len(slots)))
        for number, slot in enumerate(slots)
    ]
    await asyncio.sleep(load.open_at - time.monotonic())
    cpu = self_cpu()
    await asyncio.sleep(load.close_at - time.monotonic())
    cpu = self_cpu() - cpu
    load.stopping = True
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for slot in slots:
        for transport in (slot.answers.transport, slot.socket.transport):
            if transport is not None:
                transport.abort()
    return report(load, cpu)


def report(load: Load, cpu: float) -> dict[str, Any]:
    offered = load.count * 1000 / load.itl_ms
    delivered = load.received / load.seconds / offered
    gap = quantiles(load.gap, 1e3)
    return {
        "chats": load.count,
        "tokens": load.tokens,
        "answers_s": round(load.answers / load.seconds, 1),
        "tokens_s": round(load.received / load.seconds),
        "delivered": round(delivered, 3),
        "holds": bool(gap and gap["p95"] <= 40 and delivered >= 0.95 and not load.errors),
        "ttft_ms": quantiles(load.ttft, 1e3),
        "latency_ms": quantiles(load.latency, 1e3),
        "gap_ms": gap,
        "post_ms": quantiles(load.post, 1e3),
        "client_cores": round(cpu / load.seconds, 2),
        "errors": dict(list(load.errors.items())[:5]),
    }
