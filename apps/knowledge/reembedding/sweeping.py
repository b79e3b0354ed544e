"""Hints again for changes of model that wait or lost their worker, an end for those that embed nothing.

Runs as the platform role across tenants (maintenance process); safe beside workers, which hold fences.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import F, Q
from django.db.models.functions import Now

from apps.knowledge.models import Reembedding, ReembeddingState
from apps.knowledge.reembedding.claiming import MOST_ATTEMPTS
from apps.knowledge.reembedding.hinting import hint
from apps.knowledge.reembedding.working import FAULT
from apps.tenants.platform import platform_scope
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

QUEUED_FOR: Final = timedelta(seconds=5)
MOST_A_SWEEP: Final = 100


def sweep_reembeddings() -> int:
    """One pass over all tenants: at most 100 changes, the longest waiting first; how many were hinted."""
    waits = Q(state=ReembeddingState.QUEUED, due_at__lt=Now() - QUEUED_FOR)
    lost = Q(state=ReembeddingState.RUNNING, lease_until__lt=Now())
    unclean = Q(state__in=(ReembeddingState.DONE, ReembeddingState.CANCELLED))
    with platform_scope():
        rows = Reembedding.across.filter(waits | lost | unclean, is_clean=False).order_by("due_at")
        found = list(rows.values_list("tenant_id", "id", "fence", "attempts", "state")[:MOST_A_SWEEP])
    over = [row[:3] for row in found if row[3] >= MOST_ATTEMPTS and row[4] == "running"]
    for tenant_id, reembedding_id, _ in over:
        _fail(tenant_id, reembedding_id)
    waiting = [row[:3] for row in found if row[:3] not in over]
    for key in waiting:
        hint(*key)
    return len(waiting)


def _fail(tenant_id: UUID, reembedding_id: UUID) -> None:
    """End a change whose workers were lost one after another without embedding anything."""
    with tenant_scope(tenant_id):
        Reembedding.objects.filter(
            id=reembedding_id,
            state=ReembeddingState.RUNNING,
            lease_until__lt=Now(),
            attempts__gte=MOST_ATTEMPTS,
        ).update(
            state=ReembeddingState.FAILED,
            error=FAULT,
            fence=F("fence") + 1,
            lease_until=None,
            updated_at=Now(),
        )
