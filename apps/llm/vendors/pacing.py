"""A common beat for many streams: their tokens are read together, at most 30 ms after they came.

Each token that wakes its own task costs as much as its parsing. Above two dozen streams on one loop nobody
sees the difference, and a beat takes two tokens at a time where a host is quick.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from weakref import WeakKeyDictionary

MANY: Final = 24
CROWD: Final = 96
BEAT_S: Final = 0.025
CROWD_BEAT_S: Final = 0.030


class Pace:
    """The streams of one loop; below `MANY` of them nobody waits."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._streams = 0
        self._waiting: list[asyncio.Future[None]] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Count a stream while it is read."""
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1

    async def beat(self) -> None:
        """Wait for the next beat, if there are many."""
        if self._streams < MANY:
            return
        turn = self._loop.create_future()
        self._waiting.append(turn)
        if len(self._waiting) == 1:
            self._loop.call_later(BEAT_S if self._streams < CROWD else CROWD_BEAT_S, self._strike)
        await turn

    def _strike(self) -> None:
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)


_paces: WeakKeyDictionary[asyncio.AbstractEventLoop, Pace] = WeakKeyDictionary()


def pace_of_loop() -> Pace:
    """The running loop's pace."""
    loop = asyncio.get_running_loop()
    found = _paces.get(loop)
    if found is None:
        found = _paces[loop] = Pace(loop)
    return found
