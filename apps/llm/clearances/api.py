"""REST of clearances, for administrators, and of the report that proves them, for auditors too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.guardrails.classes import SLUGS, DataClass
from apps.llm.api.base import ModelsApi, refusals, taken
from apps.llm.clearances.forms import class_of
from apps.llm.clearances.reaching import places_at, places_of
from apps.llm.clearances.report import READ, prove, told
from apps.llm.clearances.report_form import ReportForm
from apps.llm.clearances.rules import AS_FOUND, HOSTED, OWN
from apps.llm.clearances.selectors import versions_of
from apps.llm.clearances.services import (
    LONGEST_NOTE,
    LONGEST_REGION,
    OfConnection,
    connection_clearance_set,
    model_clearance_set,
    snapshot,
)
from apps.llm.selectors.administration import access_connection, access_model
from apps.rest.errors import invalid
from apps.rest.pages import CURSOR, LIMIT, page_of
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from rest_framework.request import Request

    from apps.llm.clearances.reaching import Place

HOSTINGS: Final = [(AS_FOUND, "As found"), (OWN, "Own"), (HOSTED, "Hosted")]
TAGS: Final = ["clearances"]


class ClearedPlace(serializers.Serializer[Any]):
    """A model at a connection, and the highest class that it may receive there now."""

    model_id = serializers.UUIDField()
    model = serializers.CharField()
    connection_id = serializers.UUIDField()
    connection = serializers.CharField()
    data_class = serializers.ChoiceField(SLUGS)
    why = serializers.CharField()


class ClearanceVersion(serializers.Serializer[Any]):
    """One version; versions are never changed."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    model = serializers.CharField(source="model_slug")
    connection = serializers.CharField(source="connection_name")
    data_class = serializers.SerializerMethodField()
    why = serializers.CharField()
    reason = serializers.CharField()
    region = serializers.CharField()
    contract_note = serializers.CharField()
    by = serializers.CharField(source="actor_name", help_text="Empty: the default rule, at a first call.")
    created_at = serializers.DateTimeField()

    def get_data_class(self, version: Any) -> str:
        """Its name."""
        return DataClass(version.data_class).slug


class ConnectionClearanceOutput(serializers.Serializer[Any]):
    """What is set for a connection, what that comes to for each model, and every version."""

    data_class = serializers.ChoiceField(SLUGS, allow_null=True, help_text="Null: by the default rule.")
    hosting = serializers.ChoiceField(HOSTINGS, allow_blank=True)
    region = serializers.CharField()
    contract_note = serializers.CharField()
    cleared = ClearedPlace(many=True)
    versions = ClearanceVersion(many=True)


class ModelClearanceOutput(serializers.Serializer[Any]):
    """What is set for a model, what that comes to at each of its connections, and every version."""

    data_class = serializers.ChoiceField(SLUGS, allow_null=True, help_text="Null: its connection's.")
    cleared = ClearedPlace(many=True)
    versions = ClearanceVersion(many=True)


class ConnectionClearanceInput(InputSerializer):
    """What to set; what is left out goes back to the default rule."""

    data_class = serializers.ChoiceField(SLUGS, allow_null=True, default=None)
    hosting = serializers.ChoiceField(HOSTINGS, default=AS_FOUND, allow_blank=True)
    region = serializers.CharField(default="", allow_blank=True, max_length=LONGEST_REGION)
    contract_note = serializers.CharField(default="", allow_blank=True, max_length=LONGEST_NOTE)
    reason = serializers.CharField(max_length=LONGEST_NOTE)


class ModelClearanceInput(InputSerializer):
    """The model's own class, null for its connection's."""

    data_class = serializers.ChoiceField(SLUGS, allow_null=True)
    reason = serializers.CharField(max_length=LONGEST_NOTE)


class ClassedCall(serializers.Serializer[Any]):
    """A call with the class of what was sent, and the version of the clearance that let it go."""

    call_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    data_class = serializers.ChoiceField(SLUGS, allow_null=True)
    model = serializers.CharField()
    connection = serializers.CharField()
    region = serializers.CharField()
    is_own = serializers.BooleanField()
    cleared_for = serializers.ChoiceField(SLUGS, allow_null=True)
    clearance_id = serializers.UUIDField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    rule = serializers.CharField()
    reason = serializers.CharField()
    purpose = serializers.CharField()
    step = serializers.CharField()
    team = serializers.CharField()
    person = serializers.CharField()
    state = serializers.CharField()


