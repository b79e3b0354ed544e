"""Budgets of a test, what they have counted, and what the ledger says of the same calls."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.factories import Cast


def budget_make(
    cast: Cast, *, reach: str = "tenant", subject: Any = None, amount: Decimal | int | str = 1, **terms: str
) -> Any:
    """A budget of acme: in money, a month, shared by all, unless `terms` say otherwise."""
    from apps.metering.budgets.models import PeriodKind, Reach, Sharing, Unit
    from apps.metering.budgets.services import Terms, budget_create
    from apps.tenants.scope import tenant_scope

    agreed = Terms(
        Unit(terms.get("unit", "money")),
        Decimal(amount),
        PeriodKind(terms.get("period", "month")),
        Sharing(terms.get("sharing", "pool")),
    )
    with tenant_scope(cast.acme.id):
        return budget_create(
            actor=None,
            reach=Reach(reach),
            subject_id=cast.acme.id if subject is None else subject.pk,
            subject_name="Acme" if subject is None else subject.name,
            terms=agreed,
        )


def counters_of(cast: Cast, budget: Any) -> list[Any]:
    """Its counters, oldest first."""
    from apps.metering.models import BudgetCounter
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        return list(BudgetCounter.objects.filter(budget=budget).order_by("starts_at", "member_id"))


def counter_of(cast: Cast, budget: Any) -> Any:
    """Its only counter."""
    (counter,) = counters_of(cast, budget)
    return counter


def holds(cast: Cast) -> int:
    """How many holds acme's calls have."""
    from apps.metering.models import BudgetHold
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        return BudgetHold.objects.count()


def settled_soon(cast: Cast, budget: Any) -> None:
    """Wait until no call holds anything of it: a call closes a moment after its answer's end."""
    until = time.monotonic() + 10
    while any(counter.reserved for counter in counters_of(cast, budget)):
        assert time.monotonic() < until
        time.sleep(0.05)


def ledger_sum(cast: Cast) -> Decimal:
    """What acme's settled calls cost, in the ledger."""
    from django.db.models import Sum

    from apps.metering.models import UsageRecord
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        found = UsageRecord.objects.filter(state="settled").aggregate(cost=Sum("cost"))["cost"]
    return found or Decimal(0)
