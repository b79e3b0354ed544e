"""Upkeep of the ledger: a reservation whose worker died is settled by estimate.

The platform role finds them across tenants; each tenant's are closed in its own scope, with what they held of
budgets. `apps.llm` hands it nothing, the row has all it needs.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import connections
from django.utils import timezone

from apps.metering.pricebook.book import price_book
from apps.metering.prices import Price, Tokens, charge_for
from apps.metering.services import Closing, Ending, settled, usage_close
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.metering.pricebook.book import PriceBook

EVERY_S: Final = 10.0
LONGEST_CALL: Final = timedelta(minutes=32)
"""A call ends after 30 minutes at the latest; what is open after that has lost its worker."""
AFTER_END: Final = timedelta(seconds=30)
"""With `EVERY_S` well within the minute that a reservation may outlive its run."""
BATCH: Final = 500
POSITIONS_PER_TOKEN: Final = 4

_STALE: Final = """
SELECT u.tenant_id, u.call_id, u.created_at, u.base_url, u.model_asked, u.reserved_input, u.reserved_output,
       u.unit, u.units, u.override_input, u.override_output, u.override_unit, u.currency,
       coalesce(r.position, 0)
FROM metering_usagerecord u LEFT JOIN runs_run r ON r.tenant_id = u.tenant_id AND r.id = u.run_id
WHERE u.state = 'reserved' AND u.created_at < %(after)s
  AND (u.created_at < %(longest)s OR r.ended_at < %(after)s)
ORDER BY u.created_at LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class _Stale:
    """A row that nobody will settle any more; `position` is how much its run has said."""

    call_id: UUID
    at: datetime
    base_url: str
    model: str
    bound: tuple[int, int]
    unit: str
    units: int
    price: Price | None
    position: int


def settle_stale() -> int:
    """Settle reservations that outlived their call: half a minute after their run, else after 32 minutes.

    The prompt counts as reserved, the answer by what its run's log holds, both marked as estimated. Returns
    how many rows were stale; safe to run twice, and beside a late worker.
    """
    found: dict[UUID, list[_Stale]] = defaultdict(list)
    for row in _stale():
        found[row[0]].append(_read(row))
    for tenant_id, rows in found.items():
        with tenant_scope(tenant_id):
            book = price_book(min(row.at for row in rows))
            usage_close([_closing(row, book) for row in rows])
    return sum(len(rows) for rows in found.values())


def _stale() -> list[tuple[Any, ...]]:
    now = timezone.now()
    values: dict[str, Any] = {"after": now - AFTER_END, "longest": now - LONGEST_CALL, "most": BATCH}
    with platform_scope(), connections[PLATFORM].cursor() as cursor:
        cursor.execute(_STALE, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _read(row: Sequence[Any]) -> _Stale:
    price = Price.of(row[9], row[10], row[11], row[12])
    return _Stale(
        row[1], row[2], row[3], row[4], bound=(row[5], row[6]), unit=row[7], units=row[8], price=price,
        position=row[13],
    )  # fmt: skip


def _closing(row: _Stale, book: PriceBook) -> Closing:
    taken, most = row.bound
    output = min(row.position // POSITIONS_PER_TOKEN, most)
    tokens = Tokens(taken, output, estimated=True, units=row.units, unit=row.unit)
    charge = charge_for(tokens, override=row.price, base_url=row.base_url, model=row.model, at=row.at)
    worth = None if charge.cost is None else book.in_tenant_currency(charge.cost, charge.currency, row.at)
    return settled(row.call_id, tokens, charge, Ending(finish="interrupted", error_kind="lost"), worth)
