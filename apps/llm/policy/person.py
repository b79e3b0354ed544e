"""What applies to a person in one of their teams, and why."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from apps.accounts.models import Team
from apps.llm.endpoints import EXTRACTIVE
from apps.llm.models import Grant, Model, Route, RouteGrant
from apps.llm.policy.own import own_default
from apps.llm.policy.rules import Setting
from apps.llm.policy.selectors import CHAT, TeamModels, models_found, side_of
from apps.llm.routes.selectors import RouteForTeam, routes_for_team

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Applied:
    """A model that a person may use in a team now: through which teams, and with which parameters."""

    model: Model
    through: list[Team]
    is_default: bool
    settings: list[Setting]


@dataclass(frozen=True, slots=True)
class AppliedRoute:
    """A route that a person was granted in a team: through which teams, whose default, whether usable."""

    found: RouteForTeam
    through: list[Team]
    default_of: list[Team]


@dataclass(frozen=True, slots=True)
class PersonTeam:
    """A team of a person, with how many models they may use in it."""

    team: Team
    models: int


@dataclass(frozen=True, slots=True)
class Policy:
    """What applies to a person in one of their teams, and why.

    `others` and `granted` hold the rest of the organisation's models, and the names of the teams that each
    model was granted to: for `withheld_from` alone, and never for members.
    """

    team: Team
    everyone: Team
    teams: list[PersonTeam]
    models: list[Applied]
    routes: list[AppliedRoute]
    default: Model | Route | None
    default_team: Team | None
    is_own_default: bool
    others: list[Model] = field(repr=False)
    granted: dict[UUID, list[str]] = field(repr=False)


def team_among(teams: Iterable[Team], asked: str) -> Team | None:
    """The team of that id, Everyone without one; None when it is not among these."""
    return next((team for team in teams if (str(team.pk) == asked if asked else team.is_everyone)), None)


def policy_of(teams: list[Team], team: Team, *, person: UUID, only_team: bool = False) -> Policy:
    """What a person who is in these teams may use in one of them.

    Only what is switched on and granted to the team or to Everyone applies. With `only_team` no other team of
    the person's is named either, as an API key acts in one. Four statements, and three for routes.
    """
    everyone = next(each for each in teams if each.is_everyone)
    found = list(
        Grant.objects.order_by("team__name").values_list("team_id", "model_id", "is_default", "team__name")
    )
    grants = [(team_id, model_id, is_default) for team_id, model_id, is_default, _ in found]
    models = list(models_found(""))
    on = {model.pk for model in models if model.is_enabled and model.connection.is_enabled}
    side = side_of(team, everyone, grants)
    usable = (side.own | side.inherited) & on
    by_id = {each.pk: each for each in (team, everyone)}
    routes = _routes(team, by_id)
    default, default_team = _default([model for model in models if model.pk in usable], side, grants, routes)
    own = _usable_own(own_default(person, team.pk), usable, routes)
    if own is not None:
        default, default_team = own, None
    names: dict[UUID, list[str]] = defaultdict(list)
    for _, model_id, _, name in found:
        names[model_id].append(name)
    return Policy(
        team,
        everyone,
        [_counted(each, everyone, grants, on) for each in ([team] if only_team else teams)],
        [_applied(model, side, default) for model in models if model.pk in usable],
        routes,
        default,
        default_team,
        own is not None,
        [model for model in models if model.pk not in usable],
        names,
    )


def _counted(team: Team, everyone: Team, grants: list[tuple[UUID, UUID, bool]], on: set[UUID]) -> PersonTeam:
    """The team with the number of models that may be used in it."""
    here = {team.pk, everyone.pk}
    return PersonTeam(team, len({model_id for team_id, model_id, _ in grants if team_id in here} & on))


def _applied(model: Model, side: TeamModels, default: Model | Route | None) -> Applied:
    through = [side.team] if model.pk in side.own else []
    through += [side.everyone] if model.pk in side.inherited else []
    settings = side.settings(model) if model.modality == CHAT else []
    return Applied(model, through, model == default, settings)


def _default(
    usable: list[Model],
    side: TeamModels,
    grants: list[tuple[UUID, UUID, bool]],
    routes: list[AppliedRoute],
) -> tuple[Model | Route | None, Team | None]:
    """As a new chat has it: the team's model or route, else Everyone's, else the first model by name.

    With the team that set it, None where none did. What quotes documents comes last.
    """
    chat = {model.pk: model for model in usable if model.modality == CHAT}
    for team in (side.team, side.everyone):
        for route in routes:
            if route.found.usable and team in route.default_of:
                return route.found.route, team
        for team_id, model_id, is_default in grants:
            if is_default and team_id == team.pk and model_id in chat:
                return chat[model_id], team
    ordered = sorted(chat.values(), key=lambda model: model.connection.vendor == EXTRACTIVE)
    return next(iter(ordered), None), None


def _usable_own(
    own: Model | Route | None, usable: frozenset[UUID], routes: list[AppliedRoute]
) -> Model | Route | None:
    """What the person chose, while it can be used."""
    open_routes = {applied.found.route.pk for applied in routes if applied.found.usable}
    return own if own is not None and own.pk in usable | open_routes else None


def _routes(team: Team, teams: dict[UUID, Team]) -> list[AppliedRoute]:
    """The routes that were granted to the team or to Everyone."""
    found = routes_for_team(team.pk)
    granted = RouteGrant.objects.filter(team_id__in=teams) if found else RouteGrant.objects.none()
    through = {
        (route_id, team_id): is_default
        for route_id, team_id, is_default in granted.values_list("route_id", "team_id", "is_default")
    }
    return [
        AppliedRoute(
            each,
            [one for pk, one in teams.items() if (each.route.pk, pk) in through],
            [one for pk, one in teams.items() if through.get((each.route.pk, pk))],
        )
        for each in found
    ]


@dataclass(frozen=True, slots=True)
class Withheld:
    """A model that does not apply to a person in a team, and why; for administrators only."""

    model: Model
    reason: str


def withheld_from(policy: Policy) -> list[Withheld]:
    """Every other model of the organisation, and why it does not apply. Never shown to members."""
    theirs = {each.team.name for each in policy.teams}
    return [
        Withheld(model, _reason(model, policy.granted.get(model.pk, []), theirs)) for model in policy.others
    ]


def _reason(model: Model, granted: list[str], theirs: set[str]) -> str:
    if not model.is_enabled:
        return "The model is switched off."
    if not model.connection.is_enabled:
        return f"Its provider, {model.connection.name}, is switched off."
    if not granted:
        return "No team may use it."
    within = [name for name in granted if name in theirs]
    if within:
        return f"Not in this team: it is granted to {', '.join(within)}."
    return f"Granted to {', '.join(granted)}: the person is in none of these teams."
