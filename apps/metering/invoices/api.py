"""Invoices for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.accounts.permissions import require
from apps.metering.invoices import selectors
from apps.metering.invoices.layouts import AUTO, FORMS, Columns
from apps.metering.invoices.services import Upload, invoice_add, invoice_delete
from apps.rest.errors import not_found
from apps.rest.pages import CURSOR, LIMIT, page_of
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

_MONEY: dict[str, Any] = {"max_digits": 28, "decimal_places": 12, "allow_null": True}


class InvoiceColumnsInput(InputSerializer):
    """The columns of a form that is not known."""

    day = serializers.CharField(max_length=100)
    model = serializers.CharField(max_length=100)
    tokens_input = serializers.CharField(max_length=100, required=False)
    tokens_output = serializers.CharField(max_length=100, required=False)
    amount = serializers.CharField(max_length=100, required=False)


class InvoiceInput(InputSerializer):
    """A provider's CSV as text."""

    name = serializers.CharField(max_length=200)
    form = serializers.ChoiceField(list(FORMS), default=AUTO, help_text="auto: told by its columns.")
    csv = serializers.CharField(trim_whitespace=False)
    columns = InvoiceColumnsInput(required=False, help_text="Where `form` is generic.")
    currency = serializers.RegexField("^[A-Z]{3}$", default="USD", help_text="Where the file names none.")
    connection_id = serializers.UUIDField(required=False, allow_null=True)


class InvoiceOutput(serializers.Serializer[Any]):
    """An invoice that was compared with the ledger."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    form = serializers.CharField()
    connection_id = serializers.UUIDField(allow_null=True)
    currency = serializers.CharField()
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    skipped = serializers.IntegerField(help_text="Rows without a day or a model.")
    created_at = serializers.DateTimeField()


class InvoiceLineOutput(serializers.Serializer[Any]):
    """One model on one day (UTC): the invoice's figures and the ledger's."""

    day = serializers.DateField()
    model = serializers.CharField()
    tokens_input = serializers.IntegerField(allow_null=True)
    tokens_output = serializers.IntegerField(allow_null=True)
    amount = serializers.DecimalField(**_MONEY)
    own_calls = serializers.IntegerField()
    own_tokens_input = serializers.IntegerField(allow_null=True)
    own_tokens_output = serializers.IntegerField(allow_null=True)
    own_amount = serializers.DecimalField(**_MONEY)


class InvoiceDetailOutput(InvoiceOutput):
    """An invoice with all lines, or with those that differ."""

    lines = InvoiceLineOutput(many=True)


class InvoicePage(serializers.Serializer[Any]):
    """A page of invoices, newest first."""

    results = InvoiceOutput(many=True)
    next = serializers.CharField(allow_null=True)


class InvoiceListApi(TenantApi):
    """Invoices."""

    scope = "admin"
    capability = "costs.read"

    @extend_schema(operation_id="invoice_list", parameters=[CURSOR, LIMIT], responses=InvoicePage)
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows, following = page_of(request, selectors.invoices())
        return Response({"results": InvoiceOutput(rows, many=True).data, "next": following})

    @extend_schema(operation_id="invoice_add", request=InvoiceInput, responses={201: InvoiceOutput})
    def post(self, request: Request) -> Response:
        """Compare one with the ledger as it is now, and keep both."""
        require(self.actor, "costs.manage")
        read = InvoiceInput(data=request.data)
        read.is_valid(raise_exception=True)
        said = read.validated_data
        connection_id = said.get("connection_id")
        names = dict(selectors.called_connections())
        if connection_id and connection_id not in names:
            raise not_found()
        columns = {name: (text,) for name, text in said.get("columns", {}).items()}
        upload = Upload(
            name=said["name"],
            text=said["csv"],
            form=said["form"],
            columns=Columns(**columns) if columns else None,
            currency=said["currency"],
            connection_id=connection_id,
            connection_name=names.get(connection_id, "") if connection_id else "",
        )
        return Response(InvoiceOutput(invoice_add(actor=self.actor, upload=upload)).data, status=201)


class InvoiceApi(TenantApi):
    """One invoice."""

    scope = "admin"
    capability = "costs.read"

    @extend_schema(operation_id="invoice_read", responses=InvoiceDetailOutput)
    def get(self, request: Request, invoice_id: UUID) -> Response:
        """With its lines; `?differing=1` leaves those on which both sides do not agree."""
        invoice = selectors.access_invoice(invoice_id)
        differing = request.query_params.get("differing") == "1"
        lines = InvoiceLineOutput(selectors.lines_of(invoice, differing=differing), many=True).data
        return Response({**InvoiceOutput(invoice).data, "lines": lines})

    @extend_schema(operation_id="invoice_delete", responses={204: None})
    def delete(self, request: Request, invoice_id: UUID) -> Response:
        """Forget it; the ledger is not touched."""
        require(self.actor, "costs.manage")
        invoice_delete(actor=self.actor, invoice=selectors.access_invoice(invoice_id))
        return Response(status=204)
