"""Setting aside what a call may cost at most, in the transaction that writes its row of the ledger.

What was read tells whether it fits, which spares the database most refusals; whether it does is decided
under the counters' row locks by a constraint (`budget_hold_fits`), in the packet that commits: while a lock
is held nobody waits for this process. Everybody locks counters in the order of their ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Final

from django.db import IntegrityError

from apps.metering.budgets.models import Reach, Unit
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute_later

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from apps.metering.budgets.purse import Line, Purse

FITS: Final = "budget_hold_fits"

_LOCK: Final = Statement("""
SELECT 1 FROM metering_budgetcounter WHERE tenant_id = %s AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
""")
_HOLD: Final = Statement("""
WITH raised AS (
    UPDATE metering_budgetcounter c SET reserved = c.reserved + w.amount
    FROM unnest(%(counters)s::uuid[], %(amounts)s::numeric[]) AS w(id, amount), metering_budget b
    WHERE c.tenant_id = %(tenant)s AND c.id = ANY(%(counters)s) AND c.id = w.id
      AND b.tenant_id = c.tenant_id AND b.id = c.budget_id
    RETURNING c.id, b.unit, w.amount, b.amount + c.granted - c.spent - c.reserved AS remaining
)
INSERT INTO metering_budgethold (id, tenant_id, call_id, counter_id, unit, amount, remaining)
SELECT gen_random_uuid(), %(tenant)s, %(call)s, id, unit, amount, remaining FROM raised
""")


class Why(Enum):
    """Why a call does not fit: there is too little left; or money counts and its price is not known."""

    FULL = "full"
    UNPRICED = "unpriced"
    NO_RATE = "no_rate"


class BudgetFullError(Exception):
    """The call does not fit into `line`: it might cost `needed` of it (None: nobody knows)."""

    def __init__(self, line: Line, why: Why, needed: Decimal | None) -> None:
        super().__init__(f"{why.value}: {needed} of {line.left}")
        self.line = line
        self.why = why
        self.needed = needed


@dataclass(frozen=True, slots=True)
class Worst:
    """What a call may use at most: tokens, and its cost (None: no price) in the tenant's currency."""

    tokens: int
    is_priced: bool
    worth: Decimal | None


@dataclass(frozen=True, slots=True)
class Hold:
    """What is to be set aside of one counter."""

    counter_id: UUID
    amount: Decimal


def holds_of(purse: Purse, worst: Worst) -> list[Hold]:
    """What the call is to hold, one of each budget; raises BudgetFullError for the first without room.

    Without a price a call fits into no money budget, unless an administrator gave its model a budget in
    tokens: that one then says what may be used, and the money budgets count whatever it proves to cost.
    """
    by_tokens = any(line.unit is Unit.TOKENS and line.reach is Reach.MODEL for line in purse.lines)
    return [Hold(line.counter_id, _needed(line, worst, by_tokens=by_tokens)) for line in purse.lines]


def _needed(line: Line, worst: Worst, *, by_tokens: bool) -> Decimal:
    if line.unit is Unit.TOKENS:
        needed = Decimal(worst.tokens)
    elif worst.worth is not None:
        needed = worst.worth
    elif by_tokens:
        return Decimal(0)
    else:
        raise BudgetFullError(line, Why.NO_RATE if worst.is_priced else Why.UNPRICED, None)
    if needed and needed > line.left:
        raise BudgetFullError(line, Why.FULL, needed)
    return needed


def holds_take(call_id: UUID, holds: Sequence[Hold]) -> None:
    """Set them aside with the scope's commit, which fails (see `is_overtaken`) where one has no room now."""
    if not holds:
        return
    tenant_id = current_tenant_id()
    counters = [hold.counter_id for hold in holds]
    if len(counters) > 1:
        execute_later(_LOCK, [tenant_id, counters])
    amounts = [hold.amount for hold in holds]
    execute_later(_HOLD, {"tenant": tenant_id, "call": call_id, "counters": counters, "amounts": amounts})


def is_overtaken(error: BaseException) -> bool:
    """Whether the database refused a hold: other calls took the room since it was looked for."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return isinstance(error, IntegrityError) and getattr(diagnosis, "constraint_name", None) == FITS
