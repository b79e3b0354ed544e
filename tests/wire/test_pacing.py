"""Few streams are read at once, many at a common beat; neither loses a character."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from itertools import pairwise

import pytest

from apps.llm.vendors import pacing
from apps.llm.vendors.pacing import CHOIRS, MANY, Pace


class Answer:
    """Says when it was resumed."""

    def __init__(self, *, is_whole: bool = False) -> None:
        self.is_whole = is_whole
        self.is_paused = False
        self.resumed = asyncio.Event()

    def pause(self) -> bool:
        self.is_paused = not self.is_whole
        return self.is_paused

    def resume(self) -> None:
        self.resumed.set()


async def _rested(streams: int, answer: Answer) -> float:
    loop = asyncio.get_running_loop()
    pace = Pace(loop)
    begun = loop.time()
    with ExitStack() as open_streams:
        for _ in range(streams):
            open_streams.enter_context(pace.kept())
        pace.rest(answer, 1)
        if answer.is_paused:
            await asyncio.wait_for(answer.resumed.wait(), 15)
    return loop.time() - begun


def test_few_streams_never_rest() -> None:
    async def rested() -> bool:
        answer = Answer()
        await _rested(MANY - 1, answer)
        return answer.is_paused

    assert not asyncio.run(rested())


def test_many_rest_until_their_beat() -> None:
    async def rested() -> float:
        return await _rested(MANY, Answer())

    for _ in range(5):
        assert asyncio.run(rested()) >= pacing.PAUSE_S * 0.8


def test_no_two_choirs_have_a_beat_at_once() -> None:
    async def beats() -> list[float]:
        pace = Pace(asyncio.get_running_loop())
        return sorted(pace._next_beat(choir) % pacing.BEAT_S for choir in range(pacing.CHOIRS))

    found = asyncio.run(beats())
    for earlier, later in pairwise(found):
        assert later - earlier == pytest.approx(pacing.BEAT_S / pacing.CHOIRS, abs=1e-6)


def test_an_answer_that_is_whole_does_not_rest() -> None:
    async def rested() -> bool:
        answer = Answer(is_whole=True)
        await _rested(MANY, answer)
        return answer.resumed.is_set()

    assert not asyncio.run(rested())


def test_those_that_rest_go_on_together() -> None:
    async def both() -> tuple[bool, bool]:
        pace, first, second = Pace(asyncio.get_running_loop()), Answer(), Answer()
        with ExitStack() as open_streams:
            for _ in range(MANY):
                open_streams.enter_context(pace.kept())
            pace.rest(first, 1)
            pace.rest(second, 1 + CHOIRS)
            await asyncio.wait_for(first.resumed.wait(), 15)
        return first.resumed.is_set(), second.resumed.is_set()

    assert asyncio.run(both()) == (True, True)
