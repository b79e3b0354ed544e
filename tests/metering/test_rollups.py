"""The days: always what the ledger sums to, whatever comes late."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from apps.tenants.scope import tenant_scope
from tests.metering.ledger import call_made

if TYPE_CHECKING:
    from tests.factories import Organisation

NOW = dt.datetime.now(dt.UTC)


def _ago(**ago: float) -> dt.datetime:
    return NOW - dt.timedelta(**ago)


def _days(organisation: Organisation) -> dict[dt.date, tuple[int, Decimal, int, Decimal]]:
    """Calls, cost, calls without a price and amount by day, once they are rolled up."""
    from apps.metering.models import DailyUsage
    from apps.metering.rollups.upkeep import roll_up_tenant

    roll_up_tenant(organisation.id)
    found: dict[dt.date, Any] = {}
    with tenant_scope(organisation.id):
        for row in DailyUsage.objects.all():
            calls, cost, unpriced, amount = found.get(row.day, (0, Decimal(0), 0, Decimal(0)))
            found[row.day] = (
                calls + row.calls, cost + row.cost, unpriced + row.unpriced, amount + row.amount
            )  # fmt: skip
    return found


def test_calls_fall_into_the_days_of_the_tenants_time_zone(acme: Organisation) -> None:
    from apps.accounts.models import TenantSettings

    with tenant_scope(acme.id):
        TenantSettings.objects.update(time_zone="Asia/Tokyo")
        call_made(dt.datetime(2026, 3, 1, 14, 59, tzinfo=dt.UTC))
        call_made(dt.datetime(2026, 3, 1, 15, 1, tzinfo=dt.UTC), "2")
    assert _days(acme) == {
        dt.date(2026, 3, 1): (1, Decimal(1), 0, Decimal(1)),
        dt.date(2026, 3, 2): (1, Decimal(2), 0, Decimal(2)),
    }
    with tenant_scope(acme.id):
        TenantSettings.objects.update(time_zone="UTC")
    assert _days(acme) == {dt.date(2026, 3, 1): (2, Decimal(3), 0, Decimal(3))}


def test_a_long_past_is_counted_month_by_month_and_exactly(acme: Organisation) -> None:
    from apps.metering.models import RollupMark

    with tenant_scope(acme.id):
        for day in range(0, 200, 7):
            call_made(_ago(days=day, hours=1), "0.000000000001", user_id=uuid4())
    found = _days(acme)
    assert len(found) == 29
    assert sum(row[1] for row in found.values()) == Decimal("0.000000000029")
    assert _days(acme) == found
    with tenant_scope(acme.id):
        assert RollupMark.objects.get().counted_to > _ago(minutes=3)


def test_a_call_that_is_settled_days_later_stands_in_its_day(acme: Organisation) -> None:
    from apps.metering.models import UsageRecord

    begun = _ago(days=3)
    with tenant_scope(acme.id):
        late = call_made(begun, None, state="reserved", tokens_input=0, tokens_output=0)
        call_made(_ago(days=1))
    assert list(_days(acme)) == [_ago(days=1).date()]
    with tenant_scope(acme.id):
        UsageRecord.objects.filter(pk=late.pk).update(
            state="settled", cost=Decimal(5), currency="USD", closed_at=NOW
        )
    assert _days(acme)[begun.date()] == (1, Decimal(5), 0, Decimal(5))
    assert _days(acme)[_ago(days=1).date()][0] == 1


def test_what_is_new_is_added_and_nothing_is_counted_twice(acme: Organisation) -> None:
    """The mark passes a call, which is then a day's for good; one row a day is left of both."""
    from apps.metering.models import DailyUsage, RollupMark, UsageRecord

    day = _ago(minutes=3).date()
    with tenant_scope(acme.id):
        call_made(_ago(minutes=3), "1")
        call_made(_ago(minutes=3), "2", state="reserved")
    assert _days(acme)[day][:2] == (1, Decimal(1))
    with tenant_scope(acme.id):
        assert [row.is_open for row in DailyUsage.objects.all()] == [True]
        UsageRecord.objects.filter(state="reserved").update(state="settled")
    assert _days(acme)[day][:2] == (2, Decimal(3))
    with tenant_scope(acme.id):
        assert [row.is_open for row in DailyUsage.objects.all()] == [False]
        mark = RollupMark.objects.get().counted_to
        call_made(mark, "4")
        call_made(dt.datetime.now(dt.UTC), "8")
    assert sum(row[1] for row in _days(acme).values()) == 15
    assert sum(row[1] for row in _days(acme).values()) == 15


def test_two_processes_count_nothing_twice(acme: Organisation) -> None:
    from apps.metering.models import DailyUsage, RollupMark
    from apps.metering.rollups import upkeep

    _days(acme)
    with tenant_scope(acme.id):
        mark = RollupMark.objects.get().counted_to
        until = mark + dt.timedelta(seconds=1)
        call_made(mark)
    both = [upkeep._work(acme.id)[0] for _ in range(2)]
    for work in both:
        assert work is not None
        add = (upkeep._ADD, {"is_open": False, "until": until})
        upkeep._execute(work, add, (upkeep._MOVE, {"counted_to": until}))
    with tenant_scope(acme.id):
        assert [row.calls for row in DailyUsage.objects.all()] == [1]


def test_a_call_that_turns_up_behind_the_mark_is_counted_when_the_day_is_over(acme: Organisation) -> None:
    """A transaction may take longer than thought: the day is made anew, whole, once it is over."""
    from apps.metering.models import RollupMark

    with tenant_scope(acme.id):
        call_made(_ago(days=1), "1")
    assert sum(row[1] for row in _days(acme).values()) == 1
    with tenant_scope(acme.id):
        call_made(_ago(days=1), "2")
    assert sum(row[1] for row in _days(acme).values()) == 1
    with tenant_scope(acme.id):
        RollupMark.objects.update(counted_to=_ago(days=1) + dt.timedelta(seconds=1))
    assert sum(row[1] for row in _days(acme).values()) == 3


def test_amounts_are_those_of_the_book_and_unknown_rates_are_counted(acme: Organisation) -> None:
    from apps.accounts.models import TenantSettings
    from apps.metering.models import ExchangeRate, UsageRecord
    from apps.metering.pricebook.book import price_book

    with tenant_scope(acme.id):
        TenantSettings.objects.update(currency="EUR")
        for rate, days in (("0.8", 10), ("0.9876543211", 4)):
            ExchangeRate.objects.create(
                currency="USD", into="EUR", rate=Decimal(rate), valid_from=_ago(days=days)
            )
        for number in range(60):
            call_made(_ago(days=number % 12, minutes=5), f"0.{number:02}7919000333")
        call_made(_ago(days=1), None)
    found = _days(acme)
    with tenant_scope(acme.id):
        book = price_book(dt.datetime(2000, 1, 1, tzinfo=dt.UTC))
        worth = [
            book.in_tenant_currency(row.cost, row.currency, row.created_at)
            for row in UsageRecord.objects.exclude(cost=None)
            if row.cost is not None
        ]
    assert sum(row[3] for row in found.values()) == sum(amount for amount in worth if amount is not None)
    assert sum(row[2] for row in found.values()) == worth.count(None) + 1


def test_other_organisations_days_stay_apart(acme: Organisation, globex: Organisation) -> None:
    with tenant_scope(globex.id):
        call_made(_ago(hours=1))
    assert _days(acme) == {}
    assert len(_days(globex)) == 1
