"""Endpoints of policies. The team Everyone's policy is the organisation's."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.accounts.permissions import require
from apps.accounts.selectors import access_team
from apps.guardrails import outputs, selectors, services
from apps.guardrails.api import serializers
from apps.guardrails.consulting import consultation_start, trial_in
from apps.guardrails.permissions import MANAGE, READ
from apps.guardrails.rules import Rule, RuleError, read_rule
from apps.rest.errors import invalid, not_found
from apps.rest.inputs import taken
from apps.rest.pages import CURSOR, LIMIT, id_of, page_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from rest_framework.request import Request

    from apps.guardrails.selectors import Side

TAGS = ["policies"]


class PolicyApi(TenantApi):
    """For those who read policies; an API key needs the scope `admin`."""

    scope = "admin"
    capability = READ

    def side(self, team_id: UUID) -> Side:
        """The team's policy; raises 404."""
        return selectors.side_of(access_team(team_id))

    def manage(self) -> None:
        """Raise 403 for those who only read."""
        require(self.actor, MANAGE)


@contextmanager
def refusals() -> Iterator[None]:
    """A rule that can not be becomes a 400 problem beside its field."""
    try:
        yield
    except RuleError as error:
        raise invalid([{"field": error.field, "message": error.message}]) from error


class PolicyListApi(PolicyApi):
    """Who has a policy."""

    @extend_schema(operation_id="policies_list", tags=TAGS, responses=serializers.PolicyListOutput)
    def get(self, request: Request) -> Response:
        """The organisation's first, then those of teams; a team without one inherits all."""
        del request
        return Response({"results": [outputs.policy_output(each) for each in selectors.policies()]})


class TeamPolicyApi(PolicyApi):
    """What holds in a team."""

    @extend_schema(operation_id="policies_get", tags=TAGS, responses=serializers.PolicySideOutput)
    def get(self, request: Request, team_id: UUID) -> Response:
        """Settings and rules, its own and inherited ones."""
        del request
        return Response(outputs.side_output(self.side(team_id)))

    @extend_schema(
        operation_id="policies_update",
        tags=TAGS,
        request=serializers.PolicyInput,
        responses=serializers.PolicySideOutput,
    )
    def patch(self, request: Request, team_id: UUID) -> Response:
        """Change state and reach; a new version, audited."""
        self.manage()
        team = access_team(team_id)
        values = taken(request, serializers.PolicyInput)
        if team.is_everyone and "" in values.values():
            raise invalid([{"field": "covers", "message": "The organisation's policy inherits nothing."}])
        if not team.is_everyone and "keep_days" in values:
            raise invalid([{"field": "keep_days", "message": "The organisation alone says how long."}])
        services.policy_change(actor=self.actor, team=team, change=services.Change(**values))
        return Response(outputs.side_output(self.side(team_id)))


class RuleListApi(PolicyApi):
    """New rules of a team."""

    @extend_schema(
        operation_id="policies_rules_add",
        tags=TAGS,
        request=serializers.RuleInput,
        responses={201: serializers.RuleOutput},
    )
    def post(self, request: Request, team_id: UUID) -> Response:
        """Add a rule of the team's own."""
        self.manage()
        side = self.side(team_id)
        rule = _rule(taken(request, serializers.RuleInput))
        return Response(_saved(self, side, rule), status=201)


class RuleApi(PolicyApi):
    """One rule of a team."""

    @extend_schema(
        operation_id="policies_rules_set",
        tags=TAGS,
        request=serializers.RuleInput,
        responses=serializers.RuleOutput,
    )
    def put(self, request: Request, team_id: UUID, rule_id: UUID) -> Response:
        """Replace a rule of the team's own; one that it inherits has to be overridden first."""
        self.manage()
        side = self.side(team_id)
        known = selectors.access_own(side, rule_id)
        values = taken(request, serializers.RuleInput)
        return Response(_saved(self, side, _rule(values | {"id": known.id, "overrides": known.overrides})))

    @extend_schema(operation_id="policies_rules_remove", tags=TAGS, responses={204: None})
    def delete(self, request: Request, team_id: UUID, rule_id: UUID) -> Response:
        """Remove it; of an override this resets to the organisation's rule."""
        del request
        self.manage()
        side = self.side(team_id)
        rule = selectors.access_own(side, rule_id)
        services.rule_remove(actor=self.actor, team=side.team, rule_id=rule.id)
        return Response(status=204)


