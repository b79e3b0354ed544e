"""Who carries out a change of model now: a conditional UPDATE, a lease, a fence around each write.

Rows are locked in this order: the collection, its change, its documents by id.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import F, Q
from django.db.models.functions import Now

from apps.knowledge.leasing import Lease
from apps.knowledge.models import Reembedding, ReembeddingState

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

MOST_ATTEMPTS: Final = 3
"""Attempts in a row that embed nothing."""
LEASE: Final = timedelta(seconds=30)
_RENEW_S: Final = 8.0


class LostReembeddingError(Exception):
    """The change was paused, cancelled or taken over, or its collection is gone: write nothing more."""


def claim(reembedding_id: UUID, fence: int | None = None) -> Reembedding | None:
    """Take the change if it waits or its worker was lost; None when there is nothing to do. In a scope.

    `fence` is the one that a hint saw: one from before another turn is worth nothing. The attempt counts
    before the work begins; embedding something takes it back.
    """
    waits = Q(state=ReembeddingState.QUEUED, due_at__lte=Now())
    lost = Q(state=ReembeddingState.RUNNING, lease_until__lt=Now())
    seen = Q() if fence is None else Q(fence=fence)
    rows = Reembedding.objects.filter(waits | lost, seen, id=reembedding_id, attempts__lt=MOST_ATTEMPTS)
    taken = rows.update(
        state=ReembeddingState.RUNNING,
        attempts=F("attempts") + 1,
        fence=F("fence") + 1,
        lease_until=Now() + LEASE,
        error="",
    )
    return Reembedding.objects.select_related("knowledge_base").get(id=reembedding_id) if taken else None


def held(change: Reembedding) -> QuerySet[Reembedding]:
    """The claimed change's row while it is still ours."""
    return Reembedding.objects.filter(id=change.id, fence=change.fence, state=ReembeddingState.RUNNING)


def locked(change: Reembedding) -> None:
    """Lock the row to the transaction's end; raises LostReembeddingError. Before every write."""
    if not held(change).select_for_update().exists():
        raise LostReembeddingError


def lease(change: Reembedding) -> Lease:
    """Keeps the claim while the block lasts."""

    def renew() -> bool:
        return held(change).update(lease_until=Now() + LEASE) > 0

    return Lease(change.tenant_id, renew, every_s=_RENEW_S)
