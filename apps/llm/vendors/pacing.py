"""A common beat for many streams: their sockets are read together, at most 30 ms after something came.

Each piece that wakes its own task costs as much as its parsing, and hosts send a token in two or three
pieces. Above two dozen streams on one loop nobody sees the difference, and a beat takes two tokens at a time
where a host is quick. Between beats the bytes wait in the system's own buffers.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol
from weakref import WeakKeyDictionary

MANY: Final = 24
CROWD: Final = 96
BEAT_S: Final = 0.025
CROWD_BEAT_S: Final = 0.027


class Pausable(Protocol):
    """What arrives piece by piece."""

    def pause(self) -> bool:
        """Take nothing in until `resume`; False where nothing more is to come."""

    def resume(self) -> None:
        """Take in again what came meanwhile."""


class Pace:
    """The streams of one loop; below `MANY` of them nobody rests."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._streams = 0
        self._resting: list[Pausable] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Count a stream while it is read."""
        self._streams += 1
        try:
            yield
        finally:
            self._streams -= 1

    def rest(self, answer: Pausable) -> None:
        """Pause the answer until the next beat, if there are many."""
        if self._streams < MANY or not answer.pause():
            return
        self._resting.append(answer)
        if len(self._resting) == 1:
            self._loop.call_later(BEAT_S if self._streams < CROWD else CROWD_BEAT_S, self._strike)

    def _strike(self) -> None:
        resting, self._resting = self._resting, []
        for answer in resting:
            answer.resume()


_paces: WeakKeyDictionary[asyncio.AbstractEventLoop, Pace] = WeakKeyDictionary()


def pace_of_loop() -> Pace:
    """The running loop's pace."""
    loop = asyncio.get_running_loop()
    found = _paces.get(loop)
    if found is None:
        found = _paces[loop] = Pace(loop)
    return found
