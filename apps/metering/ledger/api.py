"""Single calls and their corrections for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import IdempotentMixin, TenantApi
from apps.accounts.permissions import require
from apps.accounts.selectors import tenant_settings
from apps.metering.ledger.selectors import access_call, calls, corrections_of
from apps.metering.ledger.services import Figures, usage_correct
from apps.metering.models import UsageRecord
from apps.metering.usage.filters import NARROWING, RANGES, Wanted
from apps.rest.pages import CURSOR, LIMIT, page_of
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class UsageCallOutput(serializers.ModelSerializer[UsageRecord]):
    """A row of the ledger: one provider call, or what was corrected of one."""

    class Meta:
        model = UsageRecord
        fields = (
            "call_id", "state", "purpose", "step", "run_id", "conversation_id", "team_id", "team_name",
            "user_id", "user_name", "api_key_id", "vendor", "connection_id", "connection_name", "model_id",
            "model_slug", "model_asked", "model_answered", "tokens_input", "tokens_cached", "tokens_output",
            "tokens_reasoning", "unit", "units", "estimated", "price", "currency", "cost", "finish",
            "error_kind", "ms_first", "ms_total", "created_at", "closed_at", "corrects_id", "reason",
        )  # fmt: skip
        read_only_fields = fields


class UsageCallDetailOutput(UsageCallOutput):
    """A call with its corrections."""

    corrections = UsageCallOutput(many=True)

    class Meta(UsageCallOutput.Meta):
        fields = (*UsageCallOutput.Meta.fields, "corrections")  # type: ignore[assignment]  # longer


class UsageCallPage(serializers.Serializer[Any]):
    """A page of calls, newest first."""

    results = UsageCallOutput(many=True)
    next = serializers.CharField(allow_null=True)


class CorrectionInput(InputSerializer):
    """What the call should come to, and why; the difference becomes a row of its own."""

    tokens_input = serializers.IntegerField(min_value=0, max_value=2_000_000_000)
    tokens_output = serializers.IntegerField(min_value=0, max_value=2_000_000_000)
    cost = serializers.DecimalField(
        max_digits=28, decimal_places=12, min_value=0, required=False, allow_null=True
    )
    reason = serializers.CharField(max_length=300)


class UsageCallListApi(TenantApi):
    """Calls as the ledger has them."""

    scope = "admin"
    capability = "costs.read"

    @extend_schema(
        operation_id="usage_call_list",
        parameters=[
            CURSOR,
            LIMIT,
            OpenApiParameter("range", str, enum=list(RANGES), description="7d where nothing else is said."),
            OpenApiParameter("since", str, description="A first day, YYYY-MM-DD."),
            OpenApiParameter("until", str, description="A last day, YYYY-MM-DD."),
            *(OpenApiParameter(name, str, description=f"The id of one {name}.") for name in NARROWING),
        ],
        responses=UsageCallPage,
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        zone = tenant_settings().time_zone
        wanted = Wanted.exactly({"range": "7d"} | request.query_params.dict(), zone)
        rows, following = page_of(request, calls(wanted, zone))
        return Response({"results": UsageCallOutput(rows, many=True).data, "next": following})


class UsageCallApi(TenantApi):
    """One call."""

    scope = "admin"
    capability = "costs.read"

    @extend_schema(operation_id="usage_call_read", responses=UsageCallDetailOutput)
    def get(self, request: Request, call_id: UUID) -> Response:
        """With its corrections."""
        call = access_call(call_id)
        corrections = UsageCallOutput(corrections_of(call), many=True).data
        return Response({**UsageCallOutput(call).data, "corrections": corrections})


class CorrectionListApi(IdempotentMixin, TenantApi):
    """Corrections of one call."""

    scope = "admin"
    capability = "costs.read"

    @extend_schema(operation_id="usage_correct", request=CorrectionInput, responses={201: UsageCallOutput})
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Correct a call; its own row stays as it was."""
        return super().post(request, *args, **kwargs)

    def create(self, request: Request, call_id: UUID) -> Response:
        """One correction."""
        require(self.actor, "costs.manage")
        access_call(call_id)
        read = CorrectionInput(data=request.data)
        read.is_valid(raise_exception=True)
        said = read.validated_data
        wanted = Figures(said["tokens_input"], said["tokens_output"], said.get("cost"))
        row = usage_correct(actor=self.actor, call_id=call_id, wanted=wanted, reason=said["reason"])
        return Response(UsageCallOutput(row).data, status=201)
