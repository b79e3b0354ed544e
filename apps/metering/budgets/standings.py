"""How budgets stand now, and what they will have come to: from counters, and from the ledger's days."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.db.models import F, Sum
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import tenant_settings
from apps.metering.budgets.forecast import Forecast, Pace, forecast
from apps.metering.budgets.models import POOL, BudgetCounter, PeriodKind, Reach, Sharing, Unit
from apps.metering.budgets.periods import Period, period_at
from apps.metering.budgets.purse import percent_of
from apps.metering.models import DailyUsage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from apps.metering.budgets.models import Budget

HISTORY: Final = dt.timedelta(days=56)
MOST_MEMBERS: Final = 100
_COLUMNS: Final = {
    Reach.TEAM: "team_id",
    Reach.PERSON: "user_id",
    Reach.KEY: "api_key_id",
    Reach.MODEL: "model_id",
}
Days = dict[dt.date, Decimal]
"""What whole days before today came to."""


@dataclass(frozen=True, slots=True)
class Member:
    """What one person has used of their allowance, most first; `forecast` as of a budget."""

    name: str
    spent: Decimal
    limit: Decimal
    forecast: Forecast | None = None

    @property
    def percent(self) -> int:
        return percent_of(self.spent, self.limit)


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget as it stands now. Of allowances the sums of all counters, `limit` of those that were used.

    The forecast of allowances is of all of them together, and of none alone: it says no day.
    """

    budget: Budget
    starts_at: dt.datetime
    ends_at: dt.datetime
    spent: Decimal
    reserved: Decimal
    limit: Decimal
    granted: Decimal
    forecast: Forecast | None = None

    @property
    def percent(self) -> int:
        """How much of the limit is spent or set aside, from 0 to 100."""
        if not self.limit and self.budget.sharing == Sharing.EACH:
            return 0
        return percent_of(self.spent + self.reserved, self.limit)


@dataclass(frozen=True, slots=True)
class _Clock:
    """Now, where the organisation is."""

    now: dt.datetime
    zone: ZoneInfo

    @classmethod
    def here(cls) -> _Clock:
        return cls(timezone.now(), ZoneInfo(tenant_settings().time_zone))

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(self.zone).date()

    def period(self, budget: Budget) -> Period:
        return period_at(PeriodKind(budget.period), self.now, self.zone)


def standings(budgets: Iterable[Budget]) -> list[Standing]:
    """How they stand, in the order given: one query for all counters, one for the days of each reach."""
    wanted = list(budgets)
    if not wanted:
        return []
    clock = _Clock.here()
    found: dict[UUID, list[BudgetCounter]] = defaultdict(list)
    for counter in BudgetCounter.objects.filter(
        budget__in=wanted, ends_at__gt=clock.now, starts_at__lte=clock.now
    ):
        found[counter.budget_id].append(counter)
    days = _days_of(wanted, clock.today)
    return [_standing(budget, found[budget.pk], clock, days.get(budget.pk, {})) for budget in wanted]


def _standing(budget: Budget, counters: Sequence[BudgetCounter], clock: _Clock, days: Days) -> Standing:
    period = clock.period(budget)
    starts_at = min((counter.starts_at for counter in counters), default=period.starts_at)
    ends_at = counters[0].ends_at if counters else period.ends_at
    spent = sum((counter.spent for counter in counters), Decimal(0))
    granted = sum((counter.granted for counter in counters), Decimal(0))
    is_pool = budget.sharing == Sharing.POOL
    limit = budget.amount * (1 if is_pool else len(counters)) + granted
    upto = limit if is_pool else Decimal("Infinity")
    return Standing(
        budget,
        starts_at,
        ends_at,
        spent,
        sum((counter.reserved for counter in counters), Decimal(0)),
        limit,
        granted,
        forecast(Pace(starts_at, ends_at, clock.now, spent, upto, days), clock.zone),
    )


def members_now(budget: Budget) -> list[Member]:
    """Who has used most of an allowance in the period of now, each with their own forecast."""
    clock = _Clock.here()
    rows = BudgetCounter.objects.filter(
        budget=budget, ends_at__gt=clock.now, starts_at__lte=clock.now
    ).exclude(member_id=POOL)
    counters = list(rows.order_by("-spent")[:MOST_MEMBERS])
    ids = [counter.member_id for counter in counters]
    names = dict(User.objects.filter(pk__in=ids).values_list("pk", "name"))
    days = _days_of_members(budget, ids, clock.today)
    return [
        Member(
            names.get(counter.member_id, "Somebody who left"),
            counter.spent,
            limit := budget.amount + counter.granted,
            forecast(
                Pace(
                    counter.starts_at,
                    counter.ends_at,
                    clock.now,
                    counter.spent,
                    limit,
                    days.get(counter.member_id, {}),
                ),
                clock.zone,
            ),
        )
        for counter in counters
    ]


def _days_of(budgets: Iterable[Budget], today: dt.date) -> Mapping[UUID, Days]:
    """The days of each budget, by its id."""
    kinds: dict[tuple[Reach, bool], list[Budget]] = defaultdict(list)
    for budget in budgets:
        kinds[Reach(budget.reach), budget.sharing == Sharing.EACH].append(budget)
    found: dict[UUID, Days] = {}
    for (reach, is_each), alike in kinds.items():
        column = _COLUMNS.get(reach)
        rows = _rows(today)
        if is_each:
            rows = rows.exclude(user_id=None)
        if column is not None:
            rows = rows.filter(**{f"{column}__in": [budget.subject_id for budget in alike]})
        both = _by(rows, column or "tenant_id")
        for budget in alike:
            found[budget.pk] = both[Unit(budget.unit)].get(budget.subject_id, {})
    return found


def _days_of_members(budget: Budget, user_ids: Sequence[UUID], today: dt.date) -> Mapping[UUID, Days]:
    column = _COLUMNS.get(Reach(budget.reach))
    rows = _rows(today).filter(user_id__in=user_ids)
    if column is not None:
        rows = rows.filter(**{column: budget.subject_id})
    return _by(rows, "user_id")[Unit(budget.unit)]


def _rows(today: dt.date) -> Any:
    return DailyUsage.objects.filter(day__gte=today - HISTORY, day__lt=today).order_by()


def _by(rows: Any, column: str) -> dict[Unit, dict[UUID, Days]]:
    """Money and tokens of each value of the column, by day."""
    found: dict[Unit, dict[UUID, Days]] = {unit: defaultdict(dict) for unit in Unit}
    sums = rows.values_list(column, "day").annotate(
        money=Sum("amount"), tokens=Sum(F("tokens_input") + F("tokens_output"))
    )
    for key, day, money, tokens in sums:
        found[Unit.MONEY][key][day] = money
        found[Unit.TOKENS][key][day] = Decimal(tokens)
    return found
