"""What a web process knows of one run, pure: contiguous items, held frames, fence.

Frames may come twice, late, out of order or not at all; the track takes each position once. A viewer is a
cursor into `log`, so that slow viewers merge by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, Final

from apps.runs.log import Item, Log, base_of

HELD_MOST: Final = 2000
"""Frames kept while the log is read; what falls out is in the log."""

Frame = tuple[int, int, str, Any]
"""(fence, seq, kind, payload)."""


class Heard(Enum):
    """What became of a frame."""

    NOTHING = 0
    GREW = 1
    HELD = 2
    GAP = 3
    FENCE = 4


class Track:
    """One run's log as far as it is known without a gap.

    While `syncing`, frames are held until `settle` has applied what the row and the log say.
    """

    __slots__ = ("fence", "held", "log", "syncing")

    def __init__(self, *, fence: int = 0, syncing: bool = True) -> None:
        self.fence = fence
        self.log = Log()
        self.held: list[Frame] = []
        self.syncing = syncing

    @property
    def ended(self) -> bool:
        return self.log.ended

    def hear(self, fence: int, seq: int, kind: str, payload: Any) -> Heard:
        """Take a live frame: lower fence drops; a higher one, or a gap, asks the caller to sync."""
        if fence < self.fence or self.log.ended:
            return Heard.NOTHING
        if self.syncing:
            self._hold((fence, seq, kind, payload))
            return Heard.HELD
        if fence > self.fence:
            if self.fence or self.log.end or seq:
                self._hold((fence, seq, kind, payload))
                return Heard.FENCE
            self.fence = fence
        before = self.log.end
        if not self.log.put(seq, kind, payload):
            self._hold((fence, seq, kind, payload))
            return Heard.GAP
        if self.held:
            self._release()
        return Heard.GREW if self.log.end != before else Heard.NOTHING

    def _hold(self, frame: Frame) -> None:
        self.held.append(frame)
        if len(self.held) > HELD_MOST:
            del self.held[: HELD_MOST // 2]

    def begin(self, fence: int, attempt: int) -> None:
        """The row says that this attempt is under `fence`; a new one begins at a position of its own."""
        if fence < self.fence:
            return
        start = base_of(attempt)
        if start > self.log.start or (not self.log.items and start != self.log.start):
            self.log = Log(start)
        self.fence = fence

    def fill(self, entries: Iterable[Sequence[Any]]) -> None:
        """Apply stored items `[seq, kind, payload]` of the row or of the log."""
        log = self.log
        for seq, kind, payload in entries:
            if log.ended or not log.put(seq, kind, payload):
                return

    def conclude(self, fence: int, entries: Sequence[Sequence[Any]]) -> None:
        """The row is final: its items are the truth, even where a dead worker had shown a little more."""
        self.fence = max(fence, self.fence)
        self.log = Log.load(
            entries[0][0] if entries else 0, ((seq, kind, data) for seq, kind, data in entries)
        )
        self.held = []
        self.syncing = False

    def after(self, position: int) -> list[Item]:
        """What a viewer at `position` has yet to see; the end also reaches one who saw more than was kept."""
        log = self.log
        if log.ended and position > log.end:
            return log.items[-1:]
        return log.since(position)

    def settle(self) -> Heard:
        """Apply the held frames; GAP or FENCE when some still lie beyond what is known."""
        self.syncing = False
        self._release()
        if not self.held or self.log.ended:
            self.held = []
            return Heard.GREW
        return Heard.FENCE if any(frame[0] > self.fence for frame in self.held) else Heard.GAP

    def _release(self) -> None:
        log = self.log
        kept: list[Frame] = []
        for frame in sorted(self.held, key=lambda held: held[:2]):
            fence, seq, kind, payload = frame
            if fence < self.fence or log.ended:
                continue
            if fence > self.fence or not log.put(seq, kind, payload):
                kept.append(frame)
        self.held = kept
