"""The usage ledger."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.metering.budgets.models import Budget, BudgetCounter, BudgetHold, BudgetRequest
from apps.metering.chargeback.models import CostCentre, Statement, StatementLine
from apps.metering.clearances import Clearance, ClearanceBasis
from apps.metering.invoices.models import Invoice, InvoiceLine
from apps.metering.pricebook.models import ExchangeRate, Markup, ModelPrice
from apps.metering.purposes import purpose_words
from apps.metering.rates.models import LimitOf, RateLimit
from apps.metering.rollups.models import DailyUsage, RollupMark
from apps.tenants.constraints import CopiedKey
from apps.tenants.models import TenantIndex, TenantModel, TenantUnique

__all__ = [
    "Budget",
    "BudgetCounter",
    "BudgetHold",
    "BudgetRequest",
    "Clearance",
    "ClearanceBasis",
    "CostCentre",
    "DailyUsage",
    "ExchangeRate",
    "Invoice",
    "InvoiceLine",
    "LimitOf",
    "Markup",
    "ModelPrice",
    "RateLimit",
    "RollupMark",
    "Statement",
    "StatementLine",
    "UsageRecord",
    "UsageState",
]


class UsageState(models.TextChoices):
    RESERVED = "reserved", "Reserved"
    SETTLED = "settled", "Settled"
    RELEASED = "released", "Released"


class UsageRecord(TenantModel):
    """One provider call: made at the reservation, then settled (it was used) or released (it was not).

    Never deleted and, once settled or released, never changed: a correction is a new row. People, teams
    and models stand in it as values, so that the ledger outlives them. `cost` is None while reserved, when
    released, and where no price is known.

    Tokens are what the model took and gave; where the host charges for others (Cohere's billed units), those
    stand in `price`, from which `cost` follows. What is sold by the piece is `units` of a `unit`: the
    pictures or the searches (rerankings) that were bought, or reserved as long as the row is.

    `data_class` is the highest of all that was sent, None where nothing had one; `clearance_id` the version
    of the clearance that allowed it, with a copy of its class. The database refuses a row with a class above
    that, without a version, or with one of another model or connection.

    A correction names the call that it corrects (`corrects_id`, a `call_id`) and why; its figures are what is
    added to that call's, so that they may be below 0.
    """

    database_privileges = "SELECT, INSERT, UPDATE"

    call_id = models.UUIDField()
    state = models.CharField(max_length=16, choices=UsageState, default=UsageState.RESERVED)
    purpose = models.CharField(max_length=32)
    step = models.CharField(max_length=64, blank=True, default="")
    run_id = models.UUIDField(null=True)
    conversation_id = models.UUIDField(null=True)
    team_id = models.UUIDField(null=True)
    team_name = models.CharField(max_length=200, blank=True, default="")
    user_id = models.UUIDField(null=True)
    user_name = models.CharField(max_length=200, blank=True, default="")
    api_key_id = models.UUIDField(null=True)

    vendor = models.CharField(max_length=64)
    base_url = models.CharField(max_length=500, blank=True, default="")
    connection_id = models.UUIDField()
    connection_name = models.CharField(max_length=200)
    model_id = models.UUIDField()
    model_slug = models.CharField(max_length=100)
    model_asked = models.CharField(max_length=200)
    model_answered = models.CharField(max_length=200, blank=True, default="")

    data_class = models.PositiveSmallIntegerField(null=True)
    clearance_id = models.UUIDField(null=True)
    clearance_class = models.PositiveSmallIntegerField(null=True)

    reserved_input = models.PositiveBigIntegerField(default=0)
    reserved_output = models.PositiveBigIntegerField(default=0)
    tokens_input = models.BigIntegerField(default=0)
    tokens_cached = models.BigIntegerField(default=0)
    tokens_output = models.BigIntegerField(default=0)
    tokens_reasoning = models.BigIntegerField(default=0)
    unit = models.CharField(max_length=16, blank=True, default="", db_default="")
    units = models.IntegerField(default=0, db_default=0)
    estimated = models.BooleanField(default=False)

    override_input = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    override_output = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    override_unit = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    price = models.JSONField(null=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    cost = models.DecimalField(max_digits=28, decimal_places=12, null=True)

    finish = models.CharField(max_length=32, blank=True, default="")
    error_kind = models.CharField(max_length=32, blank=True, default="")
    ms_first = models.PositiveIntegerField(null=True)
    ms_total = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True)
    corrects_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            TenantUnique(fields=["call_id"], name="usage_call"),
            CopiedKey(
                fields=["clearance_id", "model_id", "connection_id", "clearance_class"],
                to="metering.Clearance",
                to_fields=["id", "model_id", "connection_id", "data_class"],
                name="usage_clearance",
            ),
            models.CheckConstraint(
                condition=models.Q(clearance_id__isnull=True, clearance_class__isnull=True)
                | models.Q(clearance_id__isnull=False, clearance_class__isnull=False),
                name="usage_clearance_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(data_class__isnull=True)
                | models.Q(clearance_class__isnull=False, data_class__lte=models.F("clearance_class")),
                name="usage_cleared",
            ),
        ]
        indexes = [
            TenantIndex(fields=["-created_at"], name="usage_created"),
            TenantIndex(fields=["run_id"], name="usage_run"),
            TenantIndex(fields=["created_at"], name="usage_open", condition=models.Q(state="reserved")),
            TenantIndex(
                fields=["corrects_id"], name="usage_corrected", condition=models.Q(corrects_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_slug} {self.state} {self.call_id}"

    @property
    def purpose_words(self) -> str:
        """What it was for, as the pages say it."""
        return purpose_words(self.purpose)
