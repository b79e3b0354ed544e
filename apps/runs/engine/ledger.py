"""What the engine writes to Postgres: claims and ends in groups, checkpoints a slice at a time."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from apps.runs import rows
from apps.runs.endings import Ending, settle
from apps.tenants.grouped import AWAY, Grouped, in_shared_batch
from apps.tenants.quick import in_quick_scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from apps.runs.engine.carried import Carried
    from apps.runs.engine.turns import Turns
    from apps.runs.log import Item
    from apps.runs.models import Run

logger = logging.getLogger(__name__)

KEEP_EVERY_S = 1.0
SLICES = 10
"""Parts of the runs that are kept one after another, so that no token waits for a checkpoint of all."""
CLAIM_RETRIES_S = (0.2, 0.5, 1.0, 2.0, 4.0)
END_RETRIES_S = (0.1, 0.3, 0.5, 1.0, 1.0, 2.0, 2.0, 4.0, 4.0, 8.0, 8.0, 16.0)
"""A restart of Postgres is waited out; what takes longer is the sweeper's."""


class Ledger:
    """The Postgres side of one engine, on its loop."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._claims: Grouped[UUID, Run | None] = Grouped(self._claim)

    def _claim(self, ids: Sequence[UUID]) -> list[Run | None]:
        taken = rows.claim(self._worker, ids)
        return [taken.get(run_id) for run_id in ids]

    async def claim(self, tenant_id: UUID, run_id: UUID) -> Run | None:
        """The run under our fence, or None when it is another's, over, or Postgres stays away."""
        for pause in CLAIM_RETRIES_S:
            try:
                return await self._claims.do(tenant_id, run_id)
            except AWAY:
                await asyncio.sleep(pause)
        logger.warning("Run %s waits in Postgres: it could not be claimed.", run_id)
        return None

    async def end(self, ending: Ending) -> Item:
        """Commit the end and return its item, through a restart of Postgres; raises LostRun."""
        for pause in END_RETRIES_S:
            try:
                return await in_shared_batch(ending.run.tenant_id, settle, ending)
            except AWAY:
                await asyncio.sleep(pause)
        return await in_shared_batch(ending.run.tenant_id, settle, ending)

    async def keep(self, active: Mapping[UUID, Carried], turns: Turns) -> None:
        """Checkpoint each run and renew its lease once a second, one slice after the other; never returns."""
        await asyncio.gather(*(self._keep_slice(number, active, turns) for number in range(SLICES)))

    async def _keep_slice(self, number: int, active: Mapping[UUID, Carried], turns: Turns) -> None:
        """A slow statement delays its own slice alone, so that no lease runs out behind the others."""
        await asyncio.sleep(KEEP_EVERY_S * number / SLICES)
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            if active and number == 0:
                await turns.keep_journal()
            due = [carried for carried in active.values() if carried.run.id.int % SLICES == number]
            await self._keep(due, turns)

    async def _keep(self, due: Sequence[Carried], turns: Turns) -> None:
        tenants: dict[UUID, list[Carried]] = defaultdict(list)
        for carried in due:
            tenants[carried.run.tenant_id].append(carried)
            if carried.logged < carried.log.end:
                turns.touch(carried)
        await asyncio.gather(*(self._checkpoint(tenant, runs) for tenant, runs in tenants.items()))

    async def _checkpoint(self, tenant_id: UUID, runs: list[Carried]) -> None:
        ends = [carried.log.end for carried in runs]
        wanted = [_checkpoint_row(carried) for carried in runs]
        try:
            ours = await in_quick_scope(tenant_id, rows.checkpoint, wanted)
        except AWAY as error:
            logger.warning("Postgres takes no checkpoint: %s.", type(error).__name__)
            return
        except Exception:
            logger.exception("A checkpoint failed.")
            return
        for carried, end in zip(runs, ends, strict=True):
            if carried.run.id in ours:
                carried.kept = end
                if ours[carried.run.id] and not carried.is_stopped:
                    carried.stop()
            elif not carried.is_ending:
                carried.lose()


def _checkpoint_row(carried: Carried) -> dict[str, Any]:
    row: dict[str, Any] = {"id": carried.run.id, "fence": carried.run.fence}
    if carried.log.end > carried.kept:
        row["log"] = orjson.Fragment(carried.log.dump())
        row["position"] = carried.log.end
    return row
