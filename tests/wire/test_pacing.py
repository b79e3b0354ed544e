"""Few streams are read at once, many at a common beat; neither loses a character."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from apps.llm.vendors import pacing
from apps.llm.vendors.pacing import MANY, Pace


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
            await asyncio.wait_for(answer.resumed.wait(), 1)
    return loop.time() - begun


def test_few_streams_never_rest() -> None:
    async def rested() -> bool:
        answer = Answer()
        await _rested(MANY - 1, answer)
        return answer.is_paused

    assert not asyncio.run(rested())


@pytest.mark.parametrize(("streams", "seconds"), [(MANY, pacing.BEAT_S), (pacing.CROWD, pacing.CROWD_BEAT_S)])
def test_many_rest_until_the_beat(streams: int, seconds: float) -> None:
    async def rested() -> float:
        return await _rested(streams, Answer())

    assert asyncio.run(rested()) >= seconds * 0.9


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
            pace.rest(second, 1 + MANY)
            await asyncio.wait_for(first.resumed.wait(), 1)
        return first.resumed.is_set(), second.resumed.is_set()

    assert asyncio.run(both()) == (True, True)
