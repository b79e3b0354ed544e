"""Bring tracks up to what the rows and the logs say, with one query per tenant and one pipeline."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import orjson

from apps.runs import rows
from apps.runs.live import FAULTS, log_key
from apps.tenants.aio import in_scope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from redis.asyncio import Redis

    from apps.runs.reader.viewer import Followed
    from apps.runs.rows import SeenRow


async def sync(redis: Redis, runs: Sequence[Followed]) -> None:
    """Fill each run's track from its row and, while it runs, its log; raises what the database raises."""
    tenants: dict[UUID, list[Followed]] = defaultdict(list)
    for followed in runs:
        if not followed.track.ended:
            tenants[followed.tenant_id].append(followed)
    await asyncio.gather(*(_sync_rows(tenant_id, found) for tenant_id, found in tenants.items()))
    running = [
        followed
        for found in tenants.values()
        for followed in found
        if followed.track.fence and not followed.track.ended and not followed.is_gone
    ]
    if running:
        await _sync_logs(redis, running)


async def _sync_rows(tenant_id: UUID, runs: list[Followed]) -> None:
    known = [
        (followed.key, followed.track.fence, followed.track.log.end if followed.is_known else -1)
        for followed in runs
    ]
    changed = await in_scope(tenant_id, rows.changed, known)
    for followed in runs:
        row = changed.get(followed.key)
        if row is not None:
            _apply(followed, row)
        elif not followed.is_known:
            followed.is_gone = True
        followed.is_known = True


def _apply(followed: Followed, row: SeenRow) -> None:
    run, log = row
    track = followed.track
    followed.run = run
    if run.is_over:
        track.conclude(run.fence, log)
    elif run.fence:
        track.begin(run.fence, run.attempts)
        track.fill(log)


async def _sync_logs(redis: Redis, runs: Sequence[Followed]) -> None:
    pipe = redis.pipeline(transaction=False)
    for followed in runs:
        pipe.lrange(log_key(followed.tenant_id, followed.key, followed.track.fence), 0, -1)
    try:
        logs = await pipe.execute(raise_on_error=True)
    except FAULTS:
        return
    for followed, entries in zip(runs, logs, strict=True):
        followed.track.fill(item for entry in entries for item in _items(entry))


def _items(entry: bytes) -> list[Any]:
    items: list[Any] = orjson.loads(entry)
    return items