class RuleOverrideApi(PolicyApi):
    """Overriding an inherited rule."""

    @extend_schema(
        operation_id="policies_rules_override",
        tags=TAGS,
        request=None,
        responses={201: serializers.RuleOutput},
    )
    def post(self, request: Request, team_id: UUID, rule_id: UUID) -> Response:
        """A copy of the organisation's rule for this team, to change by PUT or to reset by DELETE."""
        del request
        self.manage()
        side = self.side(team_id)
        row = selectors.access_row(side, rule_id)
        if row.is_own:
            raise not_found()
        own = services.rule_override(actor=self.actor, team=side.team, rule=row.rule)
        made = selectors.access_row(self.side(team_id), UUID(own.id))
        return Response(outputs.rule_output(made), status=201)


class PolicyVersionListApi(PolicyApi):
    """What a policy was."""

    @extend_schema(
        operation_id="policies_versions",
        tags=TAGS,
        parameters=[CURSOR, LIMIT],
        responses=serializers.PolicyVersionListOutput,
    )
    def get(self, request: Request, team_id: UUID) -> Response:
        """Its versions, newest first."""
        policy = self.side(team_id).policy
        rows = selectors.versions_of(policy)
        page, following = page_of(request, rows)
        return Response({"results": [outputs.version_output(each) for each in page], "next": following})


class PolicyTrialApi(PolicyApi):
    """The playground."""

    @extend_schema(
        operation_id="policies_try",
        tags=TAGS,
        request=serializers.PolicyTrialInput,
        responses=serializers.PolicyTrialOutput,
    )
    def post(self, request: Request, team_id: UUID) -> Response:
        """What the team's rules make of a text, as if all were on; it is not sent, logged or kept.

        With `ask` the models that rules would ask are asked, at a cost: the run `run_id` says what they find.
        """
        side = self.side(team_id)
        values = taken(request, serializers.PolicyTrialInput)
        comes_in = values["direction"] == "in"
        made = trial_in(side, values["text"], comes_in=comes_in)
        run = None
        if values["ask"]:
            self.manage()
            run = consultation_start(actor=self.actor, side=side, trial=made, comes_in=comes_in)
        return Response(outputs.trial_output(made) | {"run_id": run.pk if run else None})


class FindingsApi(PolicyApi):
    """What rules found."""

    @extend_schema(
        operation_id="policies_findings",
        tags=TAGS,
        parameters=[
            OpenApiParameter("days", int, enum=selectors.DAYS, description="The period; 7 by default."),
            OpenApiParameter("team", UUID, description="Calls of this team alone."),
            OpenApiParameter("shadow", bool, description="Rules in shadow alone, or without them."),
        ],
        responses=serializers.FindingsReportOutput,
    )
    def get(self, request: Request) -> Response:
        """Kinds and counts by rule, also of what rules in shadow would have done."""
        asked = request.query_params
        days = asked.get("days", "7")
        if days not in {str(each) for each in selectors.DAYS}:
            raise invalid([{"field": "days", "message": f"One of {', '.join(map(str, selectors.DAYS))}."}])
        team = access_team(id_of(asked["team"])) if asked.get("team") else None
        shadow = {"true": True, "false": False}.get(asked.get("shadow", ""))
        rows = selectors.hits(days=int(days), team_id=team.pk if team else None, shadow=shadow)
        lines = [outputs.report_output(line) for line in selectors.report(rows)]
        return Response({"days": int(days), "results": lines})


def _rule(values: Mapping[str, Any]) -> Rule:
    with refusals():
        return read_rule(values)


def _saved(api: PolicyApi, side: Side, rule: Rule) -> dict[str, Any]:
    with refusals():
        services.rule_save(actor=api.actor, team=side.team, rule=rule)
    return outputs.rule_output(selectors.access_row(api.side(side.team.pk), UUID(rule.id)))
