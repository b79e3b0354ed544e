"""Budgets and requests in words, for pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.utils import timezone

from apps.metering.budgets.words import (
    EVERY,
    WARN_PERCENT,
    amount_text,
    anew,
    name_for_others,
    name_of,
    outlook,
    sentence,
)

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.models import TenantSettings
    from apps.metering.budgets.models import BudgetCounter, BudgetRequest
    from apps.metering.budgets.purse import Line
    from apps.metering.budgets.standings import Member, Standing


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """One budget of a list."""

    id: UUID
    name: str
    agreed: str
    spent: str
    held: str
    left: str
    percent: int
    anew: str
    outlook: str = ""

    @property
    def state(self) -> str:
        """For those who do not see the bar: nearly used, used up, or nothing to say."""
        if self.percent >= 100:  # noqa: PLR2004 - the whole
            return "Used up"
        return "Nearly used" if self.percent >= WARN_PERCENT else ""


def budget_row(standing: Standing, organisation: TenantSettings) -> BudgetRow:
    """As administrators see it."""
    budget, currency = standing.budget, organisation.currency
    zone = ZoneInfo(organisation.time_zone)
    left = standing.limit - standing.spent - standing.reserved
    each = " each" if budget.sharing == "each" else ""
    agreed = f"{amount_text(budget.amount, budget.unit, currency)} {EVERY[budget.period]}{each}"  # type: ignore[index]  # the column's choices
    if standing.granted:
        agreed += f", and {amount_text(standing.granted, budget.unit, currency)} granted"
    return BudgetRow(
        budget.pk,
        sentence(name_of(budget)) if not each else f"Allowance of each person, {budget.subject_name}",
        agreed,
        amount_text(standing.spent, budget.unit, currency),
        amount_text(standing.reserved, budget.unit, currency) if standing.reserved else "",
        amount_text(left, budget.unit, currency) if standing.limit or not each else "Unused",
        standing.percent,
        anew(standing.ends_at, organisation.time_zone),
        outlook(standing.forecast, standing.limit if not each else None, budget.unit, currency, zone),
    )


def own_row(line: Line, organisation: TenantSettings) -> BudgetRow:
    """As the person sees it whose calls it limits."""
    currency = organisation.currency
    return BudgetRow(
        line.budget_id,
        sentence(name_of(line)),
        amount_text(line.limit, line.unit, currency),
        amount_text(line.spent, line.unit, currency),
        amount_text(line.reserved, line.unit, currency) if line.reserved else "",
        amount_text(max(line.left, line.left * 0), line.unit, currency),
        line.percent,
        anew(line.ends_at, organisation.time_zone),
    )


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request of a list."""

    asked: BudgetRequest
    name: str
    amount: str
    granted: str
    number: str
    unit: str

    @property
    def over(self) -> str:
        """Why nobody can answer it any more; empty while somebody can."""
        counter = self.asked.counter
        if counter.budget.archived_at is not None and counter.budget.archived_at < counter.ends_at:
            return "The budget was ended"
        return "Nobody answered in time" if counter.ends_at <= timezone.now() else ""


def request_row(asked: BudgetRequest, currency: str) -> RequestRow:
    """In words; `number` is the amount as a field takes it."""
    budget = asked.counter.budget
    granted = "" if asked.granted is None else amount_text(asked.granted, budget.unit, currency)
    return RequestRow(
        asked,
        name_for_others(budget),
        amount_text(asked.amount, budget.unit, currency),
        granted,
        f"{asked.amount.normalize():f}",
        currency if budget.unit == "money" else "tokens",
    )


def member_rows(
    members: list[Member], unit: str, organisation: TenantSettings
) -> list[tuple[str, str, str, int, str]]:
    """Name, spent, limit, percent, forecast."""
    currency, zone = organisation.currency, ZoneInfo(organisation.time_zone)
    return [
        (
            one.name,
            amount_text(one.spent, unit, currency),
            amount_text(one.limit, unit, currency),
            one.percent,
            outlook(one.forecast, one.limit, unit, currency, zone),
        )
        for one in members
    ]


def past_rows(
    counters: list[BudgetCounter], unit: str, currency: str
) -> list[tuple[BudgetCounter, str, str]]:
    """Each period with what was spent, and what was granted besides."""
    return [
        (
            counter,
            amount_text(counter.spent, unit, currency),
            amount_text(counter.granted, unit, currency) if counter.granted else "",
        )
        for counter in counters
    ]
