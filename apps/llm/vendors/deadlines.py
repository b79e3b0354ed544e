"""The clock of one stream: a single timer handle, no task and no timer per token."""

import asyncio
from collections.abc import Callable
from typing import Literal

from apps.llm.vendors.interface import Timeouts

Expired = Literal["", "first_token", "idle", "total", "tail"]
_SLACK_SECONDS = 0.05
TAIL_SECONDS = 5.0


class Deadlines:
    """Calls `on_expired` once when a limit passes while the reader waits; `expired` then says which.

    Time that the consumer takes for itself never counts as the host's, except towards the total.
    """

    __slots__ = (
        "_deadline",
        "_handle",
        "_loop",
        "_next",
        "_on_expired",
        "_timeouts",
        "_total_at",
        "expired",
        "waiting",
    )

    def __init__(self, timeouts: Timeouts, started: float, on_expired: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeouts = timeouts
        self._on_expired = on_expired
        self._deadline = started + timeouts.first_token
        self._next: Expired = "first_token"
        self._total_at = started + timeouts.total
        self.expired: Expired = ""
        self.waiting = True
        self._handle = self._loop.call_at(min(self._deadline, self._total_at), self._fire)

    def content_came(self) -> None:
        """The idle limit counts anew from now."""
        self._deadline = self._loop.time() + self._timeouts.idle
        if self._next == "first_token":
            self._next = "idle"
            self._arm(min(self._deadline, self._total_at))

    def answer_ended(self) -> None:
        """Only the trailer (usage, end mark) is missing: give it a few seconds and no more."""
        if self._next == "tail":
            return
        self._next = "tail"
        self._deadline = self._loop.time() + min(TAIL_SECONDS, self._timeouts.idle)
        self._arm(self._deadline)

    def stop(self) -> None:
        """End the clock."""
        self._handle.cancel()

    def _fire(self) -> None:
        now = self._loop.time()
        if now >= self._total_at:
            self.expired = "total"
        elif self.waiting and now >= self._deadline:
            self.expired = self._next
        if self.expired:
            self._on_expired()
            return
        self._arm(min(max(self._deadline, now + _SLACK_SECONDS), self._total_at))

    def _arm(self, when: float) -> None:
        self._handle.cancel()
        self._handle = self._loop.call_at(when, self._fire)
