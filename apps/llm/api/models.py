"""Models and grants over REST, for administrators. What a team may choose is GET /models of the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.llm.api import serializers
from apps.llm.api.base import ModelsApi, refusals, taken
from apps.llm.routes.selectors import access_route
from apps.llm.routes.serializers import TrialInput, TrialOutput
from apps.llm.selectors.administration import access_model, access_team
from apps.llm.selectors.catalogued import RESETTABLE
from apps.llm.services import (
    default_set,
    model_grants_set,
    model_reset,
    model_trial_start,
    model_update,
)

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from apps.llm.models import Model

TAGS = ["models"]


class ModelApi(ModelsApi):
    """One model."""

    @extend_schema(operation_id="models_read", tags=TAGS, responses=serializers.ModelOutput)
    def get(self, request: Request, model_id: UUID) -> Response:
        """The model, whether or not anyone may use it."""
        return Response(serializers.ModelOutput(access_model(model_id)).data)

    @extend_schema(
        operation_id="models_update",
        tags=TAGS,
        request=serializers.ModelUpdateInput,
        responses=serializers.ModelOutput,
    )
    def patch(self, request: Request, model_id: UUID) -> Response:
        """Change its name, price or state."""
        model = access_model(model_id)
        changes = taken(request, serializers.ModelUpdateInput)
        with refusals():
            model_update(actor=self.actor, model=model, changes=changes)
        return Response(serializers.ModelOutput(model).data)


class ModelResetApi(ModelsApi):
    """A model's values, put back."""

    @extend_schema(
        operation_id="models_reset",
        tags=TAGS,
        request=serializers.ModelResetInput,
        responses=serializers.ModelOutput,
    )
    def post(self, request: Request, model_id: UUID) -> Response:
        """Put values back to what the host's list and the catalogue say."""
        model = access_model(model_id)
        names = taken(request, serializers.ModelResetInput).get("names", RESETTABLE)
        with refusals():
            model_reset(actor=self.actor, model=model, fields=names)
        return Response(serializers.ModelOutput(model).data)


class ModelTrialApi(ModelsApi):
    """Try a model."""

    @extend_schema(operation_id="models_try", tags=TAGS, request=TrialInput, responses={202: TrialOutput})
    def post(self, request: Request, model_id: UUID) -> Response:
        """Ask it as a team would; the run's events tell the answer."""
        model = access_model(model_id)
        values = taken(request, TrialInput)
        team = access_team(values["team_id"])
        with refusals():
            run = model_trial_start(actor=self.actor, model=model, team=team, text=values["text"])
        return Response({"run_id": run.pk}, status=202)


class ModelGrantsApi(ModelsApi):
    """Who may use a model."""

    @extend_schema(operation_id="models_grants", tags=TAGS, responses=serializers.GrantList)
    def get(self, request: Request, model_id: UUID) -> Response:
        """Its teams, by name."""
        return _grants(access_model(model_id))

    @extend_schema(
        operation_id="models_grant",
        tags=TAGS,
        request=serializers.GrantsInput,
        responses=serializers.GrantList,
    )
    def put(self, request: Request, model_id: UUID) -> Response:
        """Let exactly these teams use it."""
        model = access_model(model_id)
        team_ids = taken(request, serializers.GrantsInput)["team_ids"]
        with refusals():
            model_grants_set(actor=self.actor, model=model, team_ids=team_ids)
        return _grants(model)


class TeamDefaultModelApi(ModelsApi):
    """What a team's new chats begin with."""

    @extend_schema(
        operation_id="teams_default_model", tags=TAGS, request=serializers.DefaultInput, responses={204: None}
    )
    def put(self, request: Request, team_id: UUID) -> Response:
        """Set the default, a model or a route; null falls back to Everyone's."""
        team = access_team(team_id)
        values = taken(request, serializers.DefaultInput)
        model_id, route_id = values.get("model_id"), values.get("route_id")
        of_route = access_route(route_id) if route_id else None
        with refusals():
            default_set(actor=self.actor, team=team, model=access_model(model_id) if model_id else of_route)
        return Response(status=204)


def _grants(model: Model) -> Response:
    rows = model.grants.select_related("team").order_by("team__name")
    return Response({"results": serializers.GrantOutput(rows, many=True).data})
