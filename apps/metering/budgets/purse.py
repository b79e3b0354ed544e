"""The budgets that count for a call, each with its counter of now, read beside the call's model.

The statements go along with the gateway's own read: a tenant without budgets pays for a look into an index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from apps.metering.budgets.models import POOL, PeriodKind, Reach, Sharing, Unit
from apps.metering.budgets.periods import period_at
from apps.metering.pricebook.book import price_book_call, price_book_of
from apps.tenants.models import new_id
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from apps.metering.pricebook.book import PriceBook
    from apps.metering.prices import Charge
    from apps.tenants.postgresql.statements import Done, Values

_READ: Final = Statement("""
SELECT b.id, b.reach, b.subject_id, b.subject_name, b.unit, b.amount, b.period, b.sharing, s.time_zone,
       m.id, (SELECT max(p.ends_at) FROM metering_budgetcounter p
              WHERE p.tenant_id = b.tenant_id AND p.budget_id = b.id AND p.member_id = m.id),
       c.id, c.starts_at, c.ends_at, c.spent, c.reserved, c.granted
FROM metering_budget b
JOIN accounts_tenantsettings s ON s.tenant_id = b.tenant_id
CROSS JOIN LATERAL (SELECT CASE b.sharing WHEN 'each' THEN %(user)s::uuid ELSE %(pool)s::uuid END AS id) m
LEFT JOIN LATERAL (
    SELECT * FROM metering_budgetcounter n
    WHERE n.tenant_id = b.tenant_id AND n.budget_id = b.id AND n.member_id = m.id AND n.ends_at > %(at)s
    ORDER BY n.ends_at LIMIT 1
) c ON true
WHERE b.tenant_id = %(tenant)s AND b.subject_id = ANY(%(subjects)s::uuid[]) AND b.archived_at IS NULL
  AND m.id IS NOT NULL
ORDER BY b.id
""")
_BEGIN: Final = Statement("""
INSERT INTO metering_budgetcounter (id, tenant_id, budget_id, member_id, starts_at, ends_at)
VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (tenant_id, budget_id, member_id, ends_at) DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class Payers:
    """Whose budgets count for a call, as values; a call without a person draws on no person's allowance."""

    team_id: UUID | None
    user_id: UUID | None
    api_key_id: UUID | None
    model_id: UUID


@dataclass(frozen=True, slots=True)
class Line:
    """One budget with what its period of now has seen so far. Amounts in the tenant's currency or tokens."""

    budget_id: UUID
    reach: Reach
    subject_id: UUID
    subject_name: str
    unit: Unit
    amount: Decimal
    period: PeriodKind
    sharing: Sharing
    time_zone: str
    counter_id: UUID
    starts_at: datetime
    ends_at: datetime
    spent: Decimal
    reserved: Decimal
    granted: Decimal

    @property
    def limit(self) -> Decimal:
        """The agreed amount and what was granted until the period ends."""
        return self.amount + self.granted

    @property
    def percent(self) -> int:
        """How much of the limit is spent or set aside, from 0 to 100, rounded down."""
        return percent_of(self.spent + self.reserved, self.limit)

    @property
    def left(self) -> Decimal:
        """What may still be reserved; below 0 where calls cost more than their reservation."""
        return self.limit - self.spent - self.reserved


def percent_of(used: Decimal, limit: Decimal) -> int:
    """From 0 (corrections may have taken more away than was spent) to 100, rounded down; of nothing, 100."""
    return max(0, min(100, int(used * 100 / limit))) if limit else 100


@dataclass(frozen=True, slots=True)
class Purse:
    """All budgets of a call and the price book, as of the moment `at` in which it is reserved."""

    at: datetime
    book: PriceBook
    lines: tuple[Line, ...]

    @property
    def counts_money(self) -> bool:
        return any(line.unit is Unit.MONEY for line in self.lines)

    def worth(self, charge: Charge) -> Decimal | None:
        """The cost in the tenant's currency at the rate of the moment; None where one is not known."""
        if charge.cost is None:
            return None
        return self.book.in_tenant_currency(charge.cost, charge.currency, self.at)


def purse_calls(payers: Payers, at: datetime) -> tuple[tuple[Statement, Values], tuple[Statement, Values]]:
    """What reads the purse, together with other statements; `purse_of` takes what they gave."""
    return (_READ, _values(payers, at)), price_book_call(at)


def purse_of(payers: Payers, at: datetime, read: Sequence[Done]) -> Purse:
    """The purse of a call that is reserved at `at`; begins the periods that no call has seen yet."""
    lines, book = read
    return Purse(at, price_book_of(book), _lines(_values(payers, at), lines.rows))


def lines_now(subjects: Iterable[UUID], user_id: UUID | None, at: datetime) -> tuple[Line, ...]:
    """The budgets of these subjects with their counters of now: the shared ones, and this person's own."""
    values = _of(subjects, user_id, at)
    return _lines(values, execute(_READ, values).rows)


def _lines(values: dict[str, Any], rows: Sequence[Sequence[Any]]) -> tuple[Line, ...]:
    """What was read; periods that nobody has seen yet are begun first."""
    if any(row[11] is None for row in rows):
        for row in rows:
            if row[11] is None:
                _period_begin(row, values["at"])
        rows = execute(_READ, values).rows
    return tuple(_line(row) for row in rows)


def _values(payers: Payers, at: datetime) -> dict[str, Any]:
    subjects = (current_tenant_id(), payers.team_id, payers.user_id, payers.api_key_id, payers.model_id)
    return _of((subject for subject in subjects if subject is not None), payers.user_id, at)


def _of(subjects: Iterable[UUID], user_id: UUID | None, at: datetime) -> dict[str, Any]:
    return {
        "tenant": current_tenant_id(),
        "subjects": list(subjects),
        "user": user_id,
        "pool": POOL,
        "at": at,
    }


def _period_begin(row: Sequence[Any], at: datetime) -> None:
    """The counter of the period that holds `at`; where another call makes it meanwhile, that one's."""
    period = period_at(PeriodKind(row[6]), at, ZoneInfo(row[8])).after(row[10])
    execute(_BEGIN, [new_id(), current_tenant_id(), row[0], row[9], period.starts_at, period.ends_at])


def _line(row: Sequence[Any]) -> Line:
    return Line(
        budget_id=row[0],
        reach=Reach(row[1]),
        subject_id=row[2],
        subject_name=row[3],
        unit=Unit(row[4]),
        amount=row[5],
        period=PeriodKind(row[6]),
        sharing=Sharing(row[7]),
        time_zone=row[8],
        counter_id=row[11],
        starts_at=row[12],
        ends_at=row[13],
        spent=row[14],
        reserved=row[15],
        granted=row[16],
    )
