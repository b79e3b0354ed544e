"""Whole days as moments: what a filter, a period or a statement asks of rows that bear a time."""

from __future__ import annotations

import datetime as dt
from typing import Final

_FIRST: Final = dt.datetime.min.replace(tzinfo=dt.UTC)
_LAST: Final = dt.datetime.max.replace(tzinfo=dt.UTC)


def day_begin(day: dt.date, zone: dt.tzinfo = dt.UTC) -> dt.datetime:
    """The day's first instant in the zone, in UTC; the first or last that there is where it lies beyond.

    Of a midnight that comes twice it is the earlier; of one that is left out, when the clock changes.
    """
    try:
        return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
    except OverflowError:
        return _FIRST if day == dt.date.min else _LAST


def days_span(first: dt.date, last: dt.date, zone: dt.tzinfo = dt.UTC) -> tuple[dt.datetime, dt.datetime]:
    """From the first instant of `first` to that of the day after `last`, in UTC."""
    return day_begin(first, zone), day_end(last, zone)


def day_end(day: dt.date, zone: dt.tzinfo = dt.UTC) -> dt.datetime:
    """The first instant after the day, in UTC."""
    return day_begin(day + dt.timedelta(days=1) if day < dt.date.max else day, zone)
