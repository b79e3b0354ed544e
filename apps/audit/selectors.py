"""Reads of the audit trail, in the caller's scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from apps.audit.models import AuditEvent
from apps.rest.days import day_begin, day_end

if TYPE_CHECKING:
    import datetime as dt
    from uuid import UUID

    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What to look for; what is empty does not narrow. Days are whole days in UTC, both included."""

    query: str = ""
    action: str = ""
    since: dt.date | None = None
    until: dt.date | None = None


def events(wanted: EventFilter | None = None) -> QuerySet[AuditEvent]:
    """Events of the tenant, newest first; `query` looks into person, action, thing and address."""
    wanted = wanted or EventFilter()
    found = AuditEvent.objects.order_by("-created_at", "-id")
    if wanted.query:
        text = wanted.query
        found = found.filter(
            Q(actor_name__icontains=text)
            | Q(action__icontains=text)
            | Q(target_type__icontains=text)
            | Q(target_id__icontains=text)
            | Q(ip__icontains=text)
        )
    if wanted.action:
        found = found.filter(action=wanted.action)
    if wanted.since:
        found = found.filter(created_at__gte=day_begin(wanted.since))
    if wanted.until:
        found = found.filter(created_at__lt=day_end(wanted.until))
    return found


def actions() -> list[str]:
    """The actions that occur, by name."""
    return list(AuditEvent.objects.order_by("action").values_list("action", flat=True).distinct())


def event(event_id: UUID) -> AuditEvent | None:
    """One event, or None."""
    return AuditEvent.objects.filter(id=event_id).first()
