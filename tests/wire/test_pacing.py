"""Few streams are read at once, many at a common beat; neither loses a character."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from apps.llm.vendors import pacing
from apps.llm.vendors.pacing import MANY, Pace, pace_of_loop


async def _beaten(streams: int) -> float:
    loop = asyncio.get_running_loop()
    pace = Pace(loop)
    begun = loop.time()
    with ExitStack() as open_streams:
        for _ in range(streams):
            open_streams.enter_context(pace.kept())
        await pace.beat()
    return loop.time() - begun


def test_few_streams_never_wait() -> None:
    assert asyncio.run(_beaten(MANY - 1)) < pacing.BEAT_S / 2


@pytest.mark.parametrize(("streams", "seconds"), [(MANY, pacing.BEAT_S), (pacing.CROWD, pacing.CROWD_BEAT_S)])
def test_many_wait_for_the_beat(streams: int, seconds: float) -> None:
    assert asyncio.run(_beaten(streams)) >= seconds * 0.9


def test_a_stream_that_is_cancelled_while_it_waits_harms_no_other() -> None:
    async def cancelled() -> None:
        pace = pace_of_loop()
        with ExitStack() as open_streams:
            for _ in range(MANY):
                open_streams.enter_context(pace.kept())
            first, second = asyncio.ensure_future(pace.beat()), asyncio.ensure_future(pace.beat())
            await asyncio.sleep(0)
            first.cancel()
            await asyncio.wait_for(second, 1)

    asyncio.run(cancelled())
