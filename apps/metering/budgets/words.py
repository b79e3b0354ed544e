"""Budgets in plain words: what they are called, what is left, when they start anew. Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final, Protocol
from zoneinfo import ZoneInfo

from apps.metering.budgets.holding import Why
from apps.metering.budgets.models import PeriodKind, Reach, Sharing, Unit
from apps.metering.money import money

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from apps.metering.budgets.forecast import Forecast
    from apps.metering.budgets.holding import BudgetFullError
    from apps.metering.budgets.purse import Line

EVERY: Final = {PeriodKind.DAY: "daily", PeriodKind.WEEK: "weekly", PeriodKind.MONTH: "monthly"}
WARN_PERCENT: Final = 80
THIS: Final = {PeriodKind.DAY: "today", PeriodKind.WEEK: "this week", PeriodKind.MONTH: "this month"}


class Named(Protocol):
    """What a budget's name is made of: a row or a line of a purse."""

    @property
    def reach(self) -> str: ...
    @property
    def subject_name(self) -> str: ...
    @property
    def period(self) -> str: ...
    @property
    def sharing(self) -> str: ...


def amount_text(amount: Decimal, unit: str, currency: str) -> str:
    """Such as “12.50 EUR”, “0.00038 EUR” or “12,000 tokens”; never rounded to nothing."""
    if unit == Unit.TOKENS:
        return f"{amount.quantize(Decimal(1), ROUND_HALF_UP):,f} tokens"
    return money(amount, currency)


def name_of(budget: Named) -> str:
    """Such as “the monthly budget of Engineering” or “your daily allowance in Engineering”."""
    every, name = EVERY[PeriodKind(budget.period)], budget.subject_name
    if budget.reach == Reach.PERSON:
        return f"the {every} budget of {name}"
    if budget.sharing == Sharing.EACH:
        of = {Reach.MODEL: f"for {name}", Reach.TENANT: ""}.get(Reach(budget.reach), f"in {name}")
        return f"your {every} allowance {of}".rstrip()
    return {
        Reach.TENANT: f"the organisation's {every} budget",
        Reach.TEAM: f"the {every} budget of {name}",
        Reach.KEY: f"the {every} budget of the API key “{name}”",
        Reach.MODEL: f"the {every} budget for {name}",
    }[Reach(budget.reach)]


def name_for_others(budget: Named, whose: str = "the") -> str:
    """The same as another person reads it: “Bob's monthly allowance”, or “the monthly allowance”."""
    name = name_of(budget)
    return f"{whose} {name.removeprefix('your ')}" if name.startswith("your ") else name


def anew(ends_at: datetime, time_zone: str) -> str:
    """Such as “1 December 2026, 00:00 (Europe/Berlin)”."""
    local = ends_at.astimezone(ZoneInfo(time_zone))
    return f"{local.day} {local:%B %Y, %H:%M} ({time_zone})"


def sentence(text: str) -> str:
    """With a capital at its beginning."""
    return f"{text[:1].upper()}{text[1:]}"


def standing(line: Line, currency: str) -> str:
    """Such as “9.40 EUR of 10.00 EUR are spent this month, and 0.50 EUR are set aside for answers …”."""
    spent = amount_text(line.spent, line.unit, currency)
    said = f"{spent} of {amount_text(line.limit, line.unit, currency)} are spent {THIS[line.period]}"
    if line.reserved:
        held = amount_text(line.reserved, line.unit, currency)
        said += f", and {held} are set aside for answers that are being written"
    return f"{said}."


def warning_of(lines: Sequence[Line]) -> str:
    """Such as “85% of your monthly allowance is used. …”, of the fullest budget; empty below four fifths."""
    fullest = max(lines, key=lambda line: line.percent, default=None)
    if fullest is None or fullest.percent < WARN_PERCENT:
        return ""
    name = name_of(fullest)
    return (
        f"{fullest.percent}% of {name} is used. It starts anew on {anew(fullest.ends_at, fullest.time_zone)}."
    )


def title_of(error: BudgetFullError) -> str:
    """The refusal in a line."""
    if error.why is not Why.FULL:
        return "This model has no price that the budget can count"
    state = "is used up" if error.line.left <= 0 else "has too little left for this"
    return sentence(f"{name_of(error.line)} {state}")


def reason_of(error: BudgetFullError, currency: str) -> str:
    """What is in the way, and until when."""
    line = error.line
    if error.why is Why.UNPRICED:
        return (
            f"Nobody knows what this model costs, so {name_of(line)} cannot count it. An administrator can "
            "set its price, or give the model a budget in tokens."
        )
    if error.why is Why.NO_RATE:
        return (
            f"This model is priced in another currency than {currency}, and no exchange rate is set, so "
            f"{name_of(line)} cannot count it. An administrator can add the rate to the price book."
        )
    needed = amount_text(error.needed or Decimal(0), line.unit, currency)
    said = f"{standing(line, currency)} This answer could take up to {needed}."
    return f"{said} The budget starts anew on {anew(line.ends_at, line.time_zone)}."


def outlook(coming: Forecast | None, limit: Decimal | None, unit: str, currency: str, zone: ZoneInfo) -> str:
    """What the forecast says in a sentence, of everybody's allowances where no limit is given; or nothing."""
    if coming is None or not coming.amount:
        return ""
    amount = amount_text(coming.amount, unit, currency)
    if limit is None:
        return f"At this pace {amount} are used by all together when it ends."
    if coming.runs_out_at is not None:
        day = coming.runs_out_at.astimezone(zone)
        return f"At this pace it is used up on {day.day} {day:%B, %H:%M}; {amount} would be needed."
    share = f" ({int(coming.amount * 100 / limit)}%)" if limit else ""
    return f"At this pace {amount}{share} are used when it ends."
