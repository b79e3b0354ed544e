"""The proof: each call of a period with its data class and the clearance that let it go, and what breaks.

Nothing that the gateway wrote about its own decision is believed: a row is held against the version that it
refers to, and that version against those after it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import connection
from django.utils import timezone

from apps.guardrails.classes import DataClass
from apps.metering.models import Clearance, UsageRecord
from apps.rest.days import days_span
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

READ: Final = "audit.read"
"""Who may see the report."""
DAYS: Final = 30
OVERLAP: Final = dt.timedelta(seconds=30)
"""A transaction that has read a version may commit so long after the next one was written."""
MOST_EXPORTED: Final = 100_000
TITLES: Final = (
    "when", "data class", "model", "connection", "region", "cleared for", "version", "rule", "reason",
    "purpose", "step", "team", "person", "state", "call id",
)  # fmt: skip

_PROOF: Final = """
SELECT count(*), count(u.data_class), count(*) FILTER (WHERE u.data_class IS NOT NULL AND (
    v.id IS NULL OR v.data_class < u.data_class
    OR v.model_id <> u.model_id OR v.connection_id <> u.connection_id
    OR EXISTS (SELECT 1 FROM metering_clearance n
               WHERE n.tenant_id = v.tenant_id AND n.model_id = v.model_id
                 AND n.connection_id = v.connection_id AND n.number > v.number
                 AND n.created_at < u.created_at - %(overlap)s)))
FROM metering_usagerecord u
LEFT JOIN metering_clearance v ON v.tenant_id = u.tenant_id AND v.id = u.clearance_id
WHERE u.tenant_id = %(tenant)s AND u.created_at >= %(since)s AND u.created_at < %(until)s
"""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, in the organisation's time zone: from `since` to `until`, both included."""

    since: dt.date
    until: dt.date
    zone: dt.tzinfo

    @classmethod
    def of(cls, since: dt.date | None, until: dt.date | None, zone: dt.tzinfo) -> Period:
        """The last thirty days where nothing is said."""
        until = until or timezone.now().astimezone(zone).date()
        return cls(since or dt.date.fromordinal(max(1, until.toordinal() - DAYS + 1)), until, zone)

    @property
    def moments(self) -> tuple[dt.datetime, dt.datetime]:
        """The first moment of it, and the first one after it."""
        return days_span(self.since, self.until, self.zone)


class Proof(NamedTuple):
    """How many calls there were, how many of these sent something with a class, how many break a rule."""

    calls: int
    classed: int
    breaking: int


def prove(period: Period) -> Proof:
    """Hold every call of the period against the versions, anew."""
    since, until = period.moments
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "since": since,
        "until": until,
        "overlap": OVERLAP,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PROOF, values)
        return Proof(*cursor.fetchone())


def calls_of(period: Period, data_class: DataClass | None = None, model: str = "") -> QuerySet[UsageRecord]:
    """The calls of the period, newest first: those of one class, to the model of that id."""
    since, until = period.moments
    rows = UsageRecord.objects.filter(created_at__gte=since, created_at__lt=until)
    if data_class is not None:
        rows = rows.filter(data_class=data_class)
    if model:
        rows = rows.filter(model_slug=model)
    return rows.order_by("-created_at", "-id")


def told(rows: Iterable[UsageRecord]) -> list[dict[str, Any]]:
    """Each call as the page, the file and the API say it; one statement more, for the versions."""
    found = list(rows)
    versions: dict[UUID, Clearance] = {
        version.pk: version
        for version in Clearance.objects.filter(
            pk__in={row.clearance_id for row in found if row.clearance_id}
        )
    }
    return [_told(row, versions.get(row.clearance_id) if row.clearance_id else None) for row in found]


def _told(row: UsageRecord, version: Clearance | None) -> dict[str, Any]:
    return {
        "id": row.pk,
        "created_at": row.created_at,
        "data_class": DataClass(row.data_class).slug if row.data_class else None,
        "model": row.model_slug,
        "connection": row.connection_name,
        "region": version.region if version else "",
        "is_own": version.is_own if version else False,
        "cleared_for": DataClass(version.data_class).slug if version else None,
        "clearance_id": row.clearance_id,
        "version": version.number if version else None,
        "rule": version.why if version else "",
        "reason": version.reason if version else "",
        "purpose": row.purpose,
        "purpose_words": row.purpose_words,
        "step": row.step,
        "team": row.team_name,
        "person": row.user_name,
        "state": row.state,
        "call_id": row.call_id,
    }


def as_cells(call: dict[str, Any]) -> tuple[object, ...]:
    """A row of the file, under TITLES."""
    return (
        call["created_at"].isoformat(), call["data_class"], call["model"], call["connection"], call["region"],
        call["cleared_for"], call["version"], call["rule"], call["reason"], call["purpose"], call["step"],
        call["team"], call["person"], call["state"], call["call_id"],
    )  # fmt: skip
