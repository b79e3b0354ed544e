"""A common beat for many streams: their sockets are read together, at most 33 ms after something came.

Each piece that wakes its own task costs as much as its parsing, and hosts send a token in two or three
pieces. Above two dozen streams on one loop nobody sees the difference, and a beat takes two tokens at a time
where a host is quick. Between beats the bytes wait in the system's own buffers.
"""

import asyncio
import math
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol
from weakref import WeakKeyDictionary

MANY: Final = 24
BEAT_S: Final = 0.028
CHOIRS: Final = 4
"""Streams that share a beat; theirs lie a quarter of it apart, so that no choir waits for another."""
PAUSE_S: Final = 0.005


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
        choir = voice % CHOIRS
        resting = self._resting[choir]
        resting.append(answer)
        if len(resting) == 1:
            self._loop.call_at(self._next_beat(choir), self._strike, choir)

    def _next_beat(self, choir: int) -> float:
        """The first of the choir's beats, which lie on a grid of its own, that leaves time for a pause."""
        earliest = self._loop.time() + PAUSE_S
        first = choir * BEAT_S / CHOIRS
        return first + BEAT_S * math.ceil((earliest - first) / BEAT_S)

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
