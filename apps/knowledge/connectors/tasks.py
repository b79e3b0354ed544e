"""The hint that a source is due; apart from `apps.knowledge.tasks`, as a sync goes through the services."""

from __future__ import annotations

from uuid import UUID

from apps.knowledge.connectors.place import sync_place
from apps.knowledge.connectors.syncing import sync
from apps.knowledge.giving_way import give_way
from apps.tenants.tasks import tenant_task

SOFT_LIMIT_S = 1500
HARD_LIMIT_S = 1560


@tenant_task(name="sync_source", queue="ingest", soft_time_limit=SOFT_LIMIT_S, time_limit=HARD_LIMIT_S)
def sync_source(tenant_id: str, source_id: str) -> None:
    """Follow the source once; one that is not due, or that another worker follows, is left alone."""
    give_way()
    with sync_place() as is_free:
        if is_free:
            sync(UUID(tenant_id), UUID(source_id))
