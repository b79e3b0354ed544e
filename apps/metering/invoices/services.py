"""Keeping an invoice beside the ledger."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from apps.accounts.models import TenantSettings
from apps.audit.services import record
from apps.metering.invoices.layouts import AUTO, FORMS, GENERIC, Columns, recognised
from apps.metering.invoices.naming import Names
from apps.metering.invoices.reading import Figures, Read, Sheet, UnreadableInvoiceError, read_invoice
from apps.metering.models import Invoice, InvoiceLine
from apps.metering.rollups.amounts import AMOUNT, JOIN_RATES, RATES
from apps.rest.days import days_span
from apps.rest.errors import invalid
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor

MOST_BYTES: Final = 10 * 1024 * 1024
BATCH: Final = 1000
_TWICE: Final = (
    "This file was compared already, as “{}” on {:%Y-%m-%d}. Nothing was saved. Delete that comparison to "
    "compare the file with the ledger of now."
)
_OWN: Final = f"""
WITH {RATES}
SELECT (u.created_at AT TIME ZONE 'UTC')::date, u.model_asked, u.model_answered,
       count(*) FILTER (WHERE u.corrects_id IS NULL), sum(u.tokens_input), sum(u.tokens_output), sum({AMOUNT})
FROM metering_usagerecord u {JOIN_RATES}
WHERE u.tenant_id = %(tenant)s AND u.state = 'settled'
  AND u.created_at >= %(since)s AND u.created_at < %(until)s
  AND (%(connection)s::uuid IS NULL OR u.connection_id = %(connection)s)
GROUP BY 1, 2, 3
"""  # noqa: S608 - constants of ours alone
"""Costs of another currency count at the price book's rates into that of the invoice, where it has some."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent: its name, its text, the form that it has, and the columns of a generic one."""

    name: str
    text: str
    form: str
    columns: Columns | None = None
    currency: str = "USD"
    connection_id: UUID | None = None
    connection_name: str = ""


@dataclass(slots=True)
class _Own:
    """What the ledger says."""

    calls: int = 0
    tokens_input: int = 0
    tokens_output: int = 0
    amount: Decimal | None = None


def invoice_add(*, actor: Actor | None, upload: Upload) -> Invoice:
    """Read the file, compare it with the ledger as it is now, and keep both; raises 400."""
    if upload.form not in FORMS:
        raise invalid([{"field": "form", "message": f"Choose from {', '.join(FORMS)}."}])
    if len(upload.text) > MOST_BYTES:
        raise invalid(
            [{"field": "file", "message": "The file is larger than 10 MB. Upload it month by month."}]
        )
    try:
        form, columns = _layout(upload)
        read = read_invoice(upload.text, columns)
    except UnreadableInvoiceError as error:
        raise invalid([{"field": "file", "message": str(error)}]) from error
    days = [day for day, _ in read.lines]
    digest = _digest(upload)
    _refuse_twice(digest)
    invoice = Invoice.objects.create(
        name=upload.name.replace("\x00", "")[:200] or "invoice.csv",
        form=form,
        connection_id=upload.connection_id,
        connection_name=upload.connection_name[:200],
        currency=read.currency or upload.currency,
        first_day=min(days),
        last_day=max(days),
        skipped=read.skipped,
        created_by=actor.name[:120] if actor else "",
        digest=digest,
    )
    InvoiceLine.objects.bulk_create(_lines(invoice, read), BATCH)
    record(
        actor=actor,
        action="invoice.added",
        target_type="invoice",
        target_id=invoice.pk,
        after={"name": invoice.name, "days": f"{invoice.first_day} to {invoice.last_day}"},
    )
    return invoice


def _digest(upload: Upload) -> str:
    """Of the text and of everything that decides what is made of it."""
    read_as = (upload.form, upload.columns, upload.currency, upload.connection_id, upload.text)
    return hashlib.sha256(repr(read_as).encode("utf-8", "surrogatepass")).hexdigest()


def _refuse_twice(digest: str) -> None:
    """Raises 400 for what stands beside the ledger already; whoever sends it at the same moment waits."""
    TenantSettings.objects.select_for_update(no_key=True).get()
    before = Invoice.objects.filter(digest=digest).first()
    if before is not None:
        raise invalid([{"field": "file", "message": _TWICE.format(before.name, before.created_at)}])


def _layout(upload: Upload) -> tuple[str, Columns]:
    """The form that the file has, and its columns; raises UnreadableInvoiceError where it is none known."""
    if upload.form == GENERIC and upload.columns:
        return GENERIC, upload.columns
    if upload.form != AUTO:
        return upload.form, FORMS[upload.form][1]
    names = Sheet.of(upload.text).headings()
    form = recognised(names)
    if not form:
        has = ", ".join(name.strip() for name in names)[:300] or "none"
        raise UnreadableInvoiceError(
            f"This is no provider's file that is known. Say which of its columns are what. It has: {has}.",
            names,
        )
    return form, FORMS[form][1]


def invoice_delete(*, actor: Actor | None, invoice: Invoice) -> None:
    """Forget it; the ledger is not touched."""
    record(
        actor=actor,
        action="invoice.deleted",
        target_type="invoice",
        target_id=invoice.pk,
        before={"name": invoice.name},
    )
    InvoiceLine.objects.filter(invoice=invoice).delete()
    Invoice.objects.filter(pk=invoice.pk).delete()


def _lines(invoice: Invoice, read: Read) -> list[InvoiceLine]:
    """A line for each model and day that either side knows."""
    own = _own(invoice, {model for _, model in read.lines})
    found = []
    for day, model in sorted(read.lines.keys() | own.keys()):
        said, ours = read.lines.get((day, model), Figures()), own.get((day, model))
        line = InvoiceLine(
            invoice=invoice,
            day=day,
            model=model,
            tokens_input=said.tokens_input,
            tokens_output=said.tokens_output,
            amount=said.amount,
        )
        if ours is not None:
            line.own_calls, line.own_amount = ours.calls, ours.amount
            line.own_tokens_input, line.own_tokens_output = ours.tokens_input, ours.tokens_output
        found.append(line)
    return found


def _own(invoice: Invoice, named: set[str]) -> dict[tuple[dt.date, str], _Own]:
    """The ledger by day and model, under the name that the invoice has for it, if it has one."""
    since, until = days_span(invoice.first_day, invoice.last_day)
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "currency": invoice.currency,
        "connection": invoice.connection_id,
        "since": since,
        "until": until,
    }
    found: dict[tuple[dt.date, str], _Own] = {}
    names = Names.of(named)
    with connection.cursor() as cursor:
        cursor.execute(_OWN, values)
        for day, asked, answered, calls, taken, given, cost in cursor.fetchall():
            name = names.find(answered) or names.find(asked) or answered or asked
            line = found.setdefault((day, name), _Own())
            line.calls += calls
            line.tokens_input += int(taken)
            line.tokens_output += int(given)
            if cost is not None:
                line.amount = (line.amount or Decimal(0)) + cost
    return found
