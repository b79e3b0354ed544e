"""What the overview says of spending: this month, budgets that run out, requests that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.utils import timezone

from apps.metering.budgets.models import Reach, RequestState
from apps.metering.budgets.selectors import standing_budgets
from apps.metering.budgets.shown import BudgetRow, budget_row
from apps.metering.budgets.standings import standings
from apps.metering.models import BudgetRequest
from apps.metering.usage.filters import Sight, Wanted
from apps.metering.usage.selectors import used_in_all
from apps.metering.usage.shown import amount_text

if TYPE_CHECKING:
    from apps.accounts.models import TenantSettings

MOST: Final = 5
_ALL: Final = Sight(UUID(int=0), is_all=True)


def overview(organisation: TenantSettings) -> dict[str, Any]:
    """This month's figures, the organisation's own budgets, others that are nearly used, open requests."""
    total = used_in_all(_ALL, Wanted.of({"range": "month"}, organisation.time_zone))
    found = standings(standing_budgets()[:200])
    rows: list[BudgetRow] = [
        row
        for standing in found
        if (row := budget_row(standing, organisation)).state or standing.budget.reach == Reach.TENANT
    ]
    waiting = BudgetRequest.objects.filter(
        state=RequestState.OPEN, counter__ends_at__gt=timezone.now(), counter__budget__archived_at=None
    )
    return {
        "total": total,
        "cost": amount_text(total, organisation.currency),
        "budgets": sorted(rows, key=lambda row: -row.percent)[:MOST],
        "waiting": waiting.count() if found else 0,
    }
