"""The hint that runs wait. The record is their rows."""

from __future__ import annotations

from uuid import UUID

from apps.runs.engine.running import engine_of_process
from apps.runs.hints import QUEUE, TASK
from apps.tenants.tasks import tenant_task


@tenant_task(name=TASK, queue=QUEUE, uses_database=False, Strategy="apps.runs.engine.strategy:at_once")
def run_reply(tenant_id: str, *run_ids: str) -> None:
    """Hand the runs to this process's engine, which takes them as its places get free; waits for nothing.

    Raises RuntimeError in a worker without an engine; the run then stays queued for another.
    """
    engine = engine_of_process()
    if engine is None:
        raise RuntimeError(
            "This worker carries no runs: it was started without the queue `replies`, or it ends."
        )
    engine.hand_over(UUID(tenant_id), *map(UUID, run_ids))
