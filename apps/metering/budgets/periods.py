"""When a budget's periods begin and end: days, weeks from Monday and months of a time zone. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.metering.budgets.models import PeriodKind
from apps.rest.days import day_begin

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Period:
    """From `starts_at` up to, not including, `ends_at`; both in UTC."""

    starts_at: dt.datetime
    ends_at: dt.datetime

    def after(self, moment: dt.datetime | None) -> Period:
        """The same end, but not from before `moment`: where the last period went on for longer."""
        return Period(max(self.starts_at, moment), self.ends_at) if moment else self


def period_at(kind: PeriodKind, at: dt.datetime, zone: ZoneInfo) -> Period:
    """The period of the zone's own calendar that holds the moment.

    A day begins with its first instant, also where the clock goes from 23:59 to 01:00 or shows midnight
    twice; it has 23 to 25 hours where the clock changes.
    """
    today = at.astimezone(zone).date()
    first, following = _dates(kind, today)
    return Period(day_begin(first, zone), day_begin(following, zone))


def _dates(kind: PeriodKind, today: dt.date) -> tuple[dt.date, dt.date]:
    if kind is PeriodKind.DAY:
        return today, today + dt.timedelta(days=1)
    if kind is PeriodKind.WEEK:
        monday = today - dt.timedelta(days=today.weekday())
        return monday, monday + dt.timedelta(days=7)
    first = today.replace(day=1)
    return first, (first + dt.timedelta(days=32)).replace(day=1)
