"""The hub of a web process: frames come in by one subscription, gaps are filled from the log and the row."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import orjson

from apps.runs.live import LIVE, connect
from apps.runs.reader.syncing import sync
from apps.runs.reader.viewer import Followed, Viewer
from apps.runs.subscription import Subscription
from apps.runs.track import Heard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

    from apps.runs.models import Run

logger = logging.getLogger(__name__)

GAP_PAUSES_S = (0.05, 0.1, 0.25, 0.5)
SILENT_S = 2.0
CONNECT_S = 1.0
UNWATCHED_S = 15.0
"""How long a track is kept that nobody watches."""


class Hub:
    """All of it runs on one event loop; only `Hub.loop` may be used from elsewhere."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.runs: dict[str, Followed] = {}
        self.redis = connect()
        self.is_connected = asyncio.Event()
        self._wanted: set[str] = set()
        self._call = asyncio.Event()
        live = Subscription(LIVE, self.hear, joined=self._joined, left=self.is_connected.clear)
        self._duties = [
            asyncio.create_task(duty()) for duty in (live.keep, self._sync_wanted, self._look_after)
        ]

    async def close(self) -> None:
        """End the subscription and all duties."""
        for duty in self._duties:
            duty.cancel()
        await asyncio.gather(*self._duties, return_exceptions=True)
        await self.redis.aclose()

    def attach(self, tenant_id: UUID, run_id: UUID, after: int, wake: Callable[[], None] | None) -> Viewer:
        """A viewer at position `after`; the run is looked up where it is not followed yet."""
        key = str(run_id)
        followed = self.runs.get(key)
        if followed is None:
            followed = self.runs[key] = Followed(key, tenant_id, self.loop.time())
            self.want((key,))
        elif followed.tenant_id != tenant_id:
            followed = Followed(key, tenant_id, self.loop.time())
            followed.is_known = followed.is_gone = True
        viewer = Viewer(followed, after, wake)
        followed.viewers.add(viewer)
        return viewer

    def detach(self, viewer: Viewer) -> None:
        """The viewer has left; the track follows it after a while."""
        followed = viewer.followed
        followed.viewers.discard(viewer)
        followed.heard_at = self.loop.time()
        if not followed.viewers and (followed.track.ended or followed.is_gone):
            self._drop(followed)

    def expect(self, run: Run) -> None:
        """A run was made here: with a track from before its hint, following it costs no look-up."""
        key = str(run.id)
        if key not in self.runs and self.is_connected.is_set():
            self.runs[key] = Followed(key, run.tenant_id, self.loop.time(), run=run)

    def want(self, keys: Iterable[str]) -> None:
        """Sync these runs with the row and the log."""
        self._wanted.update(keys)
        self._call.set()

    def _drop(self, followed: Followed) -> None:
        if self.runs.get(followed.key) is followed:
            del self.runs[followed.key]

    def _joined(self) -> None:
        """What was published while we were away is gone: every track syncs."""
        for followed in self.runs.values():
            followed.track.syncing = True
        self.want(self.runs)
        self.is_connected.set()

    def hear(self, data: bytes) -> None:
        """Take the frames of one turn."""
        runs, now = self.runs, self.loop.time()
        for key, fence, seq, kind, payload in orjson.loads(data):
            followed = runs.get(key)
            if followed is None:
                continue
            heard = followed.track.hear(fence, seq, kind, payload)
            if heard is Heard.GREW:
                followed.heard_at = now
                followed.gaps = 0
                followed.wake()
            elif heard is Heard.GAP or heard is Heard.FENCE:
                self._want_later(followed)

    def _want_later(self, followed: Followed) -> None:
        followed.track.syncing = True
        pause = GAP_PAUSES_S[min(followed.gaps, len(GAP_PAUSES_S) - 1)]
        followed.gaps += 1
        self.loop.call_later(pause, self.want, (followed.key,))

    async def _sync_wanted(self) -> None:
        while True:
            await self._call.wait()
            self._call.clear()
            if not self.is_connected.is_set():
                await self._wait_connected()
            wanted, self._wanted = self._wanted, set()
            found = [self.runs[key] for key in wanted if key in self.runs]
            try:
                await sync(self.redis, found)
            except Exception as error:  # noqa: BLE001 - the database may be away; viewers wait
                logger.warning("Runs could not be looked up: %s.", type(error).__name__)
                self.loop.call_later(GAP_PAUSES_S[-1], self.want, [followed.key for followed in found])
                continue
            for followed in found:
                self._synced(followed)

    async def _wait_connected(self) -> None:
        try:
            await asyncio.wait_for(self.is_connected.wait(), CONNECT_S)
        except TimeoutError:
            return

    def _synced(self, followed: Followed) -> None:
        followed.heard_at = self.loop.time()
        if followed.track.settle() in (Heard.GAP, Heard.FENCE):
            self._want_later(followed)
        followed.wake()
        if followed.is_gone:
            self._drop(followed)

    async def _look_after(self) -> None:
        """Each second: look up silent runs that have viewers, forget those that nobody watches."""
        while True:
            await asyncio.sleep(1)
            now = self.loop.time()
            silent_s = SILENT_S if self.is_connected.is_set() else 0.9
            silent = []
            for followed in list(self.runs.values()):
                quiet = now - followed.heard_at
                if not followed.viewers and quiet > UNWATCHED_S:
                    self._drop(followed)
                elif followed.viewers and quiet > silent_s and not followed.track.ended:
                    silent.append(followed.key)
            if silent:
                self.want(silent)
