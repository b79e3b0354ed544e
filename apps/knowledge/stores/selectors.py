"""Reads of vector stores: how far their files are read, what they weigh, when they expire."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, DateTimeField, DurationField, ExpressionWrapper, F, Max, Q, Sum, Value

from apps.knowledge.models import DocumentState, StoreSetting
from apps.knowledge.selectors import visible_knowledge_bases

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor
    from apps.knowledge.models import KnowledgeBase

EXPIRY: Final = ExpressionWrapper(
    F("active_at")
    + ExpressionWrapper(F("expires_days") * Value(timedelta(days=1)), output_field=DurationField()),
    output_field=DateTimeField(),
)
"""When a store expires; null for one that does not."""
STATUS: Final = {
    DocumentState.QUEUED: "in_progress",
    DocumentState.READING: "in_progress",
    DocumentState.READY: "completed",
    DocumentState.FAILED: "failed",
    DocumentState.PAUSED: "cancelled",
}
_STATES: Final = {
    status: [state for state, told in STATUS.items() if told == status]
    for status in dict.fromkeys(STATUS.values())
}


def stores(actor: Actor) -> QuerySet[KnowledgeBase]:
    """The collections that the actor may read, with what `counted` adds."""
    return counted(visible_knowledge_bases(actor))


def counted(found: QuerySet[KnowledgeBase]) -> QuerySet[KnowledgeBase]:
    """The collections with their settings, the numbers of their documents by status, and their bytes."""
    own = Q(documents__version_of=None)
    numbers: dict[str, Any] = {
        f"files_{status}": Count("documents", filter=own & Q(documents__state__in=states))
        for status, states in _STATES.items()
    }
    return found.prefetch_related("stores").annotate(
        **numbers,
        used_bytes=Sum("documents__file__size", filter=own, default=0),
        used_at=Max("documents__updated_at"),
    )


def setting_of(base: KnowledgeBase) -> StoreSetting | None:
    """What a client said of the collection, as `counted` loaded it."""
    return next(iter(base.stores.all()), None)


def expiry_of(setting: StoreSetting | None) -> datetime | None:
    """When it expires; None for one that does not."""
    if setting is None or setting.expires_days is None:
        return None
    return setting.active_at + timedelta(days=setting.expires_days)
