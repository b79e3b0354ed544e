"""The last questions as the ledger remembers them, for a dry run: lengths, hours, teams and cost; no text."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from apps.llm.routes.forecast import Asked
from apps.llm.routes.planning import CURRENCY
from apps.llm.routes.selectors import local_zone
from apps.llm.routes.traits import Traits
from apps.metering.models import UsageRecord, UsageState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal
    from uuid import UUID
    from zoneinfo import ZoneInfo

    from django.db.models import QuerySet

PAST_QUESTIONS: Final = 100
MOST_CALLS: Final = 800
"""Calls that are read for them: a route makes several for one question."""
_PURPOSES: Final = ("reply", "api")
_COLUMNS: Final = (
    "run_id", "call_id", "step", "created_at", "team_id", "tokens_input", "tokens_output", "cost", "currency",
    "data_class",
)  # fmt: skip
_BESIDE: Final = frozenset({"classify", "check", "compare", "merge", "revision"})
"""Steps of a route that do not begin with the question itself."""


def past_questions(team_id: UUID | None = None, *, zone: str | None = None) -> list[Asked]:
    """The last hundred questions of chats and programs, newest first, of one team with `team_id`.

    Each is one run, whose cost is that of all its calls. `zone` is the name of the organisation's time zone,
    where the caller knows it. Two statements, one with `zone`.
    """
    hours = local_zone(zone)
    calls: dict[UUID, list[UsageRecord]] = defaultdict(list)
    for row in _calls(team_id):
        calls[row.run_id or row.call_id].append(row)
    return [_asked(rows, hours) for rows in list(calls.values())[:PAST_QUESTIONS]]


def _calls(team_id: UUID | None) -> Iterable[UsageRecord]:
    rows: QuerySet[UsageRecord] = UsageRecord.objects.filter(purpose__in=_PURPOSES, state=UsageState.SETTLED)
    if team_id is not None:
        rows = rows.filter(team_id=team_id)
    return rows.only(*_COLUMNS).order_by("-created_at")[:MOST_CALLS]


def _asked(rows: list[UsageRecord], zone: ZoneInfo) -> Asked:
    """One question from its calls, newest first."""
    first = next((row for row in reversed(rows) if row.step not in _BESIDE), rows[-1])
    hour = first.created_at.astimezone(zone).hour
    traits = Traits(tokens=first.tokens_input, hour=hour, team_id=first.team_id)
    return Asked(traits, first.tokens_output, _cost(rows), first.data_class)


def _cost(rows: list[UsageRecord]) -> Decimal | None:
    """What its calls cost together; None where a price is not known, or is in another currency."""
    found = [row.cost for row in rows if row.cost is not None and row.currency == CURRENCY]
    return sum(found[1:], found[0]) if found and len(found) == len(rows) else None
