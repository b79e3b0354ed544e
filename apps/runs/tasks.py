"""The hint that runs wait. The record is their rows."""

from __future__ import annotations

from concurrent.futures import wait
from uuid import UUID

from apps.runs.engine.running import engine_of_process
from apps.runs.hints import QUEUE, TASK
from apps.tenants.tasks import tenant_task


@tenant_task(name=TASK, queue=QUEUE, uses_database=False)
def run_reply(tenant_id: str, *run_ids: str) -> None:
    """Hand the runs to this process's engine and wait until all are over; the thread does nothing else.

    Raises RuntimeError in a worker without an engine; the run then stays queued for another.
    """
    engine = engine_of_process()
    if engine is None:
        raise RuntimeError(
            "This worker carries no runs: it was started without the queue `replies`, or it ends."
        )
    carried = [engine.carry(UUID(tenant_id), UUID(run_id)) for run_id in run_ids]
    wait(carried)
    for run in carried:
        run.result()
