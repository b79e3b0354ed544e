"""When what runs have said leaves the worker: an end at once and alone, the rest together in a lull."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import orjson

from apps.runs.engine.carried import Carried
from apps.runs.engine.turns import TURN_S, Turns
from apps.runs.live import LIVE, connect, connect_listening
from apps.runs.log import TEXT
from apps.runs.models import Run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from redis.asyncio.client import PubSub

Turn = set[str]
"""The runs that one message spoke of."""


def test_what_is_said_within_a_beat_leaves_together() -> None:
    async def says(turns: Turns, runs: list[Carried], heard: Callable[[], Awaitable[Turn]]) -> None:
        for carried in runs:
            carried.say(TEXT, "again")
        assert await heard() == {carried.key for carried in runs}

    _with_turns(says)


def test_an_end_leaves_at_once_and_takes_nobody_along() -> None:
    async def says(turns: Turns, runs: list[Carried], heard: Callable[[], Awaitable[Turn]]) -> None:
        first, second, third = runs
        first.say(TEXT, "again")
        second.finish({"state": "done"})
        third.say(TEXT, "again")
        assert await heard() == {second.key}
        assert await heard() == {first.key, third.key}

    _with_turns(says)


def test_who_never_pauses_is_heard_all_the_same() -> None:
    async def says(turns: Turns, runs: list[Carried], heard: Callable[[], Awaitable[Turn]]) -> None:
        hearing = asyncio.ensure_future(heard())
        async with asyncio.timeout(TURN_S + 5):
            while not hearing.done():
                runs[0].say(TEXT, "on")
                await asyncio.sleep(0.0005)
        assert hearing.result() == {runs[0].key}

    _with_turns(says)


def _with_turns(
    says: Callable[[Turns, list[Carried], Callable[[], Awaitable[Turn]]], Awaitable[None]],
) -> None:
    """Three runs of one channel that have begun to speak, and what is heard of them from now on."""

    async def whole() -> None:
        redis, listening = connect(), connect_listening()
        turns = Turns(redis, f"worker-{uuid4()}")
        runs = [Carried(Run(id=uuid4(), tenant_id=uuid4(), fence=1, attempts=1), turns) for _ in range(3)]
        for carried in runs:
            carried.channel = runs[0].channel
        channel = listening.pubsub(ignore_subscribe_messages=True)
        await channel.subscribe(LIVE[runs[0].channel])
        try:
            for carried in runs:
                carried.say(TEXT, "first")
            keys = {carried.key for carried in runs}
            seen: Turn = set()
            while seen != keys:
                seen |= await _next(channel, keys)
            await says(turns, runs, lambda: _next(channel, keys))
            await turns.flush()
        finally:
            await channel.aclose()  # type: ignore[no-untyped-call]
            await listening.aclose()
            await redis.aclose()

    asyncio.run(whole())


async def _next(channel: PubSub, keys: set[str]) -> Turn:
    async with asyncio.timeout(10):
        while True:
            message = await channel.get_message(timeout=10)
            named = {frame[0] for frame in orjson.loads(message["data"])} & keys if message else set()
            if named:
                return named
