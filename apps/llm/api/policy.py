"""REST of parameters, of many grants at once, and of what applies to a person and why."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.accounts.selectors import access_user, team_of, teams_of
from apps.llm.api import policy_serializers as serializers
from apps.llm.api.base import ModelsApi, refusals, taken
from apps.llm.errors import ModelNotFoundError
from apps.llm.models import Grant, Model
from apps.llm.policy.outputs import policy_output, settings_output
from apps.llm.policy.own import own_default_set
from apps.llm.policy.person import policy_of, team_among
from apps.llm.policy.selectors import models_found, team_models, teams_found
from apps.llm.selectors.administration import access_model, access_team
from apps.llm.services import grants_change, parameters_set
from apps.rest.errors import invalid, not_found
from apps.rest.pages import CURSOR, LIMIT, page_of

if TYPE_CHECKING:
    from rest_framework.request import Request

    from apps.accounts.models import Team

TAGS = ["policy"]
TEAM = OpenApiParameter("team", str, description="A team of the person's; Everyone without it.")
PAGING = [CURSOR, LIMIT]


class MyPolicyApi(TenantApi):
    """What applies to whoever asks."""

    scope = "chat"

    @extend_schema(operation_id="me_policy", tags=TAGS, parameters=[TEAM], responses=serializers.PolicyOutput)
    def get(self, request: Request) -> Response:
        """The models and routes of a team as the person may use them; a key's own team with a key."""
        team_id = _id(request)
        teams, has_key = list(teams_of(self.actor.user_id)), self.actor.api_key is not None
        team = team_of(self.actor, team_id) if has_key else team_among(teams, str(team_id or ""))
        if team is None:
            raise not_found()
        policy = policy_of(teams, team, person=self.actor.user_id, only_team=has_key)
        return Response(policy_output(policy))


class MyDefaultApi(TenantApi):
    """What one's own new chats begin with."""

    scope = "chat"

    @extend_schema(
        operation_id="me_default_model",
        tags=TAGS,
        request=serializers.OwnDefaultInput,
        responses={204: None},
    )
    def put(self, request: Request) -> Response:
        """Choose a default of one's own in a team; null: the team's. It opens nothing that is closed."""
        values = taken(request, serializers.OwnDefaultInput)
        team = team_of(self.actor, values["team_id"])
        if team is None:
            raise not_found()
        try:
            own_default_set(actor=self.actor, team=team, slug=values["model"])
        except ModelNotFoundError:
            raise invalid([{"field": "model", "message": "Choose a model that this team may use."}]) from None
        return Response(status=204)


class PersonPolicyApi(ModelsApi):
    """What applies to a person, for administrators."""

    @extend_schema(
        operation_id="people_policy", tags=TAGS, parameters=[TEAM], responses=serializers.PolicyOutput
    )
    def get(self, request: Request, user_id: UUID) -> Response:
        """The models and routes of one of the person's teams, and why."""
        person = access_user(user_id)
        team_id = _id(request)
        teams = list(teams_of(person.pk))
        team = team_among(teams, str(team_id or ""))
        if team is None:
            raise not_found()
        return Response(policy_output(policy_of(teams, team, person=person.pk)))


class TeamParametersApi(ModelsApi):
    """The parameters of a team's calls of all models; the team Everyone's are the organisation's."""

    @extend_schema(operation_id="teams_parameters", tags=TAGS, responses=serializers.ParametersOutput)
    def get(self, request: Request, team_id: UUID) -> Response:
        """Each as it holds, with its source."""
        return _parameters(access_team(team_id), None)

    @extend_schema(
        operation_id="teams_parameters_set",
        tags=TAGS,
        request=serializers.ParametersInput,
        responses=serializers.ParametersOutput,
    )
    def patch(self, request: Request, team_id: UUID) -> Response:
        """Override or, with null, reset."""
        team = access_team(team_id)
        with refusals():
            parameters_set(
                actor=self.actor, team=team, model=None, changes=taken(request, serializers.ParametersInput)
            )
        return _parameters(team, None)


class TeamModelParametersApi(ModelsApi):
    """The parameters of a team's calls of one model."""

    @extend_schema(operation_id="teams_model_parameters", tags=TAGS, responses=serializers.ParametersOutput)
    def get(self, request: Request, team_id: UUID, model_id: UUID) -> Response:
        """Each as it holds, with its source."""
        return _parameters(access_team(team_id), access_model(model_id))

    @extend_schema(
        operation_id="teams_model_parameters_set",
        tags=TAGS,
        request=serializers.ParametersInput,
        responses=serializers.ParametersOutput,
    )
    def patch(self, request: Request, team_id: UUID, model_id: UUID) -> Response:
        """Override or, with null, reset."""
        team, model = access_team(team_id), access_model(model_id)
        with refusals():
            parameters_set(
                actor=self.actor, team=team, model=model, changes=taken(request, serializers.ParametersInput)
            )
        return _parameters(team, model)


class GrantListApi(ModelsApi):
    """Which team may use which model by a grant of its own."""

    @extend_schema(operation_id="grants_list", tags=TAGS, parameters=PAGING, responses=serializers.GrantPage)
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows, following = page_of(request, Grant.objects.all())
        return Response({"results": serializers.GrantRow(rows, many=True).data, "next": following})

    @extend_schema(
        operation_id="grants_change",
        tags=TAGS,
        request=serializers.GrantsChangeInput,
        responses=serializers.GrantsChangeOutput,
    )
    def patch(self, request: Request) -> Response:
        """Allow or take away each of the models for each of the teams: all of it or nothing."""
        values = taken(request, serializers.GrantsChangeInput)
        teams = [team for team in teams_found("") if team.pk in set(values["team_ids"])]
        models: list[Model] = list(models_found("").filter(pk__in=values["model_ids"]))
        if len(teams) != len(set(values["team_ids"])) or len(models) != len(set(values["model_ids"])):
            raise not_found()
        changed = grants_change(actor=self.actor, teams=teams, models=models, allowed=values["allowed"])
        return Response({"teams_changed": changed})


def _parameters(team: Team, model: Model | None) -> Response:
    return Response({"parameters": settings_output(team_models(team).settings(model))})


def _id(request: Request) -> UUID | None:
    """The team that the address names; 404 for what is no id."""
    raw = request.query_params.get("team")
    try:
        return UUID(raw) if raw else None
    except ValueError:
        raise not_found() from None
