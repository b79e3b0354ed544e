"""Pages of invoices: upload one, see where it differs from the ledger, export that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import forms

from apps.accounts.exports import as_csv
from apps.accounts.pages import paged
from apps.audit.services import record
from apps.metering.invoices import selectors
from apps.metering.invoices.layouts import FORMS, GENERIC, Columns
from apps.metering.invoices.reading import UnreadableInvoiceError, text_of
from apps.metering.invoices.services import MOST_BYTES, Upload, invoice_add, invoice_delete
from apps.metering.money import money
from apps.metering.pages import UNPROCESSABLE, CostPage
from apps.rest.errors import ProblemError
from apps.rest.pages import id_of

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID

    from django.http import HttpResponseBase

    from apps.metering.models import Invoice, InvoiceLine

NAMED: Final = ("day", "model", "tokens_input", "tokens_output", "amount")
_HEADINGS: Final = (
    "day", "model", "invoice tokens in", "ledger tokens in", "invoice tokens out", "ledger tokens out",
    "invoice amount", "ledger amount", "difference", "currency", "ledger calls",
)  # fmt: skip


class InvoiceForm(forms.Form):
    """A provider's CSV."""

    file = forms.FileField(label="CSV file", widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}))
    form = forms.ChoiceField(label="From", choices=[(slug, label) for slug, (label, _) in FORMS.items()])
    connection = forms.ChoiceField(label="Compare with the calls of", required=False)
    currency = forms.CharField(
        min_length=3, max_length=3, initial="USD", help_text="Where the file names none."
    )
    day = forms.CharField(label="Column of the day", required=False, max_length=100)
    model = forms.CharField(label="Column of the model", required=False, max_length=100)
    tokens_input = forms.CharField(label="Column of the tokens in", required=False, max_length=100)
    tokens_output = forms.CharField(label="Column of the tokens out", required=False, max_length=100)
    amount = forms.CharField(label="Column of the amount", required=False, max_length=100)

    def __init__(self, *args: Any, connections: list[tuple[UUID, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        found = [("", "All providers"), *((str(key), name) for key, name in connections)]
        self.fields["connection"].choices = found  # type: ignore[attr-defined]  # a ChoiceField

    def clean_file(self) -> str:
        """Its text; a spreadsheet's own encoding is read too."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError("The file is larger than 10 MB. Upload it month by month.")
        raw: bytes = file.read()
        self.file_name = file.name
        try:
            return text_of(raw)
        except UnreadableInvoiceError as error:
            raise forms.ValidationError(str(error)) from None

    def clean_currency(self) -> str:
        """In capitals."""
        return str(self.cleaned_data["currency"]).upper()

    def offer(self, names: list[str]) -> None:
        """Let the columns be chosen among those that the file has, when it is sent once more."""
        self.data = dict(self.data.items()) | {"form": GENERIC}
        choices = [("", "None"), *((name, name) for name in names)]
        for column in NAMED:
            self.fields[column].widget = forms.Select(choices=choices)

    def columns(self) -> Columns:
        """What a generic form names."""
        said = {name: (self.cleaned_data[name],) if self.cleaned_data[name] else () for name in NAMED}
        return Columns(**said)


@dataclass(frozen=True, slots=True)
class Row:
    """A line as it is shown."""

    line: InvoiceLine
    amount: str
    own_amount: str
    difference: str


class InvoicesView(CostPage):
    """All invoices, and the form that adds one."""

    template_name = "metering/invoices.html"

    def get(self, request: Any) -> HttpResponseBase:
        """The list."""
        return self._page(InvoiceForm(connections=selectors.called_connections()))

    def post(self, request: Any) -> HttpResponseBase:
        """Add one."""
        self.require_manage()
        connections = selectors.called_connections()
        form = InvoiceForm(request.POST, request.FILES, connections=connections)
        made: list[Invoice] = []
        if self.took(form, lambda said: made.append(self._add(form, said, dict(connections)))):
            return self.saved(f"{request.path}/{made[0].pk}")
        return self._page(form, UNPROCESSABLE)

    def _kept(self, form: InvoiceForm, upload: Upload) -> Invoice:
        try:
            return invoice_add(actor=self.actor, upload=upload)
        except ProblemError as problem:
            if isinstance(problem.__cause__, UnreadableInvoiceError) and problem.__cause__.names:
                form.offer(problem.__cause__.names)
            raise

    def _add(self, form: InvoiceForm, said: dict[str, Any], names: dict[UUID, str]) -> Invoice:
        connection_id = id_of(said["connection"]) if said["connection"] else None
        upload = Upload(
            name=form.file_name,
            text=said["file"],
            form=said["form"],
            columns=form.columns(),
            currency=said["currency"],
            connection_id=connection_id,
            connection_name=names[connection_id] if connection_id else "",
        )
        return self._kept(form, upload)

    def _page(self, form: InvoiceForm, status: int = 200) -> HttpResponseBase:
        return self.page(status=status, form=form, **paged(self.request, selectors.invoices()))


class InvoiceView(CostPage):
    """One invoice beside the ledger; as CSV with `format=csv`."""

    template_name = "metering/invoice.html"

    def get(self, request: Any, invoice_id: UUID) -> HttpResponseBase:
        """Its lines, those that differ first asked for."""
        invoice = selectors.access_invoice(invoice_id)
        if request.GET.get("format") == "csv":
            return self._export(invoice)
        everything = request.GET.get("show") == "all"
        found = paged(
            request, selectors.lines_of(invoice, differing=not everything), show="all" if everything else ""
        )
        sides = selectors.sides_of(invoice)
        currency = invoice.currency
        return self.page(
            invoice=invoice,
            sides=sides,
            total=amount_text(sides.amount, currency),
            own_total=amount_text(sides.own_amount, currency),
            difference=amount_text(sides.difference, currency),
            rows=[_row(line, currency) for line in found["page"]],
            shows_all=everything,
            **found,
        )

    def post(self, request: Any, invoice_id: UUID) -> HttpResponseBase:
        """Forget it."""
        self.require_manage()
        invoice_delete(actor=self.actor, invoice=selectors.access_invoice(invoice_id))
        return self.saved("/admin/usage/invoices")

    def _export(self, invoice: Invoice) -> HttpResponseBase:
        record(actor=self.actor, action="invoice.exported", target_type="invoice", target_id=invoice.pk)
        rows = (
            (
                line.day, line.model, line.tokens_input, line.own_tokens_input, line.tokens_output,
                line.own_tokens_output, line.amount, line.own_amount, difference_of(line), invoice.currency,
                line.own_calls,
            )
            for line in selectors.lines_of(invoice)
        )  # fmt: skip
        return as_csv("invoice-differences", _HEADINGS, rows)


def difference_of(line: InvoiceLine) -> Decimal | None:
    """What the invoice has more than the ledger; None where a side does not say."""
    return None if line.amount is None or line.own_amount is None else line.amount - line.own_amount


def amount_text(amount: Decimal | None, currency: str) -> str:
    """In words; empty where a side does not say."""
    return "" if amount is None else money(amount, currency)


def _row(line: InvoiceLine, currency: str) -> Row:
    return Row(
        line,
        amount_text(line.amount, currency),
        amount_text(line.own_amount, currency),
        amount_text(difference_of(line), currency),
    )
