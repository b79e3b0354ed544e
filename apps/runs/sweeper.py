"""The sweeper: hints again for runs that wait, an end for runs whose worker was lost. Maintenance only."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from django.db import InterfaceError, OperationalError
from django.db.models.functions import Now

from apps.runs import outbox
from apps.runs.endings import Ending, settle
from apps.runs.errors import RunError, interrupted
from apps.runs.live import FAULTS, MOST_ATTEMPTS, connect_sync, log_key, turns_key
from apps.runs.models import Run, RunState
from apps.runs.track import Frame, Track
from apps.tenants.platform import platform_scope
from apps.tenants.scope import after_commit, tenant_scope

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from redis import Redis

    from apps.runs.log import Log

logger = logging.getLogger(__name__)

QUEUED_FOR = timedelta(seconds=5)
HINT_AGAIN_S = 10.0
MOST_A_SWEEP = 500
WARY_S = 4.0
"""After Postgres was away, engines get that long to renew their leases before any is settled."""


class Swept(NamedTuple):
    """What one sweep did."""

    hinted: int = 0
    queued_again: int = 0
    settled: int = 0


class Sweeper:
    """Kept between sweeps: when a run was last hinted, whether Postgres was away, the client for Redis."""

    def __init__(self) -> None:
        self._redis = connect_sync()
        self._hinted: dict[UUID, float] = {}
        self._wary_until = 0.0

    def sweep(self) -> Swept:
        """One pass over all tenants; raises what the database raises."""
        try:
            with platform_scope():
                waiting = list(_waiting())
                lost = list(_lost())
        except (OperationalError, InterfaceError):
            self._wary_until = time.monotonic() + WARY_S
            raise
        hinted = self._hint(waiting)
        if time.monotonic() < self._wary_until:
            return Swept(hinted)
        return _settle_all(self._redis, lost, hinted)

    def _hint(self, waiting: Iterable[tuple[UUID, UUID]]) -> int:
        now = time.monotonic()
        self._hinted = {run: at for run, at in self._hinted.items() if now - at < HINT_AGAIN_S}
        count = 0
        for tenant_id, run_id in waiting:
            if run_id not in self._hinted:
                self._hinted[run_id] = now
                outbox.post(partial(outbox.send_hint, tenant_id, run_id))
                count += 1
        return count


def sweep() -> Swept:
    """One pass by a sweeper without memory, for tests and commands."""
    return Sweeper().sweep()


def _waiting() -> Iterable[tuple[UUID, UUID]]:
    rows = Run.across.filter(state=RunState.QUEUED, created_at__lt=Now() - QUEUED_FOR).order_by("created_at")
    return rows.values_list("tenant_id", "id")[:MOST_A_SWEEP]


def _lost() -> Iterable[Run]:
    rows = Run.across.filter(state=RunState.RUNNING, lease_until__lt=Now()).order_by("lease_until")
    return rows[:MOST_A_SWEEP]


def _settle_all(redis: Redis, lost: list[Run], hinted: int) -> Swept:
    if not lost:
        return Swept(hinted)
    found = _Remains(redis, lost)
    again = settled = 0
    for run in lost:
        try:
            is_again = settle_lost(run, found.log_of(run))
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("The lost run %s could not be settled.", run.id)
            continue
        again += is_again is True
        settled += is_again is False
    return Swept(hinted, again, settled)


def settle_lost(seen: Run, log: Log) -> bool | None:
    """Queue a lost run again (True) or end it with `log` (False); None when it is no longer lost."""
    with tenant_scope(seen.tenant_id):
        lost = Run.objects.select_for_update().filter(
            id=seen.id, fence=seen.fence, state=RunState.RUNNING, lease_until__lt=Now()
        )
        run = lost.first()
        if run is None:
            return None
        if run.call_opened_at is None and run.stop_requested_at is None and run.attempts < MOST_ATTEMPTS:
            _queue_again(run)
            return True
        state, error = _outcome(run)
        item = settle([Ending(run, log, state, error.shown() if error else None, {}, bump=1)])[0]
        fence = run.fence + 1
        after_commit(lambda: outbox.post(lambda: outbox.tell_end(run.id, fence, item)))
        return False


def _queue_again(run: Run) -> None:
    run.state = RunState.QUEUED
    run.fence += 1
    run.lease_until = None
    run.save(update_fields=["state", "fence", "lease_until"])
    tenant_id, run_id = run.tenant_id, run.id
    after_commit(lambda: outbox.post(lambda: outbox.send_hint(tenant_id, run_id)))


def _outcome(run: Run) -> tuple[RunState, RunError | None]:
    if run.stop_requested_at is not None:
        return RunState.STOPPED, None
    if run.call_opened_at is not None:
        return RunState.INTERRUPTED, interrupted()
    return RunState.FAILED, RunError(
        "attempts",
        "The answer could not be started.",
        f"It was tried {MOST_ATTEMPTS} times, and each time the process was lost. "
        "Your message is kept; try again.",
    )


class _Remains:
    """What lost workers left in Redis: logs, and the frames of their last seconds."""

    def __init__(self, redis: Redis, lost: list[Run]) -> None:
        self._redis = redis
        self._frames: dict[str, list[Frame]] = defaultdict(list)
        for worker in {run.worker for run in lost if run.worker}:
            self._read_turns(worker)

    def _read_turns(self, worker: str) -> None:
        try:
            turns: list[tuple[bytes, dict[bytes, bytes]]] = self._redis.xrange(turns_key(worker)) or []  # type: ignore[assignment]  # their union of all protocols
        except FAULTS:
            return
        for _, fields in turns:
            for data in fields.values():
                for key, *frame in orjson.loads(data):
                    self._frames[key].append(tuple(frame))

    def log_of(self, run: Run) -> Log:
        """The longest of row and log, extended by the worker's last frames."""
        key = str(run.id)
        track = Track()
        track.begin(run.fence, max(run.attempts, 1))
        track.fill(run.log)
        track.fill(self._entries(run, key))
        track.settle()
        for frame in self._frames[key]:
            if frame[0] == run.fence:
                track.hear(*frame)
        return track.log

    def _entries(self, run: Run, key: str) -> Iterable[list[Any]]:
        try:
            entries = self._redis.lrange(log_key(run.tenant_id, key, run.fence), 0, -1)
        except FAULTS:
            return []
        return [item for entry in entries for item in orjson.loads(entry)]
