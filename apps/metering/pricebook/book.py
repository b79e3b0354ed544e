"""What an amount is worth in the tenant's currency, from a book that one statement loads.

The statement may leave together with others (`execute_together`), so that the hot path pays no round trip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final

import orjson
from django.utils import timezone

from apps.metering.prices import COST_STEP
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute

if TYPE_CHECKING:
    from apps.tenants.postgresql.statements import Done

Versions = tuple[tuple[datetime, Decimal], ...]

_BOOK: Final = Statement("""
SELECT s.currency,
       (SELECT jsonb_agg(jsonb_build_array(r.currency, r.valid_from, r.rate::text) ORDER BY r.valid_from DESC)
        FROM (SELECT * FROM (SELECT DISTINCT ON (currency) currency, valid_from, rate
                             FROM metering_exchangerate
                             WHERE tenant_id = %(tenant)s AND "into" = s.currency AND valid_from <= %(since)s
                             ORDER BY currency, valid_from DESC) AS before
              UNION ALL
              SELECT currency, valid_from, rate FROM metering_exchangerate
              WHERE tenant_id = %(tenant)s AND "into" = s.currency AND valid_from > %(since)s) AS r)
FROM accounts_tenantsettings s WHERE s.tenant_id = %(tenant)s
""")


@dataclass(frozen=True, slots=True)
class PriceBook:
    """The tenant's currency, and what others are worth in it: by currency the versions, newest first."""

    currency: str
    rates: Mapping[str, Versions]

    def in_tenant_currency(self, amount: Decimal, currency: str, at: datetime) -> Decimal | None:
        """The amount at the rate that held then, with 12 places; None where none did.

        Rounds a half up, as PostgreSQL's round() does: both say the same of each row.
        """
        if currency == self.currency:
            return amount
        for valid_from, rate in self.rates.get(currency, ()):
            if valid_from <= at:
                return (amount * rate).quantize(COST_STEP, rounding=ROUND_HALF_UP)
        return None


def price_book_call(since: datetime | None = None) -> tuple[Statement, dict[str, Any]]:
    """The statement that loads the book, good for all moments from `since` (None: now) on."""
    return _BOOK, {"tenant": current_tenant_id(), "since": since or timezone.now()}


def price_book_of(done: Done) -> PriceBook:
    """The book as `price_book_call`'s statement gave it."""
    if done.row is None:
        return PriceBook("USD", {})
    currency, packed = done.row
    rates: dict[str, Versions] = {}
    for name, valid_from, rate in orjson.loads(packed) if isinstance(packed, str | bytes) else packed or ():
        rates[name] = (*rates.get(name, ()), (datetime.fromisoformat(valid_from), Decimal(rate)))
    return PriceBook(currency, rates)


def price_book(since: datetime | None = None) -> PriceBook:
    """The book of the tenant in scope, by a statement of its own."""
    return price_book_of(execute(*price_book_call(since)))


def in_tenant_currency(amount: Decimal, currency: str, at: datetime) -> Decimal | None:
    """As the book's, which it loads; None: no rate is known, so the amount is as an unknown price."""
    return price_book(at).in_tenant_currency(amount, currency, at)
