"""A common beat for many streams: their sockets are read together, at most 30 ms after something came.

Each piece that wakes its own task costs as much as its parsing, and hosts send a token in two or three
pieces. Above two dozen streams on one loop nobody sees the difference, and a beat takes two tokens at a time
where a host is quick. Between beats the bytes wait in the system's own buffers.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol
from weakref import WeakKeyDictionary

MANY: Final = 24
CROWD: Final = 96
BEAT_S: Final = 0.025
CROWD_BEAT_S: Final = 0.027
CHOIR: Final = 80
"""Streams that share a beat; what a longer burst brings comes late."""


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
        self._voices = 0
        self._resting: dict[int, list[Pausable]] = defaultdict(list)

    @contextmanager
    def kept(self) -> Iterator[int]:
        """Count a stream while it is read; the number is its voice, for `rest`."""
        self._streams += 1
        self._voices += 1
        try:
            yield self._voices
        finally:
            self._streams -= 1

    def rest(self, answer: Pausable, voice: int) -> None:
        """Pause the answer until its next beat, if there are many."""
        if self._streams < MANY or not answer.pause():
            return
        choir = voice % (1 + self._streams // CHOIR)
        resting = self._resting[choir]
        resting.append(answer)
        if len(resting) == 1:
            self._loop.call_later(BEAT_S if self._streams < CROWD else CROWD_BEAT_S, self._strike, choir)

    def _strike(self, choir: int) -> None:
        for answer in self._resting.pop(choir, ()):
            answer.resume()


_paces: WeakKeyDictionary[asyncio.AbstractEventLoop, Pace] = WeakKeyDictionary()


def pace_of_loop() -> Pace:
    """The running loop's pace."""
    loop = asyncio.get_running_loop()
    found = _paces.get(loop)
    if found is None:
        found = _paces[loop] = Pace(loop)
    return found
