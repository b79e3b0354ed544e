"""Reads of what applies: a team's models with their parameters, all teams beside all models, one person's.

Each read takes a fixed number of statements, however many models and teams there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Q

from apps.accounts.models import Team
from apps.llm.models import Grant, Model, Route, RouteGrant, TeamParameters
from apps.llm.policy.rules import Setting, settled
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet


CHAT = Modality.CHAT.value
ORDERS: Final[Mapping[str, Sequence[str]]] = {
    "name": ("name", "slug"),
    "-name": ("-name", "slug"),
    "provider": ("connection__name", "name", "slug"),
    "-provider": ("-connection__name", "name", "slug"),
}


def models_found(query: str, sort: str = "") -> QuerySet[Model]:
    """Models with their connections by name, or as `sort` says; `query` in their name or id."""
    rows = Model.objects.select_related("connection").order_by(*ORDERS.get(sort, ORDERS["name"]))
    if query:
        rows = rows.filter(Q(name__icontains=query) | Q(slug__icontains=query))
    return rows


def teams_found(query: str) -> list[Team]:
    """Teams, Everyone first, then by name; `query` in their name."""
    rows = Team.objects.order_by("-is_everyone", "name")
    return list(rows.filter(name__icontains=query) if query else rows)


@dataclass(frozen=True, slots=True)
class GrantChange:
    """What a team gains or loses: the models, and the ids of all its own before and after."""

    team: Team
    models: list[Model]
    before: list[str]
    after: list[str]
    loses_default: bool


def grant_changes(teams: Iterable[Team], models: Iterable[Model], *, allowed: bool) -> list[GrantChange]:
    """How granting each model to each team, or revoking, would change them; teams that stay are left out."""
    chosen = {model.pk: model for model in models}
    own: dict[UUID, dict[UUID, Grant]] = defaultdict(dict)
    teams = list(teams)
    for grant in Grant.objects.filter(team__in=teams).select_related("model"):
        own[grant.team_id][grant.model_id] = grant
    found = [_change(team, chosen, own[team.pk], allowed=allowed) for team in teams]
    return [change for change in found if change.models]


def _change(team: Team, chosen: dict[UUID, Model], own: dict[UUID, Grant], *, allowed: bool) -> GrantChange:
    touched = [model for pk, model in chosen.items() if (pk not in own) == allowed]
    before = {grant.model.slug for grant in own.values()}
    slugs = {model.slug for model in touched}
    return GrantChange(
        team,
        touched,
        sorted(before),
        sorted(before | slugs if allowed else before - slugs),
        loses_default=not allowed and any(own[model.pk].is_default for model in touched),
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """One model in one team: `state` is own, inherited (through Everyone) or none."""

    team: str
    state: str
    is_default: bool

    @property
    def text(self) -> str:
        """What stands in the cell, for eyes and ears alike."""
        return _CELL[self.state, self.is_default]


_CELL = {
    ("own", True): "Default",
    ("own", False): "Yes",
    ("inherited", False): "Everyone",
    ("inherited", True): "Default",
    ("none", False): "No",
    ("none", True): "No",
}


def matrix(models: Iterable[Model], teams: Iterable[Team]) -> list[tuple[Model, list[Cell]]]:
    """Each model with a cell for each team; two statements."""
    models, teams = list(models), list(teams)
    everyone = set(Grant.objects.filter(team__is_everyone=True).values_list("model_id", flat=True))
    grants = Grant.objects.filter(team__in=teams, model__in=models)
    own = {(row[0], row[1]): row[2] for row in grants.values_list("model_id", "team_id", "is_default")}
    return [(model, [_cell(model, team, own, everyone) for team in teams]) for model in models]


def _cell(model: Model, team: Team, own: dict[tuple[UUID, UUID], bool], everyone: set[UUID]) -> Cell:
    is_default = own.get((model.pk, team.pk))
    if is_default is not None:
        return Cell(team.name, "own", is_default)
    return Cell(team.name, "inherited" if model.pk in everyone else "none", is_default=False)


@dataclass(frozen=True, slots=True)
class TeamModel:
    """A model beside a team: whether it may use it and why, and with which parameters."""

    model: Model
    is_own: bool
    is_inherited: bool
    is_default: bool
    settings: list[Setting]
    has_own_settings: bool

    @property
    def is_usable(self) -> bool:
        return self.is_own or self.is_inherited


@dataclass(frozen=True, slots=True)
class TeamModels:
    """A team's side of models: its own grants, Everyone's, its own default and every parameter's row."""

    team: Team
    everyone: Team
    own: frozenset[UUID]
    inherited: frozenset[UUID]
    default_id: UUID | None
    rows: list[TeamParameters]

    def of(self, model: Model) -> TeamModel:
        """The model beside the team."""
        is_chat = model.modality == CHAT
        return TeamModel(
            model,
            is_own=model.pk in self.own,
            is_inherited=model.pk in self.inherited,
            is_default=model.pk == self.default_id,
            settings=self.settings(model) if is_chat else [],
            has_own_settings=any(
                row.team_id == self.team.pk and row.model_id == model.pk for row in self.rows
            ),
        )

    def settings(self, model: Model | None) -> list[Setting]:
        """The parameters of the team's calls of the model, or of all models with None."""
        return settled(
            self.rows,
            team_id=self.team.pk,
            everyone_id=self.everyone.pk,
            model_id=model.pk if model else None,
        )

    def inherited_settings(self, model: Model | None) -> list[Setting]:
        """What would hold if the team set nothing for the model, or with None nothing for all models."""
        model_id = model.pk if model else None
        rest = [row for row in self.rows if (row.team_id, row.model_id) != (self.team.pk, model_id)]
        return settled(rest, team_id=self.team.pk, everyone_id=self.everyone.pk, model_id=model_id)

    def ordered(self, models: Iterable[Model], sort: str) -> list[TeamModel]:
        """The models beside the team; by "allowed" those come first that it may use, by "-allowed" last."""
        rows = [self.of(model) for model in models]
        if sort.removeprefix("-") == "allowed":
            rows.sort(key=lambda row: row.is_usable, reverse=sort == "allowed")
        return rows

    def own_row(self, model: Model | None) -> TeamParameters | None:
        """What the team itself set for the model, or with None for all models."""
        key = (self.team.pk, model.pk if model else None)
        return next((row for row in self.rows if (row.team_id, row.model_id) == key), None)


