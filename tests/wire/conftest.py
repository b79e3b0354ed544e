"""Runs a coroutine on a loop of its own and closes its sockets; no Django, no database."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

from apps import egress
from apps.llm.vendors.base import ChatMessage, ChatRequest
from apps.llm.vendors.interface import Timeouts
from apps.llm.vendors.registry import vendor_for
from tests.wire.replay import Answer, Heard, Server

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]
QUICK = Timeouts(connect=1, first_token=5, idle=5, total=10)
ASKED = ChatRequest("asked-model", (ChatMessage.text("user", "hello"),))


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run on a new loop; its sessions are closed at the end."""

    async def closed() -> T:
        try:
            return await work
        finally:
            await egress.close_sessions()

    return asyncio.run(closed())


async def listen(
    answer: Answer, request: ChatRequest = ASKED, timeouts: Timeouts = QUICK, heard: Heard | None = None
) -> Heard:
    """What the adapter makes of one answer; deltas before an error are left in `heard`."""
    heard = heard or Heard()
    async with Server([answer]) as server:
        async for delta in vendor_for("openai_compatible").stream(server.endpoint(), request, timeouts):
            heard.add(delta)
    return heard


@pytest.fixture
def heard() -> Heard:
    return Heard()
