"""Telling a worker that a change of model waits. A hint that is lost is sent again by the sweeper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.runs import outbox
from apps.tenants.scope import after_commit

if TYPE_CHECKING:
    from uuid import UUID


def hint(tenant_id: UUID, reembedding_id: UUID, fence: int | None = None) -> None:
    """A change waits, or leaves vectors to delete; sent at once, on the outbox's thread.

    `fence` where many may say so (reembedding.claiming.claim).
    """
    from apps.knowledge.tasks import reembed_knowledge_base

    outbox.post(lambda: reembed_knowledge_base.apply_async((str(tenant_id), str(reembedding_id), fence)))


def hint_after_commit(tenant_id: UUID, reembedding_id: UUID) -> None:
    """A change will wait once the caller's transaction is committed."""
    after_commit(lambda: hint(tenant_id, reembedding_id))
