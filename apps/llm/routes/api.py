"""Routes over REST, for administrators. What a team may choose is GET /models of the chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts.api.base import IdempotentMixin
from apps.llm.api.base import ModelsApi, refusals, taken
from apps.llm.api.serializers import GrantList, GrantOutput, GrantsInput
from apps.llm.errors import ModelNotFoundError
from apps.llm.models import Route
from apps.llm.routes import serializers
from apps.llm.routes.forecast import dry_run
from apps.llm.routes.past import past_questions
from apps.llm.routes.selectors import access_route, plan_of
from apps.llm.routes.services import (
    route_create,
    route_delete,
    route_grants_set,
    route_update,
    trial_start,
)
from apps.llm.selectors.administration import access_team
from apps.metering.money import plain
from apps.rest.pages import CURSOR, LIMIT, page_of

if TYPE_CHECKING:
    from rest_framework.request import Request

    from apps.llm.routes.forecast import Pick

TAGS = ["routes"]


class RouteListApi(IdempotentMixin, ModelsApi):
    """The tenant's routes."""

    @extend_schema(
        operation_id="routes_list",
        tags=TAGS,
        parameters=[
            CURSOR,
            LIMIT,
        ],
        responses=serializers.RoutePage,
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows, following = page_of(request, Route.objects.all())
        return Response({"results": serializers.RouteSummary(rows, many=True).data, "next": following})

    @extend_schema(
        operation_id="routes_create",
        tags=TAGS,
        request=serializers.RouteInput,
        responses={201: serializers.RouteOutput},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a route; grant it to teams afterwards. Safe to repeat with an Idempotency-Key."""
        return super().post(request, *args, **kwargs)

    def create(self, request: Request) -> Response:
        values = taken(request, serializers.RouteInput)
        with refusals():
            route = route_create(actor=self.actor, values=values)
        return Response(serializers.RouteOutput(route).data, status=201)


class RouteApi(ModelsApi):
    """One route."""

    @extend_schema(operation_id="routes_read", tags=TAGS, responses=serializers.RouteOutput)
    def get(self, request: Request, route_id: UUID) -> Response:
        """The route, whether or not anyone may use it."""
        return Response(serializers.RouteOutput(access_route(route_id)).data)

    @extend_schema(
        operation_id="routes_update",
        tags=TAGS,
        request=serializers.RouteUpdateInput,
        responses=serializers.RouteOutput,
    )
    def patch(self, request: Request, route_id: UUID) -> Response:
        """Change what people see of it, its definition or its state."""
        route = access_route(route_id)
        values = taken(request, serializers.RouteUpdateInput)
        with refusals():
            route_update(actor=self.actor, route=route, values=values)
        return Response(serializers.RouteOutput(route).data)

    @extend_schema(operation_id="routes_delete", tags=TAGS, responses={204: None})
    def delete(self, request: Request, route_id: UUID) -> Response:
        """Remove it, unless another route contains it."""
        route = access_route(route_id)
        with refusals():
            route_delete(actor=self.actor, route=route)
        return Response(status=204)


class RouteGrantsApi(ModelsApi):
    """Who may use a route."""

    @extend_schema(operation_id="routes_grants", tags=TAGS, responses=GrantList)
    def get(self, request: Request, route_id: UUID) -> Response:
        """Its teams, by name."""
        return _grants(access_route(route_id))

    @extend_schema(operation_id="routes_grant", tags=TAGS, request=GrantsInput, responses=GrantList)
    def put(self, request: Request, route_id: UUID) -> Response:
        """Let exactly these teams use it; its models stay closed where they are."""
        route = access_route(route_id)
        team_ids = taken(request, GrantsInput)["team_ids"]
        with refusals():
            route_grants_set(actor=self.actor, route=route, team_ids=team_ids)
        return _grants(route)


class RouteTrialApi(ModelsApi):
    """Try a route."""

    @extend_schema(
        operation_id="routes_try",
        tags=TAGS,
        request=serializers.RouteTrialInput,
        responses={202: serializers.TrialOutput},
    )
    def post(self, request: Request, route_id: UUID) -> Response:
        """Ask it as a team would; the run's end says who answered and why."""
        route = access_route(route_id)
        values = taken(request, serializers.RouteTrialInput)
        team = access_team(values.pop("team_id"))
        with refusals():
            run = trial_start(actor=self.actor, route=route, team=team, **values)
        return Response({"run_id": run.pk}, status=202)


class RouteDryRunApi(ModelsApi):
    """What a route would have done."""

    @extend_schema(
        operation_id="routes_dry_run",
        tags=TAGS,
        parameters=[OpenApiParameter("team", str, required=True, description="Whose models it may use.")],
        responses=serializers.DryRunOutput,
    )
    def get(self, request: Request, route_id: UUID) -> Response:
        """Over the metadata of the last hundred questions; no text is read and no model is asked."""
        route = access_route(route_id)
        team = access_team(_uuid(request.query_params.get("team", "")))
        try:
            summary = dry_run(plan_of(route.pk, team.pk), past_questions())
        except ModelNotFoundError:
            raise Http404 from None
        return Response(
            {
                "questions": summary.questions,
                "picked": [_pick(pick) for pick in summary.picked],
                "cost_least": plain(summary.least),
                "cost_most": plain(summary.most),
                "cost_unknown": summary.unknown,
                "cost_was": plain(summary.was),
                "cost_was_unknown": summary.was_unknown,
                "nobody": summary.nobody,
            }
        )


def _pick(pick: Pick) -> dict[str, Any]:
    return {
        "models": pick.models,
        "questions": pick.questions,
        "cost_least": plain(pick.least),
        "cost_most": plain(pick.most),
        "cost_unknown": pick.unknown,
    }


def _grants(route: Route) -> Response:
    rows = route.grants.select_related("team").order_by("team__name")
    return Response({"results": GrantOutput(rows, many=True).data})


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
