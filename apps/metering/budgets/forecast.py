"""What a budget will have come to when its period ends: by its pace, or as weekdays usually are. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from apps.rest.days import days_span

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

LEAST_DAYS: Final = 14
"""Days that must have been seen before weekdays are told apart: each twice."""
LEAST_SHARE: Final = Decimal("0.02")
"""Of the period that must be over before its pace says anything."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known: spent since `starts_at`, the limit, and what earlier whole days came to."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    now: dt.datetime
    spent: Decimal
    limit: Decimal
    days: Mapping[dt.date, Decimal]


@dataclass(frozen=True, slots=True)
class Forecast:
    """The amount at the period's end, and when the limit is reached before it, if so."""

    amount: Decimal
    runs_out_at: dt.datetime | None


def forecast(pace: Pace, zone: ZoneInfo) -> Forecast | None:
    """None where too little of the period is over to say anything.

    With two weeks of days, what is left of the period is expected to be as such weekdays were; else as the
    period has been so far.
    """
    rest = _by_weekdays(pace, zone) if len(pace.days) >= LEAST_DAYS else _by_pace(pace)
    if rest is None:
        return None
    total, runs_out_at = pace.spent, None
    for until, length, amount in rest:
        if runs_out_at is None and amount and total + amount > pace.limit:
            share = max(Decimal(0), (pace.limit - total) / amount)
            runs_out_at = until - length * float(1 - share)
        total += amount
    return Forecast(total, runs_out_at)


Span = tuple[dt.datetime, dt.timedelta, Decimal]
"""When it ends, how long it takes, and what is expected of it."""


def _by_pace(pace: Pace) -> list[Span] | None:
    whole, over = pace.ends_at - pace.starts_at, pace.now - pace.starts_at
    share = Decimal(over / whole)
    if share < LEAST_SHARE:
        return None
    left = pace.ends_at - pace.now
    return [(pace.ends_at, left, pace.spent * Decimal(left / over))]


def _by_weekdays(pace: Pace, zone: ZoneInfo) -> list[Span]:
    usual = _usual(pace.days)
    found: list[Span] = []
    begin = pace.now
    while begin < pace.ends_at:
        day = begin.astimezone(zone).date()
        first, last = days_span(day, day, zone)
        end = min(last, pace.ends_at)
        share = Decimal((end - begin) / (last - first))
        found.append((end, end - begin, usual[day.weekday()] * share))
        begin = end
    return found


def _usual(days: Mapping[dt.date, Decimal]) -> list[Decimal]:
    """The mean of each weekday, of days without a call too."""
    first, last = min(days), max(days)
    sums, seen = [Decimal(0)] * 7, [0] * 7
    for number in range((last - first).days + 1):
        day = first + dt.timedelta(days=number)
        sums[day.weekday()] += days.get(day, Decimal(0))
        seen[day.weekday()] += 1
    return [amount / count if count else Decimal(0) for amount, count in zip(sums, seen, strict=True)]
