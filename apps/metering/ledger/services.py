"""Correcting a call: a further row holds the difference, the call's own row stays as it was."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from django.db.models import F
from django.utils import timezone

from apps.accounts.models import TenantSettings
from apps.audit.services import record
from apps.metering.budgets.models import Unit
from apps.metering.budgets.purse import Payers, purse_calls, purse_of
from apps.metering.ledger.selectors import access_call, corrections_of
from apps.metering.models import BudgetCounter, UsageRecord, UsageState
from apps.rest.errors import ProblemError, invalid
from apps.tenants.models import new_id
from apps.tenants.scope import execute_together

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor

PURPOSE: Final = "correction"
MOST_COST: Final = Decimal(10) ** 9
_KEPT: Final = (
    "step", "run_id", "conversation_id", "team_id", "team_name", "user_id", "user_name", "api_key_id",
    "vendor", "base_url", "connection_id", "connection_name", "model_id", "model_slug", "model_asked",
    "model_answered", "unit",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """What a call should stand with; `cost` None: unknown, as it was."""

    tokens_input: int
    tokens_output: int
    cost: Decimal | None


def figures_of(call: UsageRecord) -> Figures:
    """What the call and its corrections come to together."""
    rows = [call, *corrections_of(call)]
    costs = [row.cost for row in rows if row.cost is not None]
    return Figures(
        sum(row.tokens_input for row in rows),
        sum(row.tokens_output for row in rows),
        sum(costs, Decimal(0)) if costs else None,
    )


def usage_correct(*, actor: Actor, call_id: UUID, wanted: Figures, reason: str) -> UsageRecord:
    """Let the call come to these figures, from now on; raises 404, 409 (still open) and 400.

    The difference counts now: in this day, this month's statement and the present periods of its budgets.
    """
    call = access_call(call_id)
    UsageRecord.objects.select_for_update().get(pk=call.pk)
    if call.state == UsageState.RESERVED:
        raise ProblemError(
            409, "call_open", "This call is still open", "Nothing was changed. Try again when it has ended."
        )
    before = figures_of(call)
    _check(wanted, before, reason)
    cost = None if wanted.cost is None else wanted.cost - (before.cost or Decimal(0))
    now = timezone.now()
    row = UsageRecord.objects.create(
        call_id=new_id(),
        state=UsageState.SETTLED,
        purpose=PURPOSE,
        corrects_id=call.call_id,
        reason=reason.strip(),
        tokens_input=wanted.tokens_input - before.tokens_input,
        tokens_output=wanted.tokens_output - before.tokens_output,
        cost=cost,
        currency=call.currency or TenantSettings.objects.get().currency,
        created_at=now,
        closed_at=now,
        **{name: getattr(call, name) for name in _KEPT},
    )
    _count_in_budgets(row)
    record(
        actor=actor,
        action="usage.corrected",
        target_type="usage",
        target_id=call.call_id,
        before=_said(before),
        after=_said(wanted),
        detail={"reason": row.reason},
    )
    return row


def _check(wanted: Figures, before: Figures, reason: str) -> None:
    errors = []
    if wanted.tokens_input < 0 or wanted.tokens_output < 0:
        errors.append({"field": "tokens_input", "message": "A call comes to 0 or more."})
    if wanted.cost is not None and not 0 <= wanted.cost <= MOST_COST:
        errors.append({"field": "cost", "message": f"A call costs from 0 to {MOST_COST:,}."})
    if wanted.cost is None and before.cost is not None:
        errors.append({"field": "cost", "message": "The cost is known: enter what it should be."})
    if not reason.strip():
        errors.append({"field": "reason", "message": "Say why: it stands beside the correction for good."})
    if not errors and wanted == before:
        errors.append({"field": "", "message": "These are its figures already. Nothing was changed."})
    if errors:
        raise invalid(errors)


def _count_in_budgets(row: UsageRecord) -> None:
    """Add the difference to the present period of every budget that counts the call."""
    payers = Payers(row.team_id, row.user_id, row.api_key_id, row.model_id)
    purse = purse_of(payers, row.created_at, execute_together(*purse_calls(payers, row.created_at)))
    money = purse.book.in_tenant_currency(row.cost or Decimal(0), row.currency, row.created_at)
    tokens = Decimal(row.tokens_input + row.tokens_output)
    for line in sorted(purse.lines, key=lambda line: line.counter_id):
        amount = tokens if line.unit is Unit.TOKENS else money
        if amount:
            BudgetCounter.objects.filter(id=line.counter_id).update(spent=F("spent") + amount)


def _said(figures: Figures) -> dict[str, object]:
    cost = None if figures.cost is None else f"{figures.cost:f}"
    return {"tokens_input": figures.tokens_input, "tokens_output": figures.tokens_output, "cost": cost}
