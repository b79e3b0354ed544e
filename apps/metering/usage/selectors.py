"""Reads of the days, in the caller's scope; each is one statement over at most some thousand rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import Count, Max, Q, Sum

from apps.accounts.models import ApiKey
from apps.metering.models import DailyUsage, RollupMark
from apps.metering.usage.filters import NARROWING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from apps.metering.usage.filters import Sight, Wanted

MOST_ROWS: Final = 200
"""Of a table on the page; the export has all."""
MOST_CHOICES: Final = 500
_NAMES: Final = {"team": "team_name", "model": "model_slug", "person": "user_name"}
_SUMS: Final[dict[str, Any]] = {
    "calls": Sum("calls"),
    "failed": Sum("failed"),
    "unpriced": Sum("unpriced"),
    "tokens_input": Sum("tokens_input"),
    "tokens_output": Sum("tokens_output"),
    "amount": Sum("amount"),
}


@dataclass(frozen=True, slots=True)
class Used:
    """What calls came to; `amount` in the tenant's currency, without the `unpriced` calls."""

    calls: int = 0
    failed: int = 0
    unpriced: int = 0
    tokens_input: int = 0
    tokens_output: int = 0
    amount: Decimal = Decimal(0)

    @property
    def tokens(self) -> int:
        return self.tokens_input + self.tokens_output


@dataclass(frozen=True, slots=True)
class Share(Used):
    """What one team, model, person or key used; `id` None: calls that were made for none."""

    id: UUID | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Day(Used):
    """What a day came to, and how many people it was."""

    day: dt.date = dt.date.min
    people: int = 0


def used_days(sight: Sight, wanted: Wanted) -> list[Day]:
    """Every day of the range, also those without a call."""
    rows = _rows(sight, wanted).values("day").annotate(people=_people(), **_SUMS)
    found = {row["day"]: Day(**row) for row in rows.order_by("day")}
    return [found.get(day) or Day(day=day) for day in wanted.days]


def used_in_all(sight: Sight, wanted: Wanted) -> Day:
    """The whole range, dated with its last day."""
    found = _rows(sight, wanted).aggregate(people=_people(), **_SUMS)
    return Day(day=wanted.until, **{name: value for name, value in found.items() if value is not None})


def used_by(sight: Sight, wanted: Wanted, what: str) -> list[Share]:
    """By `what` of NARROWING, most tokens first; at most MOST_ROWS."""
    column = NARROWING[what]
    name = Max(_NAMES[what]) if what in _NAMES else Max("user_name")
    rows = _rows(sight, wanted).values(column).annotate(name=name, **_SUMS)
    shares = [
        Share(id=row.pop(column), **row) for row in rows.order_by("-amount", "-tokens_input")[:MOST_ROWS]
    ]
    return _named_keys(shares) if what == "key" else shares


def tokens_by_model(sight: Sight, wanted: Wanted) -> dict[UUID, dict[dt.date, int]]:
    """Tokens of each model on each day."""
    rows = _rows(sight, wanted).values_list("model_id", "day")
    found: dict[UUID, dict[dt.date, int]] = {}
    for model_id, day, tokens in rows.annotate(tokens=Sum("tokens_input") + Sum("tokens_output")):
        found.setdefault(model_id, {})[day] = tokens
    return found


def choices(sight: Sight, wanted: Wanted) -> dict[str, list[tuple[UUID, str]]]:
    """What a filter may name: what was used in the range, whatever else narrows it."""
    span = DailyUsage.objects.filter(sight.rows, day__gte=wanted.since, day__lte=wanted.until)
    found = {what: _choices(span, what, name) for what, name in _NAMES.items()}
    ids = span.exclude(api_key_id=None).values_list("api_key_id", flat=True).distinct()
    keys = ApiKey.objects.filter(id__in=ids).select_related("user").order_by("name")[:MOST_CHOICES]
    return found | {"key": [(key.pk, f"{key.name} ({key.user.name})") for key in keys]}


def counted_at() -> dt.datetime | None:
    """When the days were last brought up to the ledger; None: never."""
    return RollupMark.objects.values_list("made_at", flat=True).first()


def export_rows(sight: Sight, wanted: Wanted, most: int) -> QuerySet[DailyUsage]:
    """The days themselves, oldest first."""
    return _rows(sight, wanted).order_by("day", "team_name", "user_name", "model_slug", "id")[:most]


def _rows(sight: Sight, wanted: Wanted) -> QuerySet[DailyUsage]:
    return DailyUsage.objects.filter(sight.rows, wanted.rows).order_by()


def _people() -> Count:
    return Count("user_id", distinct=True, filter=Q(calls__gt=0))


def _choices(span: QuerySet[DailyUsage], what: str, name: str) -> list[tuple[UUID, str]]:
    column = NARROWING[what]
    rows = span.exclude(**{column: None}).values_list(column).annotate(name=Max(name)).order_by("name")
    return list(rows[:MOST_CHOICES])


def _named_keys(shares: Iterable[Share]) -> list[Share]:
    """Keys by their own names, beside the person's; the ledger knows the id alone."""
    found = list(shares)
    known = ApiKey.objects.filter(id__in=[share.id for share in found if share.id])
    names = dict(known.values_list("id", "name"))
    return [replace(one, name=names.get(one.id, "") if one.id else "") for one in found]
