"""Telling a worker that a source is due. A hint that is lost is sent again by the sweeper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.runs import outbox
from apps.tenants.scope import after_commit

if TYPE_CHECKING:
    from uuid import UUID


def hint(tenant_id: UUID, source_id: UUID) -> None:
    """A source is due; sent at once, on the outbox's thread."""
    from apps.knowledge.connectors.tasks import sync_source

    outbox.post(lambda: sync_source.apply_async((str(tenant_id), str(source_id))))


def hint_after_commit(tenant_id: UUID, source_id: UUID) -> None:
    """A source will be due once the caller's transaction is committed."""
    after_commit(lambda: hint(tenant_id, source_id))
