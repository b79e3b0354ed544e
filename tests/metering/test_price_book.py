"""The price book: what an amount is worth in the organisation's currency at a moment."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from tests.factories import Organisation

NOW = dt.datetime.now(dt.UTC)


def _rate(currency: str, into: str, rate: str, **ago: float) -> Any:
    from apps.metering.models import ExchangeRate

    return ExchangeRate.objects.create(
        currency=currency, into=into, rate=Decimal(rate), valid_from=NOW - dt.timedelta(**ago)
    )


def test_an_amount_keeps_the_rate_that_held_when_it_was_made(acme: Organisation) -> None:
    from apps.accounts.models import TenantSettings
    from apps.metering.pricebook.book import in_tenant_currency, price_book

    with tenant_scope(acme.id):
        assert in_tenant_currency(Decimal("1.5"), "USD", NOW) == Decimal("1.5")
        assert in_tenant_currency(Decimal(1), "EUR", NOW) is None
        TenantSettings.objects.update(currency="EUR")
        _rate("USD", "EUR", "0.9", days=10)
        _rate("USD", "EUR", "0.8", days=2)
        _rate("USD", "GBP", "0.7", days=1)
        _rate("CHF", "EUR", "1.0000000001", days=3)
        for ago, expected in ((11, None), (9, "1.8"), (1, "1.6")):
            at = NOW - dt.timedelta(days=ago)
            worth = in_tenant_currency(Decimal(2), "USD", at)
            assert worth == (None if expected is None else Decimal(expected)), ago
        book = price_book(NOW - dt.timedelta(days=9))
        assert [rate for _, rate in book.rates["USD"]] == [Decimal("0.8"), Decimal("0.9")]
        assert book.in_tenant_currency(Decimal("0.000000000005"), "USD", NOW) == Decimal("0.000000000004")
        assert price_book().in_tenant_currency(Decimal(3), "GBP", NOW) is None


def test_python_and_postgresql_round_alike(acme: Organisation) -> None:
    from django.db import connection

    from apps.metering.pricebook.book import PriceBook

    book = PriceBook("EUR", {"USD": ((NOW - dt.timedelta(days=1), Decimal("0.5")),)})
    with tenant_scope(acme.id), connection.cursor() as cursor:
        for amount in ("0.000000000001", "0.000000000003", "0.000000000005", "-0.000000000001"):
            cursor.execute("SELECT round(%s::numeric * 0.5, 12)", [amount])
            assert book.in_tenant_currency(Decimal(amount), "USD", NOW) == cursor.fetchone()[0]


def test_other_organisations_rates_are_not_in_the_book(acme: Organisation, globex: Organisation) -> None:
    from apps.metering.pricebook.book import in_tenant_currency

    with tenant_scope(globex.id):
        _rate("EUR", "USD", "1.1", days=1)
    with tenant_scope(acme.id):
        assert in_tenant_currency(Decimal(1), "EUR", NOW) is None
