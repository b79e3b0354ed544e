"""Periods of budgets: the calendar of the tenant's time zone, whatever its clocks do."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Beirut",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
)
MOMENTS = st.integers(1_293_840_000, 2_208_988_800).map(lambda at: dt.datetime.fromtimestamp(at, dt.UTC))
"""From 2011 to 2040."""


def _period(kind: str, at: dt.datetime, zone: str) -> Any:
    from apps.metering.budgets.models import PeriodKind
    from apps.metering.budgets.periods import period_at

    return period_at(PeriodKind(kind), at, ZoneInfo(zone))


@given(st.sampled_from(("day", "week", "month")), MOMENTS, st.sampled_from(ZONES))
def test_periods_follow_each_other_without_gap_or_overlap(kind: str, at: dt.datetime, zone: str) -> None:
    found = _period(kind, at, zone)
    assert found.starts_at <= at < found.ends_at
    assert _period(kind, found.starts_at, zone) == found
    assert _period(kind, found.ends_at - dt.timedelta(microseconds=1), zone) == found
    assert _period(kind, found.ends_at, zone).starts_at == found.ends_at


@pytest.mark.parametrize(
    ("kind", "at", "starts_at", "ends_at"),
    [
        ("day", "2026-03-29T05:00", "2026-03-28T23:00", "2026-03-29T22:00"),
        ("day", "2026-10-25T05:00", "2026-10-24T22:00", "2026-10-25T23:00"),
        ("week", "2026-10-25T05:00", "2026-10-18T22:00", "2026-10-25T23:00"),
        ("month", "2026-03-31T21:59", "2026-02-28T23:00", "2026-03-31T22:00"),
        ("month", "2026-12-31T23:00", "2026-12-31T23:00", "2027-01-31T23:00"),
        ("month", "2028-02-29T12:00", "2028-01-31T23:00", "2028-02-29T23:00"),
    ],
)
def test_days_of_berlin_have_23_to_25_hours(kind: str, at: str, starts_at: str, ends_at: str) -> None:
    found = _period(kind, dt.datetime.fromisoformat(f"{at}+00:00"), "Europe/Berlin")
    assert found.starts_at == dt.datetime.fromisoformat(f"{starts_at}+00:00")
    assert found.ends_at == dt.datetime.fromisoformat(f"{ends_at}+00:00")


def test_a_midnight_that_is_left_out_is_its_moment() -> None:
    """In São Paulo of 2018 the clock went from 23:59:59 to 01:00."""
    found = _period("day", dt.datetime(2018, 11, 4, 12, tzinfo=dt.UTC), "America/Sao_Paulo")
    assert found.starts_at == dt.datetime(2018, 11, 4, 3, tzinfo=dt.UTC)
    assert found.ends_at - found.starts_at == dt.timedelta(hours=23)


def test_a_period_begins_where_the_last_one_ended() -> None:
    """The tenant moved its time zone within a month: nothing is counted twice."""
    found = _period("month", dt.datetime(2026, 12, 1, 3, tzinfo=dt.UTC), "Asia/Tokyo")
    last = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
    assert found.after(last).starts_at == last
    assert found.after(None) == found
    assert found.after(last - dt.timedelta(days=9)) == found
