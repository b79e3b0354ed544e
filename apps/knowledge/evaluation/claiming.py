"""Who works on a measurement or on making questions now: a conditional UPDATE, a lease, a fence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db.models import F, Q
from django.db.models.functions import Now

from apps.knowledge.evaluation.models import Claimed, EvaluationState
from apps.tenants.platform import platform_scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.db.models import QuerySet

LEASE: Final = timedelta(seconds=180)
"""Longer than one question with its search, answer and judge may take."""
MOST_ATTEMPTS: Final = 3
UNFINISHED: Final = (EvaluationState.QUEUED, EvaluationState.RUNNING)

R = TypeVar("R", bound=Claimed)


def claim(kind: type[R], row_id: UUID) -> R | None:
    """Take the row if it waits or its worker was lost; None when there is nothing to do. In a scope."""
    taken = kind.objects.filter(_claimable(), id=row_id, attempts__lt=MOST_ATTEMPTS).update(
        state=EvaluationState.RUNNING,
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        lease_until=Now() + LEASE,
    )
    return kind.objects.select_related("knowledge_base").get(id=row_id) if taken else None


def ours(row: R) -> QuerySet[R]:
    """The claimed row while it is still ours."""
    return type(row).objects.filter(id=row.id, fence=row.fence, state=EvaluationState.RUNNING)


def lease(row: Claimed, **values: Any) -> bool:
    """Keep the claim, with these values of the row; False when it is another's. In a scope."""
    return ours(row).update(lease_until=Now() + LEASE, **values) > 0


def end(row: Claimed, state: EvaluationState, **values: Any) -> bool:
    """The row's last state; False when it is another's. In a scope."""
    return ours(row).update(state=state, finished_at=Now(), lease_until=None, **values) > 0


def sweep(kind: type[Claimed], hint: Callable[[UUID, UUID], None], why: str) -> int:
    """Hint again what waits, or whose worker was lost; end with `why` what was begun too often."""
    with platform_scope():
        waiting = kind.across.filter(_claimable())
        over = waiting.filter(attempts__gte=MOST_ATTEMPTS)
        over.update(state=EvaluationState.FAILED, error=why, finished_at=Now(), fence=F("fence") + 1)
        rows = list(waiting.values_list("tenant_id", "id")[:100])
    for tenant_id, row_id in rows:
        hint(tenant_id, row_id)
    return len(rows)


def _claimable() -> Q:
    lost = Q(state=EvaluationState.RUNNING, lease_until__lt=Now())
    return Q(state=EvaluationState.QUEUED) | lost
