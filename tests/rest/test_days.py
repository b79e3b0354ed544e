"""Days as moments: where clocks change, and at the ends of all time."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from apps.rest.days import day_begin, day_end, days_span

TOKYO, NEW_YORK = ZoneInfo("Asia/Tokyo"), ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("zone", "day", "hour"),
    [
        ("UTC", dt.date(2026, 3, 1), dt.datetime(2026, 3, 1, tzinfo=dt.UTC)),
        ("Asia/Tokyo", dt.date(2026, 3, 1), dt.datetime(2026, 2, 28, 15, tzinfo=dt.UTC)),
        ("Asia/Beirut", dt.date(2024, 3, 31), dt.datetime(2024, 3, 30, 22, tzinfo=dt.UTC)),
        ("America/Havana", dt.date(2024, 11, 3), dt.datetime(2024, 11, 3, 4, tzinfo=dt.UTC)),
    ],
)
def test_a_day_begins_with_its_first_instant(zone: str, day: dt.date, hour: dt.datetime) -> None:
    assert day_begin(day, ZoneInfo(zone)) == hour


def test_a_span_holds_both_of_its_days() -> None:
    day = dt.date(2026, 3, 29)
    first, after = days_span(day, day, ZoneInfo("Europe/Berlin"))
    assert after - first == dt.timedelta(hours=23)
    assert day_end(day, ZoneInfo("Europe/Berlin")) == after


def test_what_lies_beyond_all_time_ends_with_it() -> None:
    assert day_begin(dt.date.min, TOKYO) == dt.datetime.min.replace(tzinfo=dt.UTC)
    assert day_begin(dt.date.max, NEW_YORK) == dt.datetime(9999, 12, 31, 5, tzinfo=dt.UTC)
    assert day_end(dt.date.max) == dt.datetime(9999, 12, 31, tzinfo=dt.UTC)
