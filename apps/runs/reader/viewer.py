"""A viewer of one run: a cursor into its track."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from apps.runs.log import PIECE, Item
from apps.runs.track import Track

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from apps.runs.models import Run


class Followed:
    """A run that this process follows. `run` is None until it is known, and where it does not exist."""

    __slots__ = ("gaps", "heard_at", "is_gone", "is_known", "key", "run", "tenant_id", "track", "viewers")

    def __init__(self, key: str, tenant_id: UUID, now: float, *, run: Run | None = None) -> None:
        self.key = key
        self.tenant_id = tenant_id
        self.run = run
        self.is_known = run is not None
        self.is_gone = False
        self.track = Track(syncing=run is None)
        self.heard_at = now
        """Loop time of the last frame, or of the last viewer's leaving."""
        self.gaps = 0
        self.viewers: set[Viewer] = set()

    def wake(self) -> None:
        """Tell all viewers that there is something new."""
        for viewer in self.viewers:
            viewer.wake()


class Viewer:
    """Reads one run from `position` on. `wake` is called on the loop when `take` may have something new."""

    __slots__ = ("_followed", "_waiter", "_wake", "is_over", "position")

    def __init__(self, followed: Followed, position: int, wake: Callable[[], None] | None) -> None:
        self._followed = followed
        self._wake = wake
        self._waiter: asyncio.Future[None] | None = None
        self.position = position
        self.is_over = False

    @property
    def key(self) -> str:
        """The run's id as text."""
        return self._followed.key

    @property
    def run(self) -> Run | None:
        """The run, once `is_known`; None when there is no such run in the tenant."""
        return self._followed.run

    @property
    def is_known(self) -> bool:
        """Whether the run was looked up: then either `run` is set or it does not exist."""
        return self._followed.is_known

    @property
    def followed(self) -> Followed:
        return self._followed

    def wake(self) -> None:
        """Called by the hub."""
        if self._wake is not None:
            self._wake()
        elif self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def take(self, most: int = PIECE) -> list[Item]:
        """What is new since the last take, about `most` code points of it; sets `is_over` with the end."""
        followed = self._followed
        track = followed.track
        items = track.after(self.position)
        if items:
            self.position = items[-1].end
        if followed.is_gone or (track.ended and self.position >= track.log.end):
            self.is_over = True
        return items

    @property
    def has_seen_all(self) -> bool:
        """Whether the run is over and this viewer was there to its very end."""
        track = self._followed.track
        return track.ended and self.position == track.log.end

    @property
    def has_more(self) -> bool:
        """Whether a take would bring something at once."""
        log = self._followed.track.log
        return self.position < log.end

    async def wait(self, seconds: float) -> bool:
        """Wait for something new; False when nothing came in that time. Only without a `wake` of its own."""
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        timer = loop.call_later(seconds, _give_up, waiter)
        try:
            return await waiter is None
        except TimeoutError:
            return False
        finally:
            timer.cancel()
            self._waiter = None


def _give_up(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())
