"""A sink on loopback that counts, and fake name resolution."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

import pytest

from apps import egress
from apps.egress import EgressFailed, EgressRefused, Fetched
from tests.wire.replay import Answer, Server

T = TypeVar("T")
Answers = dict[str, list[list[str]]]


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run on a new loop; its sessions are closed at the end."""

    async def closed() -> T:
        try:
            return await work
        finally:
            await egress.close_sessions()

    return asyncio.run(closed())


class Names:
    """Answers for names, in turn; the last one stays. `asked` counts."""

    def __init__(self) -> None:
        self.answers: Answers = {}
        self.asked: list[str] = []

    def set(self, name: str, *answers: Sequence[str]) -> None:
        self.answers[name] = [list(answer) for answer in answers]

    async def getaddrinfo(self, host: str, port: int, **options: Any) -> list[Any]:
        self.asked.append(host)
        turns = self.answers.get(host.rstrip("."))
        if not turns:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        addresses = turns.pop(0) if len(turns) > 1 else turns[0]
        return [
            (socket.AF_INET6 if ":" in text else socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port))
            for text in addresses
        ]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    fake = Names()

    async def getaddrinfo(_: Any, host: str, port: int, **options: Any) -> list[Any]:
        return await fake.getaddrinfo(host, port, **options)

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return fake


OK = Answer([b"ok"], content_type="text/plain")
Work = Callable[[Server], Awaitable[Any]]


def with_sink(work: Work, *answers: Answer) -> tuple[Any, Server]:
    """The result, or the exception, of `work` against a server on loopback."""

    async def go() -> tuple[Any, Server]:
        async with Server(answers or [OK]) as sink:
            try:
                return await work(sink), sink
            except (EgressRefused, EgressFailed) as stopped:
                return stopped, sink

    return run(go())


def allowed_for(sink: Server, host: str = "127.0.0.1") -> egress.Allowed:
    return frozenset({(host, sink.port)})


async def fetched(sink: Server, path: str = "/", **options: Any) -> Fetched:
    return await egress.fetch(
        egress.session(allowed_for(sink)), f"http://127.0.0.1:{sink.port}{path}", **options
    )
