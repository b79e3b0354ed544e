"""The soft warning: once a period, when four fifths of a budget are spent."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from django.db import connections
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import ApiKey, Role, User
from apps.accounts.selectors import tenant_settings
from apps.accounts.services import notification_create
from apps.metering.budgets.models import POOL, BudgetCounter, Reach
from apps.metering.budgets.people import givers_of
from apps.metering.budgets.words import WARN_PERCENT, amount_text, anew, name_of, sentence
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

EVERY_S: Final = 15.0
BATCH: Final = 500
OWN_PAGE: Final = "/settings/budgets"

_DUE: Final = """
SELECT c.tenant_id, c.id FROM metering_budgetcounter c
JOIN metering_budget b ON b.tenant_id = c.tenant_id AND b.id = c.budget_id
WHERE c.warned_at IS NULL AND c.ends_at > now() AND b.archived_at IS NULL
  AND c.spent > 0 AND c.spent * 100 >= (b.amount + c.granted) * %s
ORDER BY c.id LIMIT %s
"""


def warn_due() -> int:
    """Tell leads or administrators, and who has the allowance, of budgets that are spent by four fifths.

    Runs as the platform role to find them; returns how many were told of, each once in its period.
    """
    found: dict[UUID, list[UUID]] = defaultdict(list)
    with platform_scope(), connections[PLATFORM].cursor() as cursor:
        cursor.execute(_DUE, [WARN_PERCENT, BATCH])
        for tenant_id, counter_id in cursor.fetchall():
            found[tenant_id].append(counter_id)
    told = 0
    for tenant_id, ids in found.items():
        with tenant_scope(tenant_id):
            told += sum(_warn(counter_id) for counter_id in ids)
    return told


def _warn(counter_id: UUID) -> bool:
    counters = BudgetCounter.objects.filter(pk=counter_id)
    if not counters.filter(warned_at=None).update(warned_at=timezone.now()):
        return False
    counter = counters.select_related("budget").get()
    budget, organisation = counter.budget, tenant_settings()
    limit = budget.amount + counter.granted
    percent = int(counter.spent * 100 / limit) if limit else 100
    spent = amount_text(counter.spent, budget.unit, organisation.currency)
    whole = amount_text(limit, budget.unit, organisation.currency)
    body = f"{spent} of {whole} are spent. It starts anew on {anew(counter.ends_at, organisation.time_zone)}."
    title = sentence(f"{percent}% of {name_of(budget)} is used")
    for user in _concerned(counter):
        is_own = counter.member_id == user.pk or user.role not in (Role.OWNER, Role.ADMIN)
        url = OWN_PAGE if is_own else reverse("admin-budget", args=[budget.pk])
        notification_create(user=user, kind="budget", title=title, body=body, url=url)
    return True


def _concerned(counter: BudgetCounter) -> list[User]:
    """Of an allowance its person alone; of a person's or a key's, that person and who may give more of it."""
    budget = counter.budget
    if counter.member_id != POOL:
        return list(User.objects.filter(pk=counter.member_id, is_active=True))
    people = {user.pk: user for user in givers_of(budget)}
    owners = []
    if budget.reach == Reach.PERSON:
        owners = [budget.subject_id]
    elif budget.reach == Reach.KEY:
        owners = list(ApiKey.objects.filter(pk=budget.subject_id).values_list("user_id", flat=True))
    if owners:
        people |= {user.pk: user for user in User.objects.filter(pk__in=owners, is_active=True)}
    return list(people.values())