class DataClassReport(serializers.Serializer[Any]):
    """The calls of a period, and how many of them break a rule, counted anew from the versions."""

    calls = serializers.IntegerField()
    classed = serializers.IntegerField(help_text="Calls that sent something with a class.")
    breaking = serializers.IntegerField()
    results = ClassedCall(many=True)
    next = serializers.CharField(allow_null=True)


def _cleared(places: Sequence[Place]) -> list[dict[str, Any]]:
    return [
        {
            "model_id": place.model_id,
            "model": place.slug,
            "connection_id": place.connection_id,
            "connection": place.connection_name,
            "data_class": place.cleared.data_class.slug,
            "why": place.cleared.why,
        }
        for place in places
    ]


class ConnectionClearanceApi(ModelsApi):
    """A connection's clearance."""

    @extend_schema(operation_id="connection_clearance_read", tags=TAGS, responses=ConnectionClearanceOutput)
    def get(self, request: Request, connection_id: UUID) -> Response:
        """What its models may receive, why, and since when."""
        connection = access_connection(connection_id)
        found = snapshot(connection) | {
            "cleared": _cleared(places_at(connection.pk)),
            "versions": versions_of(connection_id=connection.pk),
        }
        return Response(ConnectionClearanceOutput(found).data)

    @extend_schema(
        operation_id="connection_clearance_set",
        tags=TAGS,
        request=ConnectionClearanceInput,
        responses=ConnectionClearanceOutput,
    )
    def put(self, request: Request, connection_id: UUID) -> Response:
        """Set it: each model's new clearance is a version with you and your reason."""
        connection = access_connection(connection_id)
        read = taken(request, ConnectionClearanceInput)
        reason = read.pop("reason")
        wanted = OfConnection(**read | {"data_class": class_of(read["data_class"])})
        with refusals():
            connection_clearance_set(actor=self.actor, connection=connection, wanted=wanted, reason=reason)
        return self.get(request, connection_id)


class ModelClearanceApi(ModelsApi):
    """A model's clearance."""

    @extend_schema(operation_id="model_clearance_read", tags=TAGS, responses=ModelClearanceOutput)
    def get(self, request: Request, model_id: UUID) -> Response:
        """What it may receive at each of its connections, why, and since when."""
        model = access_model(model_id)
        found = {
            "data_class": DataClass(model.cleared_for).slug if model.cleared_for else None,
            "cleared": _cleared(places_of([model.pk])),
            "versions": versions_of(model_id=model.pk),
        }
        return Response(ModelClearanceOutput(found).data)

    @extend_schema(
        operation_id="model_clearance_set",
        tags=TAGS,
        request=ModelClearanceInput,
        responses=ModelClearanceOutput,
    )
    def put(self, request: Request, model_id: UUID) -> Response:
        """Set it; at connections that are not its own it gets what both allow."""
        model = access_model(model_id)
        read = taken(request, ModelClearanceInput)
        with refusals():
            model_clearance_set(
                actor=self.actor, model=model, wanted=class_of(read["data_class"]), reason=read["reason"]
            )
        return self.get(request, model_id)


class DataClassReportApi(TenantApi):
    """The proof that no text went where its class may not."""

    scope = "admin"
    capability = READ

    @extend_schema(
        operation_id="data_class_report",
        tags=TAGS,
        parameters=[
            OpenApiParameter("since", str, description="The first day, YYYY-MM-DD; 30 days without one."),
            OpenApiParameter("until", str, description="The last day; today without one."),
            OpenApiParameter("data_class", str, enum=[slug for slug, _ in SLUGS]),
            OpenApiParameter("model", str, description="A model's id."),
            CURSOR,
            LIMIT,
        ],
        responses=DataClassReport,
    )
    def get(self, request: Request) -> Response:
        """Every call of the period, newest first, with its class and what let it go."""
        form = ReportForm(request.query_params)
        period = form.period()
        if form.errors:
            raise invalid([{"field": name, "message": str(texts[0])} for name, texts in form.errors.items()])
        rows, following = page_of(request, form.calls(period))
        proof = prove(period)._asdict()
        return Response(DataClassReport({**proof, "results": told(rows), "next": following}).data)
