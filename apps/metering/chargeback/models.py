"""Cost centres and statements."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique


class CostCentre(TenantModel):
    """Where a team's statements are booked."""

    team = TenantForeignKey("accounts.Team", on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=40)
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [TenantUnique(fields=["team"], name="cost_centre_of_team")]

    def __str__(self) -> str:
        return self.code


class Statement(TenantModel):
    """What a team's calls of a month are charged; written once, when all of them are closed.

    The application may read it and nothing else: a correction is a ledger row of a later month, and stands in
    that month's statement. Without a team it holds the calls that were made for none. Amounts are in
    `currency`: `amount` what the calls cost, `charge` with the mark-up. `unpriced` calls are in neither.
    """

    database_privileges = "SELECT"

    number = models.PositiveIntegerField()
    month = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    team_id = models.UUIDField(null=True)
    team_name = models.CharField(max_length=200, blank=True, default="")
    cost_centre = models.CharField(max_length=40, blank=True, default="")
    organisation = models.CharField(max_length=120)
    currency = models.CharField(max_length=3)
    calls = models.PositiveIntegerField()
    unpriced = models.PositiveIntegerField()
    people = models.PositiveIntegerField()
    tokens_input = models.BigIntegerField()
    tokens_output = models.BigIntegerField()
    amount = models.DecimalField(max_digits=28, decimal_places=12)
    charge = models.DecimalField(max_digits=28, decimal_places=12)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            TenantUnique(fields=["number"], name="statement_number"),
            TenantUnique(fields=["month", "team_id"], name="statement_once", nulls_distinct=False),
        ]
        indexes = [TenantIndex(fields=["-created_at"], name="statement_newest")]

    def __str__(self) -> str:
        return f"{self.number} {self.team_name} {self.month:%Y-%m}"


class StatementLine(TenantModel):
    """The calls of one model under one mark-up; corrections of earlier calls stand in lines of their own.

    `model_name` is what people called the model then; empty where it was gone already.
    """

    database_privileges = "SELECT"

    statement = TenantForeignKey(Statement, on_delete=models.CASCADE, related_name="lines")
    model_id = models.UUIDField()
    model_slug = models.CharField(max_length=100)
    model_name = models.CharField(max_length=220, blank=True, default="", db_default="")
    is_correction = models.BooleanField(default=False)
    calls = models.PositiveIntegerField()
    unpriced = models.PositiveIntegerField()
    tokens_input = models.BigIntegerField()
    tokens_output = models.BigIntegerField()
    units = models.BigIntegerField()
    amount = models.DecimalField(max_digits=28, decimal_places=12)
    percent = models.DecimalField(max_digits=7, decimal_places=3)
    charge = models.DecimalField(max_digits=28, decimal_places=12)

    class Meta:
        constraints = [
            TenantUnique(
                fields=["statement", "model_id", "percent", "is_correction"], name="statement_line_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model_slug} {self.charge}"

    @property
    def name(self) -> str:
        """The line as people read it."""
        name = self.model_name or self.model_slug
        return f"{name} (corrections)" if self.is_correction else name
