"""The words of a refusal by a budget: read when it has happened, outside the call's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from apps.llm.errors import BudgetRefusedError
from apps.metering.budgets.holding import Why
from apps.metering.budgets.words import reason_of, title_of
from apps.metering.pricebook.book import price_book
from apps.tenants.aio import in_scope

if TYPE_CHECKING:
    from apps.llm.gateway.calls import AnyCall
    from apps.metering.budgets.holding import BudgetFullError


async def explained(call: AnyCall, error: BudgetFullError) -> BudgetRefusedError:
    """What people and programs are told: which budget, until when, whom to ask, what still fits."""
    return await in_scope(call.who.tenant_id, _explained, call, error)


def _explained(call: AnyCall, error: BudgetFullError) -> BudgetRefusedError:
    del call
    currency = price_book().currency
    line = error.line
    wait = (line.ends_at - timezone.now()).total_seconds() if error.why is Why.FULL else None
    shown = {"budget_id": str(line.budget_id), "resets_at": line.ends_at.isoformat()}
    message = f"{reason_of(error, currency)} Nothing was sent to the model."
    return BudgetRefusedError(title_of(error), message, retry_after=wait, shown=shown)
