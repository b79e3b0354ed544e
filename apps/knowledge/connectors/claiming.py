"""Who syncs a source now: a conditional UPDATE, a lease that a thread renews, a fence around each write."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import F, Q
from django.db.models.functions import Now

from apps.knowledge.connectors.models import Source, SourceState
from apps.knowledge.leasing import Lease

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

LEASE: Final = timedelta(seconds=60)
_RENEW_S: Final = 15.0


class LostSourceError(Exception):
    """The source was removed, paused, changed or taken over: write nothing more."""


def claimable() -> Q:
    """Sources that wait and are due, and those whose worker was lost."""
    waits = Q(state__in=[SourceState.IDLE, SourceState.FAILED], due_at__lte=Now())
    lost = Q(state=SourceState.SYNCING, lease_until__lt=Now())
    return Q(is_paused=False) & (waits | lost)


def claim(source_id: UUID) -> Source | None:
    """Take the source if it is due; None when there is nothing to do. In a scope."""
    taken = Source.objects.filter(claimable(), id=source_id).update(
        state=SourceState.SYNCING, fence=F("fence") + 1, lease_until=Now() + LEASE
    )
    return Source.objects.get(id=source_id) if taken else None


def held(source: Source) -> QuerySet[Source]:
    """The claimed source's row while it is still ours."""
    return Source.objects.filter(id=source.id, fence=source.fence, state=SourceState.SYNCING, is_paused=False)


def locked(source: Source) -> None:
    """Lock the row to the transaction's end; raises LostSourceError. Before every write."""
    if not held(source).select_for_update().exists():
        raise LostSourceError


def lease(source: Source) -> Lease:
    """Keeps the claim while the block lasts."""

    def renew() -> bool:
        return held(source).update(lease_until=Now() + LEASE) > 0

    return Lease(source.tenant_id, renew, every_s=_RENEW_S)
