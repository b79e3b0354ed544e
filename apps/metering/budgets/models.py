"""Budgets, what is spent and set aside in each of their periods, and who asks for more."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db import models
from django.utils import timezone

from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique

POOL: Final = UUID(int=0)
"""The member of a counter that all share."""


class Reach(models.TextChoices):
    TENANT = "tenant", "Organisation"
    TEAM = "team", "Team"
    PERSON = "person", "Person"
    KEY = "key", "API key"
    MODEL = "model", "Model"


class Unit(models.TextChoices):
    MONEY = "money", "Money"
    TOKENS = "tokens", "Tokens"


class Sharing(models.TextChoices):
    POOL = "pool", "Shared by all"
    EACH = "each", "For each person"


class PeriodKind(models.TextChoices):
    DAY = "day", "Day"
    WEEK = "week", "Week"
    MONTH = "month", "Month"


class Budget(TenantModel):
    """A limit on what the calls of its subject may use in each period; all budgets of a call must allow it.

    `amount` is in the tenant's currency or in tokens, input and output together. Subjects are values: a
    budget names a model, which stands above this app, as it names a team. Never deleted: an archived one
    keeps its counters, and limits nothing.
    """

    database_privileges = "SELECT, INSERT, UPDATE"

    reach = models.CharField(max_length=8, choices=Reach)
    subject_id = models.UUIDField()
    subject_name = models.CharField(max_length=200)
    unit = models.CharField(max_length=8, choices=Unit)
    amount = models.DecimalField(max_digits=28, decimal_places=12)
    period = models.CharField(max_length=8, choices=PeriodKind)
    sharing = models.CharField(max_length=8, choices=Sharing, default=Sharing.POOL)
    created_at = models.DateTimeField(default=timezone.now)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            TenantUnique(
                fields=["subject_id", "unit", "period", "sharing"],
                name="budget_once",
                condition=models.Q(archived_at__isnull=True),
            ),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="budget_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit} a {self.period} for {self.subject_name}"


class BudgetCounter(TenantModel):
    """What one period of a budget has seen: of everybody (`member_id` is POOL) or of one person.

    `spent` is the exact sum of the settled calls that were reserved in the period, `reserved` what the calls
    in flight may cost at most, `granted` what was added to the limit until the period ends.
    """

    database_privileges = "SELECT, INSERT, UPDATE"

    budget = TenantForeignKey(Budget, models.CASCADE, related_name="counters")
    member_id = models.UUIDField(default=POOL)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    spent = models.DecimalField(max_digits=28, decimal_places=12, default=0, db_default=0)
    reserved = models.DecimalField(max_digits=28, decimal_places=12, default=0, db_default=0)
    granted = models.DecimalField(max_digits=28, decimal_places=12, default=0, db_default=0)
    warned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            TenantUnique(fields=["budget", "member_id", "ends_at"], name="budget_counter_period"),
            models.CheckConstraint(condition=models.Q(reserved__gte=0), name="budget_counter_reserved"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="budget_counter_span"
            ),
        ]
        indexes = [
            TenantIndex(
                fields=["ends_at"], name="budget_counter_quiet", condition=models.Q(warned_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.spent} + {self.reserved} since {self.starts_at}"


class BudgetHold(TenantModel):
    """What one call in flight holds of a counter; its settlement puts the exact cost in its place.

    `remaining` is what the limit still left once this was held: the database refuses a hold that does not
    fit, whatever the application thinks. A call that can cost nothing always fits.
    """

    database_privileges = "SELECT, INSERT, DELETE"

    call_id = models.UUIDField()
    counter = TenantForeignKey(BudgetCounter, models.CASCADE, related_name="holds")
    unit = models.CharField(max_length=8, choices=Unit)
    amount = models.DecimalField(max_digits=28, decimal_places=12)
    remaining = models.DecimalField(max_digits=28, decimal_places=12)

    class Meta:
        constraints = [
            TenantUnique(fields=["call_id", "counter"], name="budget_hold_once"),
            models.CheckConstraint(
                condition=models.Q(remaining__gte=0) | models.Q(amount=0), name="budget_hold_fits"
            ),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="budget_hold_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} for {self.call_id}"


class RequestState(models.TextChoices):
    OPEN = "open", "Open"
    GRANTED = "granted", "Granted"
    DECLINED = "declined", "Declined"


class BudgetRequest(TenantModel):
    """A person asks for more until the period ends; a lead of the team or an administrator answers."""

    database_privileges = "SELECT, INSERT, UPDATE"

    counter = TenantForeignKey(BudgetCounter, models.CASCADE, related_name="requests")
    user_id = models.UUIDField()
    user_name = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=28, decimal_places=12)
    reason = models.TextField(max_length=1000)
    state = models.CharField(max_length=8, choices=RequestState, default=RequestState.OPEN)
    granted = models.DecimalField(max_digits=28, decimal_places=12, null=True)
    answer = models.TextField(max_length=1000, blank=True, default="")
    decided_by = models.CharField(max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            TenantUnique(
                fields=["counter", "user_id"],
                name="budget_request_open_once",
                condition=models.Q(state="open"),
            )
        ]
        indexes = [TenantIndex(fields=["-created_at"], name="budget_request_newest")]

    def __str__(self) -> str:
        return f"{self.user_name} asks for {self.amount}"
