"""The engine: claims runs, calls their handlers on one event loop, keeps them and ends them."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from collections import deque
from typing import TYPE_CHECKING
from uuid import UUID

import uvloop

from apps import egress
from apps.runs.engine.carried import Carried
from apps.runs.engine.ledger import Ledger
from apps.runs.engine.listening import listen, look
from apps.runs.engine.performing import perform
from apps.runs.engine.turns import Turns
from apps.runs.live import connect
from apps.tenants.quick import close_connections

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger(__name__)

STOPPED_EARLY_S = 60.0
MOST_WAITING = 10_000
FLUSH_S = 3.0


class Engine:
    """Runs on a thread of its own. `hand_over` and `drain` are for any thread, the rest for its loop."""

    def __init__(self, worker: str, *, places: int) -> None:
        self.worker = worker
        self.places = places
        self.active: dict[UUID, Carried] = {}
        self._claiming: dict[UUID, asyncio.Future[None]] = {}
        self._handed: set[asyncio.Task[None]] = set()
        self._backlog: deque[tuple[UUID, UUID]] = deque(maxlen=MOST_WAITING)
        self._stopped_early: dict[UUID, float] = {}
        self._is_draining = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._work, name="engine", daemon=True)

    def start(self) -> None:
        """Start the loop; returns when it takes runs."""
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("The engine's loop did not start.")

    def hand_over(self, tenant_id: UUID, *run_ids: UUID) -> None:
        """Take the runs, as places get free, unless they are another's or over; waits for nothing.

        What does not fit into the backlog any more stays queued in Postgres, where workers look.
        """
        self._loop.call_soon_threadsafe(self.take_in, [(tenant_id, run_id) for run_id in run_ids])

    def drain(self, seconds: float) -> None:
        """Take nothing new, let runs end for that long, interrupt the rest with the text they have, stop."""
        if not self._thread.is_alive():
            return
        try:
            asyncio.run_coroutine_threadsafe(self._drain(seconds), self._loop).result(seconds + 15)
        except (concurrent.futures.TimeoutError, RuntimeError):
            logger.exception("The engine did not drain in time.")
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(5)

    def _work(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._main())

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        redis = connect()
        self.turns = Turns(redis, self.worker)
        self.ledger = Ledger(self.worker)
        duties = [
            asyncio.create_task(self.ledger.keep(self.active, self.turns)),
            asyncio.create_task(listen(self.stop)),
            asyncio.create_task(look(self)),
        ]
        self._ready.set()
        await self._ended.wait()
        for duty in duties:
            duty.cancel()
        await asyncio.gather(*duties, return_exceptions=True)
        await redis.aclose()
        await egress.close_sessions()
        await close_connections()

    def take_in(self, runs: Iterable[tuple[UUID, UUID]]) -> None:
        """As `hand_over`, from the engine's loop."""
        self._backlog.extend(runs)
        while self._backlog and self.has_room:
            task = asyncio.ensure_future(self.take(*self._backlog.popleft()))
            self._handed.add(task)
            task.add_done_callback(self._left)

    def _left(self, task: asyncio.Task[None]) -> None:
        self._handed.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("A run was not taken to its end.", exc_info=error)
        self.take_in(())

    async def take(self, tenant_id: UUID, run_id: UUID) -> None:
        """Claim and carry the run; a second hint for the same run waits for the first."""
        known = self.active.get(run_id)
        if known is not None:
            await asyncio.shield(known.done)
        elif run_id in self._claiming:
            await asyncio.shield(self._claiming[run_id])
        elif not self._is_draining:
            claiming = self._claiming[run_id] = asyncio.get_running_loop().create_future()
            try:
                await self._carry(tenant_id, run_id)
            finally:
                self._claiming.pop(run_id, None)
                claiming.set_result(None)

    async def _carry(self, tenant_id: UUID, run_id: UUID) -> None:
        run = await self.ledger.claim(tenant_id, run_id)
        if run is None:
            return
        carried = self.active[run_id] = Carried(run, self.turns)
        if run.stop_requested_at is not None or self._stopped_early.pop(run_id, None) is not None:
            carried.is_stopped = True
        try:
            await perform(carried, self.ledger)
        finally:
            self.active.pop(run_id, None)
            carried.done.set_result(None)

    def stop(self, run_id: UUID) -> None:
        """Stop the run at once if it is here; if its hint is still on its way, when it comes."""
        carried = self.active.get(run_id)
        if carried is not None:
            carried.stop()
            return
        now = self._loop.time()
        self._stopped_early[run_id] = now
        for old in [old for old, at in self._stopped_early.items() if now - at > STOPPED_EARLY_S]:
            del self._stopped_early[old]

    @property
    def has_room(self) -> bool:
        """Whether one more may be taken."""
        return not self._is_draining and max(len(self.active), len(self._handed)) < self.places

    async def _drain(self, seconds: float) -> None:
        self._is_draining = True
        waiting = self._unfinished(self.active.values())
        if waiting:
            await asyncio.wait(waiting, timeout=seconds)
        for carried in list(self.active.values()):
            carried.interrupt()
        waiting = self._unfinished(self.active.values())
        if waiting:
            await asyncio.wait(waiting, timeout=10)
        await asyncio.wait_for(self.turns.flush(), FLUSH_S)

    @staticmethod
    def _unfinished(runs: Iterable[Carried]) -> list[asyncio.Future[None]]:
        return [carried.done for carried in runs if not carried.done.done()]
