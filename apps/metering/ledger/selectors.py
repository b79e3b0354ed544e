"""Reads of single calls, in the caller's scope."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from apps.metering.models import UsageRecord
from apps.metering.usage.filters import NARROWING
from apps.rest.days import days_span
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.metering.usage.filters import Wanted


def calls(wanted: Wanted, time_zone: str, *, corrected: bool = False) -> QuerySet[UsageRecord]:
    """The calls of these days, newest first, without corrections; only those that have some, if so wished."""
    since, until = days_span(wanted.since, wanted.until, ZoneInfo(time_zone))
    found = UsageRecord.objects.filter(
        corrects_id=None,
        created_at__gte=since,
        created_at__lt=until,
        **{NARROWING[name]: value for name, value in wanted.ids.items()},
    )
    others = UsageRecord.objects.filter(corrects_id=OuterRef("call_id"))
    if corrected:
        found = found.filter(Exists(others))
    return found.order_by("-created_at", "-id")


def access_call(call_id: UUID) -> UsageRecord:
    """One call; raises 404, also for a correction."""
    found = UsageRecord.objects.filter(call_id=call_id, corrects_id=None).first()
    if found is None:
        raise not_found()
    return found


def corrections_of(call: UsageRecord) -> list[UsageRecord]:
    """What was corrected of it, oldest first."""
    return list(UsageRecord.objects.filter(corrects_id=call.call_id).order_by("created_at", "id"))
