"""Budgets over REST: for administrators all of them, for everybody what limits their own calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts.api.base import IdempotentMixin, TenantApi
from apps.accounts.permissions import require
from apps.accounts.selectors import tenant_settings
from apps.metering.budgets import selectors
from apps.metering.budgets import serializers as shapes
from apps.metering.budgets.models import PeriodKind, Reach, RequestState, Sharing, Unit
from apps.metering.budgets.people import MANAGE, SEE
from apps.metering.budgets.purse import Line
from apps.metering.budgets.requests import budget_end, request_create, request_decide
from apps.metering.budgets.services import Terms, budget_create, budget_update
from apps.metering.budgets.standings import standings
from apps.rest.errors import invalid
from apps.rest.inputs import refusals, taken
from apps.rest.pages import CURSOR, LIMIT, page_of
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from rest_framework.request import Request

    from apps.metering.budgets.models import Budget

TAGS = ["budgets"]


class BudgetsApi(TenantApi):
    """An endpoint of the administration; an API key needs the scope `admin`."""

    scope = "admin"
    capability = SEE

    def may_manage(self) -> None:
        """Raises 403 for whoever may only look."""
        require(self.actor, MANAGE)


class BudgetListApi(IdempotentMixin, BudgetsApi):
    """The organisation's budgets."""

    @extend_schema(
        operation_id="budgets_list", tags=TAGS, parameters=[CURSOR, LIMIT], responses=shapes.BudgetPage
    )
    def get(self, request: Request) -> Response:
        """Those that limit something now, newest first."""
        rows, following = page_of(request, selectors.standing_budgets())
        found = shapes.BudgetOutput(standings(rows), many=True)
        return Response({"results": found.data, "next": following})

    @extend_schema(
        operation_id="budgets_create",
        tags=TAGS,
        request=shapes.BudgetInput,
        responses={201: shapes.BudgetOutput},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Agree on a limit; calls count from now on. Safe to repeat with an Idempotency-Key."""
        self.may_manage()
        return super().post(request, *args, **kwargs)

    def create(self, request: Request) -> Response:
        values = taken(request, shapes.BudgetInput)
        reach = Reach(values["reach"])
        subject_id = values.get("subject_id") or (current_tenant_id() if reach is Reach.TENANT else None)
        if subject_id is None:
            raise invalid([{"field": "subject_id", "message": "Say whose budget it is."}])
        terms = Terms(
            Unit(values["unit"]), values["amount"], PeriodKind(values["period"]), Sharing(values["sharing"])
        )
        with refusals():
            budget = budget_create(
                actor=self.actor,
                reach=reach,
                subject_id=subject_id,
                subject_name=selectors.subject_name(reach, subject_id),
                terms=terms,
            )
        return _shown(budget, status=201)


class BudgetApi(BudgetsApi):
    """One budget."""

    @extend_schema(operation_id="budgets_read", tags=TAGS, responses=shapes.BudgetOutput)
    def get(self, request: Request, budget_id: UUID) -> Response:
        """As it stands now."""
        del request
        return _shown(selectors.access_budget(budget_id))

    @extend_schema(
        operation_id="budgets_update",
        tags=TAGS,
        request=shapes.BudgetUpdateInput,
        responses=shapes.BudgetOutput,
    )
    def patch(self, request: Request, budget_id: UUID) -> Response:
        """Agree on another amount, at once; what is spent of the period stays."""
        self.may_manage()
        budget = selectors.access_budget(budget_id)
        with refusals():
            budget_update(
                actor=self.actor, budget=budget, amount=taken(request, shapes.BudgetUpdateInput)["amount"]
            )
        return _shown(budget)

    @extend_schema(operation_id="budgets_delete", tags=TAGS, responses={204: None})
    def delete(self, request: Request, budget_id: UUID) -> Response:
        """It limits nothing from now on; what it has counted stays in the record."""
        del request
        self.may_manage()
        budget_end(actor=self.actor, budget=selectors.access_budget(budget_id))
        return Response(status=204)


class OwnBudgetsApi(TenantApi):
    """What limits one's own calls."""

    @extend_schema(
        operation_id="me_budgets",
        tags=TAGS,
        parameters=[
            OpenApiParameter("team", UUID, description="Calls for this team alone."),
            OpenApiParameter("model", str, description="Calls of the model with this id alone."),
        ],
        responses=shapes.OwnBudgetList,
    )
    def get(self, request: Request) -> Response:
        """The fullest first; none where the organisation keeps its budgets to itself."""
        organisation, lines = tenant_settings(), list[Line]()
        if organisation.shows_budgets:
            lines = selectors.own_lines(
                self.actor, _team(request), request.query_params.get("model", "")[:100]
            )
        lines.sort(key=lambda line: -line.percent)
        found = shapes.OwnBudgetOutput(lines, many=True)
        return Response({"currency": organisation.currency, "results": found.data})


class BudgetRequestListApi(IdempotentMixin, TenantApi):
    """Requests for more: one's own, those of teams that one leads, all for administrators."""

    @extend_schema(
        operation_id="budget_requests_list",
        tags=TAGS,
        parameters=[CURSOR, LIMIT, OpenApiParameter("state", str, enum=list(RequestState))],
        responses=shapes.BudgetRequestPage,
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        state = request.query_params.get("state", "")
        if state not in {"", *RequestState}:
            raise invalid([{"field": "state", "message": f"Choose from {', '.join(RequestState)}."}])
        seen = selectors.requests_seen(self.actor, state)
        rows, following = page_of(request, seen)
        return Response({"results": shapes.BudgetRequestOutput(rows, many=True).data, "next": following})

    @extend_schema(
        operation_id="budget_requests_create",
        tags=TAGS,
        request=shapes.BudgetRequestInput,
        responses={201: shapes.BudgetRequestOutput},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask for more until the period ends. Safe to repeat with an Idempotency-Key."""
        return super().post(request, *args, **kwargs)

    def create(self, request: Request) -> Response:
        values = taken(request, shapes.BudgetRequestInput)
        line = selectors.access_line(self.actor, values["budget_id"])
        with refusals():
            asked = request_create(
                actor=self.actor, line=line, amount=values["amount"], reason=values["reason"]
            )
        return Response(shapes.BudgetRequestOutput(asked).data, status=201)


class BudgetRequestApi(TenantApi):
    """One request."""

    @extend_schema(operation_id="budget_requests_read", tags=TAGS, responses=shapes.BudgetRequestOutput)
    def get(self, request: Request, request_id: UUID) -> Response:
        """Who asks for how much, why, and what came of it."""
        del request
        return Response(shapes.BudgetRequestOutput(selectors.access_request(self.actor, request_id)).data)


class DecisionApi(TenantApi):
    """The decision on a request, by a lead of the team or an administrator."""

    @extend_schema(
        operation_id="budget_requests_decide",
        tags=TAGS,
        request=shapes.DecisionInput,
        responses=shapes.BudgetRequestOutput,
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """Grant so much until the period ends, or decline; whoever asked is told."""
        asked = selectors.access_request(self.actor, request_id)
        values = taken(request, shapes.DecisionInput)
        with refusals():
            asked = request_decide(
                actor=self.actor, asked=asked, granted=values["granted"], answer=values["answer"]
            )
        return Response(shapes.BudgetRequestOutput(asked).data)


def _shown(budget: Budget, *, status: int = 200) -> Response:
    (standing,) = standings([budget])
    return Response(shapes.BudgetOutput(standing).data, status=status)


def _team(request: Request) -> UUID | None:
    """The team that the address names; raises 400 for what is no id."""
    text = request.query_params.get("team", "")
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise invalid([{"field": "team", "message": "This is no id."}]) from None
