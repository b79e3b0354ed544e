"""Statements and cost centres for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.accounts.selectors import access_team
from apps.metering.chargeback import selectors
from apps.metering.chargeback.services import MOST_CODE, cost_centre_set
from apps.metering.chargeback.views import month_of, pdf_response
from apps.rest.errors import invalid
from apps.rest.pages import CURSOR, LIMIT, page_of
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse
    from rest_framework.request import Request

_MONEY: dict[str, Any] = {"max_digits": 28, "decimal_places": 12}


class StatementOutput(serializers.Serializer[Any]):
    """What a team was charged for a month; frozen. Amounts are exact."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    month = serializers.DateField(help_text="Its first day.")
    team_id = serializers.UUIDField(allow_null=True)
    team = serializers.CharField(source="team_name")
    cost_centre = serializers.CharField()
    currency = serializers.CharField()
    calls = serializers.IntegerField()
    unpriced = serializers.IntegerField(help_text="Calls without a known price: in no amount.")
    people = serializers.IntegerField()
    tokens_input = serializers.IntegerField()
    tokens_output = serializers.IntegerField()
    amount = serializers.DecimalField(**_MONEY, help_text="What the calls cost.")
    charge = serializers.DecimalField(**_MONEY, help_text="With the mark-up.")
    created_at = serializers.DateTimeField()


class StatementLineOutput(serializers.Serializer[Any]):
    """The calls of one model under one mark-up, or what was corrected of it."""

    model_id = serializers.UUIDField()
    model = serializers.CharField(source="model_slug")
    model_name = serializers.CharField(help_text="What people called it then; empty: it was gone already.")
    is_correction = serializers.BooleanField()
    calls = serializers.IntegerField()
    unpriced = serializers.IntegerField()
    tokens_input = serializers.IntegerField()
    tokens_output = serializers.IntegerField()
    units = serializers.IntegerField()
    amount = serializers.DecimalField(**_MONEY)
    percent = serializers.DecimalField(max_digits=7, decimal_places=3)
    charge = serializers.DecimalField(**_MONEY)


class StatementDetailOutput(StatementOutput):
    """A statement with its lines."""

    lines = StatementLineOutput(many=True)


class StatementPage(serializers.Serializer[Any]):
    """A page of statements, newest first."""

    results = StatementOutput(many=True)
    next = serializers.CharField(allow_null=True)


class CostCentreInput(InputSerializer):
    """Where the team's later statements are booked; empty: nowhere."""

    code = serializers.CharField(allow_blank=True, max_length=MOST_CODE)


class CostCentreOutput(serializers.Serializer[Any]):
    """A team's cost centre."""

    team_id = serializers.UUIDField()
    code = serializers.CharField()


class StatementListApi(TenantApi):
    """Statements: all for `costs.read`, else those of the teams that one leads."""

    @extend_schema(
        operation_id="statement_list",
        parameters=[CURSOR, LIMIT, OpenApiParameter("month", str, description="YYYY-MM.")],
        responses=StatementPage,
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        said = request.query_params.get("month", "")
        month = month_of(said)
        if said and month is None:
            raise invalid([{"field": "month", "message": "Name the month as YYYY-MM."}])
        rows, following = page_of(request, selectors.statements(self.actor, month))
        return Response({"results": StatementOutput(rows, many=True).data, "next": following})


class StatementApi(TenantApi):
    """One statement."""

    @extend_schema(operation_id="statement_read", responses=StatementDetailOutput)
    def get(self, request: Request, statement_id: UUID) -> Response:
        """With its lines."""
        statement = selectors.access_statement(self.actor, statement_id)
        lines = StatementLineOutput(selectors.lines_of(statement), many=True).data
        return Response({**StatementOutput(statement).data, "lines": lines})


class StatementPdfApi(TenantApi):
    """One statement as PDF."""

    @extend_schema(operation_id="statement_pdf", responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, statement_id: UUID) -> HttpResponse:
        """The file."""
        statement = selectors.access_statement(self.actor, statement_id)
        return pdf_response(statement, selectors.lines_of(statement))


class CostCentreApi(TenantApi):
    """Where a team's statements are booked."""

    scope = "admin"
    capability = "costs.manage"

    @extend_schema(operation_id="cost_centre_set", request=CostCentreInput, responses=CostCentreOutput)
    def put(self, request: Request, team_id: UUID) -> Response:
        """Set it, or remove it by an empty code; statements that are made stay as they are."""
        team = access_team(team_id)
        read = CostCentreInput(data=request.data)
        read.is_valid(raise_exception=True)
        found = cost_centre_set(actor=self.actor, team=team, code=read.validated_data["code"])
        return Response({"team_id": team.pk, "code": found.code if found else ""})
