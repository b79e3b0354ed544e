"""Health of connections and deployments of models over REST, for administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.llm.api.base import ModelsApi, refusals, taken
from apps.llm.selectors.administration import access_connection, access_model
from apps.llm.selectors.health import (
    RANGES,
    STATE_CHOICES,
    STATES,
    ConnectionStanding,
    places_of,
    range_of,
    spans,
    standing_of,
    standings,
)
from apps.llm.services import Place, deployments_set
from apps.llm.services.deployments import MOST_WEIGHT

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from apps.llm.models import Model

RANGE: Final = OpenApiParameter("range", str, enum=list(RANGES), description="How far back: 24h by default.")


class FiguresOutput(serializers.Serializer[Any]):
    """Calls, how many failed, and milliseconds to the first token (vectors: to the answer)."""

    calls = serializers.IntegerField()
    failures = serializers.IntegerField(source="errors")
    error_rate = serializers.FloatField(allow_null=True)
    p50_ms = serializers.IntegerField(source="p50", allow_null=True)
    p95_ms = serializers.IntegerField(source="p95", allow_null=True)


class HealthOutput(serializers.Serializer[Any]):
    """How a connection stands. While it is `down`, nothing is sent there before `retry_at`."""

    connection_id = serializers.UUIDField(source="connection.pk")
    name = serializers.CharField(source="connection.name")
    vendor = serializers.CharField(source="connection.vendor")
    state = serializers.ChoiceField(choices=STATE_CHOICES)
    reason = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField(source="health.since", allow_null=True)
    retry_at = serializers.DateTimeField(source="health.retry_at", allow_null=True)
    probed_at = serializers.DateTimeField(source="health.probed_at", allow_null=True)
    probe_ms = serializers.IntegerField(source="health.probe_ms", allow_null=True)
    probe_error = serializers.CharField(source="health.probe_error", allow_blank=True)
    tested_at = serializers.DateTimeField(source="test.finished_at", allow_null=True, default=None)
    test_passed = serializers.SerializerMethodField()
    test_message = serializers.CharField(source="test.message", default="")
    figures = FiguresOutput()

    def get_test_passed(self, standing: ConnectionStanding) -> bool | None:
        return standing.test.state == "done" if standing.test else None


class HealthList(serializers.Serializer[Any]):
    """Every connection, those that are down first."""

    range = serializers.ChoiceField(choices=list(RANGES))
    results = HealthOutput(many=True)


class SpanOutput(FiguresOutput):
    """The figures of one span, from `begin`."""

    begin = serializers.DateTimeField()


class HealthDetail(HealthOutput):
    """How a connection stands, and its figures over time, oldest first."""

    range = serializers.ChoiceField(choices=list(RANGES))
    span_s = serializers.IntegerField()
    spans = SpanOutput(many=True)


class PlaceInput(serializers.Serializer[Any]):
    """A further place of the model; `weight` 0 is a reserve."""

    connection_id = serializers.UUIDField()
    vendor_model = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    weight = serializers.IntegerField(min_value=0, max_value=MOST_WEIGHT, required=False, default=1)


class DeploymentsInput(serializers.Serializer[Any]):
    """Exactly the further places of the model, and the share of its own connection."""

    own_weight = serializers.IntegerField(min_value=0, max_value=MOST_WEIGHT, required=False, default=1)
    deployments = PlaceInput(many=True)


class PlaceOutput(serializers.Serializer[Any]):
    """A place of the model; `share` is its part of the calls while all places answer, 0 to 1."""

    connection_id = serializers.UUIDField(source="standing.connection.pk")
    name = serializers.CharField(source="standing.connection.name")
    vendor_model = serializers.CharField()
    weight = serializers.IntegerField()
    share = serializers.FloatField()
    is_own = serializers.BooleanField()
    state = serializers.ChoiceField(source="standing.state", choices=STATE_CHOICES)


class PlaceList(serializers.Serializer[Any]):
    """Every place of the model, its own connection first."""

    results = PlaceOutput(many=True)


class HealthListApi(ModelsApi):
    """Health of all connections."""

    @extend_schema(
        operation_id="connections_health",
        tags=["connections"],
        parameters=[
            RANGE,
            OpenApiParameter("q", str, description="A part of the name."),
            OpenApiParameter("state", str, enum=list(STATES)),
        ],
        responses=HealthList,
    )
    def get(self, request: Request) -> Response:
        """State, last probe and test, and figures of every connection."""
        shown = range_of(request.query_params.get("range", ""))
        filters = {name: request.query_params.get(name, "") for name in ("q", "state")}
        rows = HealthOutput(standings(filters, shown), many=True).data
        return Response({"range": shown.slug, "results": rows})


class ConnectionHealthApi(ModelsApi):
    """Health of one connection."""

    @extend_schema(
        operation_id="connections_health_read",
        tags=["connections"],
        parameters=[RANGE],
        responses=HealthDetail,
    )
    def get(self, request: Request, connection_id: UUID) -> Response:
        """Its state, and its figures over time."""
        connection = access_connection(connection_id)
        shown = range_of(request.query_params.get("range", ""))
        figures = [{"begin": begin, **FiguresOutput(found).data} for begin, found in spans(shown, connection)]
        told = HealthOutput(standing_of(connection, shown)).data
        span_s = round(shown.span.total_seconds())
        return Response({**told, "range": shown.slug, "span_s": span_s, "spans": figures})


class ModelDeploymentsApi(ModelsApi):
    """Where a model runs."""

    @extend_schema(operation_id="models_deployments", tags=["models"], responses=PlaceList)
    def get(self, request: Request, model_id: UUID) -> Response:
        """Its own connection first, then by name."""
        return _places(access_model(model_id))

    @extend_schema(
        operation_id="models_deploy", tags=["models"], request=DeploymentsInput, responses=PlaceList
    )
    def put(self, request: Request, model_id: UUID) -> Response:
        """Let it run in exactly these places; its calls are shared out by weight."""
        model = access_model(model_id)
        values = taken(request, DeploymentsInput)
        places = [Place(**dict(place)) for place in values["deployments"]]
        with refusals():
            deployments_set(actor=self.actor, model=model, own_weight=values["own_weight"], places=places)
        return _places(model)


def _places(model: Model) -> Response:
    return Response({"results": PlaceOutput(places_of(model), many=True).data})
