"""Telling a worker after the commit. A hint that is lost is sent again by the sweeper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.runs import outbox
from apps.tenants.scope import after_commit

if TYPE_CHECKING:
    from uuid import UUID


def hint(tenant_id: UUID, document_id: UUID, fence: int | None = None) -> None:
    """A document waits, under this fence where many may say so; sent at once, on the outbox's thread."""
    from apps.knowledge.tasks import ingest_document

    outbox.post(lambda: ingest_document.apply_async((str(tenant_id), str(document_id), fence)))


def hint_after_commit(tenant_id: UUID, document_id: UUID) -> None:
    """A document will wait once the caller's transaction is committed."""
    after_commit(lambda: hint(tenant_id, document_id))


def hint_embedding_after_commit(tenant_id: UUID, document_id: UUID) -> None:
    """Changed passages of a document wait for vectors once the caller's transaction is committed."""
    from apps.knowledge.tasks import embed_document

    after_commit(lambda: outbox.post(lambda: embed_document.apply_async((str(tenant_id), str(document_id)))))


def hint_evaluation(tenant_id: UUID, run_id: UUID) -> None:
    """A measurement waits; sent at once, on the outbox's thread."""
    from apps.knowledge.tasks import measure_knowledge_base

    outbox.post(lambda: measure_knowledge_base.apply_async((str(tenant_id), str(run_id))))


def hint_evaluation_after_commit(tenant_id: UUID, run_id: UUID) -> None:
    """A measurement will wait once the caller's transaction is committed."""
    after_commit(lambda: hint_evaluation(tenant_id, run_id))


def hint_search_after_commit(tenant_id: UUID, search_id: UUID) -> None:
    """A trial search will wait once the caller's transaction is committed."""
    from apps.knowledge.tasks import search_knowledge_base

    after_commit(
        lambda: outbox.post(lambda: search_knowledge_base.apply_async((str(tenant_id), str(search_id))))
    )


def hint_tending(tenant_id: UUID) -> None:
    """Something waits in what the organisation is searched by; sent at once, on the outbox's thread."""
    from apps.knowledge.tasks import tend_index

    outbox.post(lambda: tend_index.apply_async((str(tenant_id),)))
