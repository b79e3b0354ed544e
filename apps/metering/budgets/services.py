"""Writes of budgets, in the caller's scope, audited with before and after.

Bad input raises Django's ValidationError by field, in words for a person; then nothing was saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import timezone

from apps.accounts.models import TenantSettings
from apps.accounts.selectors import tenant_settings
from apps.audit.services import record
from apps.metering.budgets.models import Budget, BudgetCounter, PeriodKind, Reach, Sharing, Unit
from apps.metering.budgets.words import WARN_PERCENT

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.accounts.models import Team

MOST: Final = Decimal(10) ** 15
TARGET: Final = "budget"
_ONE_PERSON: Final = (Reach.PERSON, Reach.KEY)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed: how much of what, in which period, shared by all or for each person."""

    unit: Unit
    amount: Decimal
    period: PeriodKind
    sharing: Sharing = Sharing.POOL


def budget_create(
    *, actor: Actor | None, reach: Reach, subject_id: UUID, subject_name: str, terms: Terms
) -> Budget:
    """A limit on the calls that are reserved from now on; raises ValidationError.

    The organisation's settings are locked: its currency stays, and who makes the same budget waits.
    """
    TenantSettings.objects.select_for_update(no_key=True).get()
    budget = Budget(
        reach=reach,
        subject_id=subject_id,
        subject_name=subject_name[:200],
        unit=terms.unit,
        amount=_checked(terms.unit, terms.amount),
        period=terms.period,
        sharing=terms.sharing,
    )
    if reach in _ONE_PERSON and terms.sharing is Sharing.EACH:
        raise ValidationError({"sharing": "This is one person's budget anyway. Choose “Shared by all”."})
    if _same(budget).exists():
        raise ValidationError(
            {"": "There is such a budget already. Change its amount instead. Nothing was saved."}
        )
    budget.save(force_insert=True)
    _record(actor, "budget.created", budget, after=snapshot(budget))
    return budget


def team_budget_begin(actor: Actor | None, team: Team, amount: Decimal) -> Budget:
    """What the set-up gives the first team a month; raises ValidationError."""
    terms = Terms(Unit.MONEY, amount, PeriodKind.MONTH)
    return budget_create(
        actor=actor, reach=Reach.TEAM, subject_id=team.pk, subject_name=team.name, terms=terms
    )


def budget_update(*, actor: Actor | None, budget: Budget, amount: Decimal) -> Budget:
    """Agree on another amount, at once; what is spent of the period stays. Raises ValidationError."""
    before = snapshot(budget)
    budget.amount = _checked(Unit(budget.unit), amount)
    budget.save(update_fields=["amount"])
    warn_again(budget)
    _record(actor, "budget.updated", budget, before=before, after=snapshot(budget))
    return budget


def budget_archive(*, actor: Actor | None, budget: Budget) -> None:
    """It limits nothing from now on; what it has counted stays. Once more does nothing."""
    if budget.archived_at is not None:
        return
    before = snapshot(budget)
    budget.archived_at = timezone.now()
    budget.save(update_fields=["archived_at"])
    _record(actor, "budget.archived", budget, before=before)


def warn_again(budget: Budget) -> None:
    """With more to spend than before, the next four fifths are told of again."""
    warned = BudgetCounter.objects.filter(
        budget=budget, ends_at__gt=timezone.now(), warned_at__isnull=False
    ).annotate(limit=(F("granted") + budget.amount) * WARN_PERCENT, used=F("spent") * 100)
    warned.filter(used__lt=F("limit")).update(warned_at=None)


def shows_budgets_set(*, actor: Actor | None, shows: bool) -> None:
    """Whether people see how much is left of the budgets that limit their calls."""
    organisation = tenant_settings()
    before, organisation.shows_budgets = organisation.shows_budgets, shows
    organisation.save(update_fields=["shows_budgets"])
    record(
        actor=actor,
        action="organisation.updated",
        target_type="organisation",
        target_id=organisation.pk,
        before={"shows_budgets": before},
        after={"shows_budgets": shows},
    )


def snapshot(budget: Budget) -> dict[str, Any]:
    """The budget as the audit log keeps it."""
    return {
        "reach": str(budget.reach),
        "subject": budget.subject_name,
        "unit": str(budget.unit),
        "amount": f"{budget.amount.normalize():f}",
        "period": str(budget.period),
        "sharing": str(budget.sharing),
    }


def _same(budget: Budget) -> Any:
    return Budget.objects.filter(
        subject_id=budget.subject_id,
        unit=budget.unit,
        period=budget.period,
        sharing=budget.sharing,
        archived_at=None,
    )


def _checked(unit: Unit, amount: Decimal) -> Decimal:
    """Raises ValidationError for what no budget can be."""
    if not amount.is_finite() or amount < 0 or amount > MOST:
        raise ValidationError({"amount": f"Enter an amount from 0 to {MOST:,}."})
    if unit is Unit.TOKENS and amount != amount.to_integral_value():
        raise ValidationError({"amount": "Tokens are counted whole. Enter a whole number."})
    return amount


def _record(actor: Actor | None, action: str, budget: Budget, **changes: Any) -> None:
    record(actor=actor, action=action, target_type=TARGET, target_id=budget.pk, **changes)
