"""Upkeep of documents: hints again for those that wait, an end for those whose readers were lost.

Runs as the platform role across tenants (maintenance process); safe beside workers, which hold fences.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db.models import F
from django.db.models.functions import Now

from apps.knowledge import failures
from apps.knowledge.hinting import hint
from apps.knowledge.models import Document, DocumentState
from apps.knowledge.storing import chunks_drop
from apps.tenants.platform import platform_scope
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

QUEUED_FOR: Final = timedelta(seconds=5)
MOST_A_SWEEP: Final = 200


class Swept(NamedTuple):
    """What one pass did."""

    hinted: int = 0
    failed: int = 0


def sweep() -> Swept:
    """One pass over all tenants: at most 200 documents of each kind, the longest waiting first."""
    with platform_scope():
        waiting = Document.across.filter(state=DocumentState.QUEUED, due_at__lt=Now() - QUEUED_FOR)
        lost = Document.across.filter(state=DocumentState.READING, lease_until__lt=Now())
        again = lost.filter(attempts__lt=failures.MOST_ATTEMPTS)
        over = lost.filter(attempts__gte=failures.MOST_ATTEMPTS)
        hinted = [*_first(waiting), *_first(again)]
        poisonous = _first(over)
    for key in hinted:
        hint(*key)
    return Swept(len(hinted), sum(_fail(tenant_id, id_) for tenant_id, id_, _ in poisonous))


def _first(documents: QuerySet[Document]) -> list[tuple[UUID, UUID, int]]:
    return list(documents.order_by("due_at").values_list("tenant_id", "id", "fence")[:MOST_A_SWEEP])


def _fail(tenant_id: UUID, document_id: UUID) -> bool:
    """End a document that lost its last reader; False when it no longer is one."""
    with tenant_scope(tenant_id):
        lost = Document.objects.filter(
            id=document_id,
            state=DocumentState.READING,
            lease_until__lt=Now(),
            attempts__gte=failures.MOST_ATTEMPTS,
        )
        ended = lost.update(
            state=DocumentState.FAILED,
            error_kind=failures.ATTEMPTS,
            error_detail=failures.SENTENCES[failures.ATTEMPTS],
            fence=F("fence") + 1,
            lease_until=None,
            chunk_count=0,
            updated_at=Now(),
        )
        if ended:
            chunks_drop([document_id])
        return bool(ended)