def team_models(team: Team) -> TeamModels:
    """The team's side of every model; three statements."""
    everyone = team if team.is_everyone else Team.objects.get(is_everyone=True)
    grants = Grant.objects.filter(team__in=[team, everyone])
    return side_of(team, everyone, list(grants.values_list("team_id", "model_id", "is_default")))


def side_of(team: Team, everyone: Team, grants: Iterable[tuple[UUID, UUID, bool]]) -> TeamModels:
    """The team's side by these grants (team, model, is default), which may hold other teams' too."""
    own = {model_id: is_default for team_id, model_id, is_default in grants if team_id == team.pk}
    inherited = {model_id for team_id, model_id, _ in grants if team_id == everyone.pk != team.pk}
    default_id = next((model_id for model_id, is_default in own.items() if is_default), None)
    rows = list(TeamParameters.objects.filter(team__in=[team, everyone]))
    return TeamModels(team, everyone, frozenset(own), frozenset(inherited), default_id, rows)


def parameters_of(model: Model, teams: Iterable[Team]) -> list[tuple[Team, list[Setting]]]:
    """How the model is called by default, then in each team that says otherwise for it; one statement.

    The first is the team Everyone, whose parameters are the organisation's.
    """
    rows = list(TeamParameters.objects.filter(Q(model=model) | Q(model__isnull=True)))
    everyone, *others = sorted(teams, key=lambda team: not team.is_everyone)
    own = {row.team_id for row in rows if row.model_id is not None}
    among = [everyone, *(team for team in others if team.pk in own)]
    return [
        (team, settled(rows, team_id=team.pk, everyone_id=everyone.pk, model_id=model.pk)) for team in among
    ]


@dataclass(frozen=True, slots=True)
class TeamRoute:
    """A route beside a team: by its own grant or Everyone's; whether its new chats begin with it."""

    route: Route
    is_own: bool
    is_inherited: bool
    is_default: bool

    @property
    def is_usable(self) -> bool:
        return self.is_own or self.is_inherited


def team_routes(team: Team) -> list[TeamRoute]:
    """Every route of the organisation beside the team; two statements."""
    granted = RouteGrant.objects.filter(Q(team=team) | Q(team__is_everyone=True))
    rows = list(granted.values_list("route_id", "team_id", "is_default"))
    own = {route_id: is_default for route_id, team_id, is_default in rows if team_id == team.pk}
    inherited = {route_id for route_id, team_id, _ in rows if team_id != team.pk}
    return [
        TeamRoute(route, route.pk in own, route.pk in inherited, own.get(route.pk, False))
        for route in Route.objects.order_by("name", "slug")
    ]
