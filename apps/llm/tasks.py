"""Short calls to a host that a page awaits: made by a worker, since a web process never speaks to a model."""

from __future__ import annotations

from uuid import UUID

from apps.llm.checking import run_check
from apps.llm.health.probing import run_probe
from apps.llm.loop import run_on_loop
from apps.tenants.tasks import tenant_task


@tenant_task(name="check_connection", queue="replies")
def check_connection(tenant_id: str, check_id: str) -> None:
    """Make the check's call and write its result; a check that another worker took is left alone."""
    run_on_loop(run_check(UUID(tenant_id), UUID(check_id)))


@tenant_task(name="probe_connection", queue="replies")
def probe_connection(tenant_id: str, connection_id: str) -> None:
    """Ask the connection's host whether it answers, unless that is known, and note it for the breaker."""
    run_on_loop(run_probe(UUID(tenant_id), UUID(connection_id)))
