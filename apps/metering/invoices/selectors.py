"""Reads of invoices, in the caller's scope."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import F, Max, Q, Sum

from apps.metering.models import Invoice, InvoiceLine, UsageRecord
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from django.db.models import QuerySet

_DIFFERS = (
    Q(tokens_input__isnull=False) & ~Q(own_tokens_input=F("tokens_input"))
    | Q(tokens_output__isnull=False) & ~Q(own_tokens_output=F("tokens_output"))
    | Q(amount__isnull=False) & ~Q(own_amount=F("amount"))
    | Q(own_calls__gt=0, tokens_input__isnull=True, tokens_output__isnull=True, amount__isnull=True)
)


@dataclass(frozen=True, slots=True)
class Sides:
    """The sums of both sides; `difference` is what the invoice has more, None where a side says nothing."""

    amount: Decimal | None
    own_amount: Decimal | None
    tokens_input: int | None
    own_tokens_input: int | None
    tokens_output: int | None
    own_tokens_output: int | None

    @property
    def difference(self) -> Decimal | None:
        if self.amount is None or self.own_amount is None:
            return None
        return self.amount - self.own_amount


def invoices() -> QuerySet[Invoice]:
    """Newest first."""
    return Invoice.objects.order_by("-created_at", "-id")


def access_invoice(invoice_id: UUID) -> Invoice:
    """One invoice; raises 404."""
    found = Invoice.objects.filter(id=invoice_id).first()
    if found is None:
        raise not_found()
    return found


def lines_of(invoice: Invoice, *, differing: bool = False) -> QuerySet[InvoiceLine]:
    """Its lines by day and model; only where both sides do not say the same, if so wished."""
    found = InvoiceLine.objects.filter(invoice=invoice)
    return (found.filter(_DIFFERS) if differing else found).order_by("day", "model")


def sides_of(invoice: Invoice) -> Sides:
    """The sums of all lines."""
    names = Sides.__dataclass_fields__
    found = InvoiceLine.objects.filter(invoice=invoice).aggregate(
        **{f"all_{name}": Sum(name) for name in names}
    )
    return Sides(**{name: found[f"all_{name}"] for name in names})


def called_connections() -> list[tuple[UUID, str]]:
    """The providers that the ledger knows, by name."""
    rows = UsageRecord.objects.order_by().values_list("connection_id").annotate(name=Max("connection_name"))
    return sorted(rows, key=lambda row: row[1].casefold())
