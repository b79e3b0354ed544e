"""Invoices that were uploaded, with what the ledger said of the same days when they were."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique


class Invoice(TenantModel):
    """A provider's CSV, read and compared once. `connection_id` narrows the ledger's side to one provider.

    `digest` is of the file and of how it was read, so that nobody keeps the same comparison twice.
    """

    database_privileges = "SELECT, INSERT, DELETE"

    name = models.CharField(max_length=200)
    form = models.CharField(max_length=16)
    connection_id = models.UUIDField(null=True)
    connection_name = models.CharField(max_length=200, blank=True, default="")
    currency = models.CharField(max_length=3)
    first_day = models.DateField()
    last_day = models.DateField()
    skipped = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=120, blank=True, default="")
    digest = models.CharField(max_length=64, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            TenantUnique(fields=["digest"], name="invoice_once", condition=~models.Q(digest="")),
        ]
        indexes = [TenantIndex(fields=["-created_at"], name="invoice_newest")]

    def __str__(self) -> str:
        return self.name


class InvoiceLine(TenantModel):
    """One model on one day (UTC, as providers bill): the provider's figures and the ledger's (`own_…`).

    None: that side does not say. Amounts are in the invoice's currency.
    """

    database_privileges = "SELECT, INSERT, DELETE"

    invoice = TenantForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    day = models.DateField()
    model = models.CharField(max_length=200)
    tokens_input = models.BigIntegerField(null=True)
    tokens_output = models.BigIntegerField(null=True)
    amount = models.DecimalField(max_digits=28, decimal_places=12, null=True)
    own_calls = models.PositiveIntegerField(default=0)
    own_tokens_input = models.BigIntegerField(null=True)
    own_tokens_output = models.BigIntegerField(null=True)
    own_amount = models.DecimalField(max_digits=28, decimal_places=12, null=True)

    class Meta:
        constraints = [TenantUnique(fields=["invoice", "day", "model"], name="invoice_line_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.model}"
