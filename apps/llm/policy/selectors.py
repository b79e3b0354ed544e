"""Reads of what applies: a team's models with their parameters, all teams beside all models, one person's.

Each read takes a fixed number of statements, however many models and teams there are.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q

from apps.accounts.models import Team
from apps.accounts.selectors import teams_of
from apps.llm.models import Grant, Model, TeamParameters
from apps.llm.policy.rules import Setting, settled
from apps.llm.selectors.granted import default_model
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

CHAT = Modality.CHAT.value


def models_found(query: str) -> QuerySet[Model]:
    """Models with their connections by name; `query` in their name or id."""
    rows = Model.objects.select_related("connection").order_by("name", "slug")
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

    def own_row(self, model: Model | None) -> TeamParameters | None:
        """What the team itself set for the model, or with None for all models."""
        key = (self.team.pk, model.pk if model else None)
        return next((row for row in self.rows if (row.team_id, row.model_id) == key), None)


def team_models(team: Team) -> TeamModels:
    """The team's side of every model; three statements."""
    everyone = team if team.is_everyone else Team.objects.get(is_everyone=True)
    own: set[UUID] = set()
    inherited: set[UUID] = set()
    default_id: UUID | None = None
    grants = Grant.objects.filter(team__in=[team, everyone])
    for model_id, team_id, is_default in grants.values_list("model_id", "team_id", "is_default"):
        if team_id == team.pk:
            own.add(model_id)
            default_id = model_id if is_default else default_id
        else:
            inherited.add(model_id)
    rows = list(TeamParameters.objects.filter(team__in=[team, everyone]))
    return TeamModels(team, everyone, frozenset(own), frozenset(inherited), default_id, rows)


@dataclass(frozen=True, slots=True)
class Applied:
    """A model that a person may use in a team now: through which teams, and with which parameters."""

    model: Model
    through: list[Team]
    is_default: bool
    settings: list[Setting]


@dataclass(frozen=True, slots=True)
class PersonTeam:
    """A team of a person, with how many models they may use in it."""

    team: Team
    models: int


@dataclass(frozen=True, slots=True)
class Policy:
    """What applies to a person in one of their teams, and why."""

    team: Team
    everyone: Team
    teams: list[PersonTeam]
    models: list[Applied]
    default: Model | None
    default_team: Team | None
    granted: dict[UUID, set[UUID]] = field(repr=False)


def policy_of(user_id: UUID, team: Team) -> Policy:
    """What the person may use in the team; the caller has checked that it is one of theirs.

    Only what is switched on and granted to the team or to Everyone is in it: nothing else is ever named.
    """
    teams = list(teams_of(user_id))
    everyone = next(each for each in teams if each.is_everyone)
    granted = _granted({each.pk for each in teams})
    by_id = {each.pk: each for each in (team, everyone)}
    usable = granted[team.pk] | granted[everyone.pk]
    default = default_model(team.pk)
    side = team_models(team)
    applied = [
        Applied(
            model,
            [each for pk, each in by_id.items() if model.pk in granted[pk]],
            is_default=default is not None and model.pk == default.pk,
            settings=side.settings(model) if model.modality == CHAT else [],
        )
        for model in Model.objects.filter(pk__in=usable).select_related("connection").order_by("name", "slug")
    ]
    counted = [PersonTeam(each, len(granted[each.pk] | granted[everyone.pk])) for each in teams]
    return Policy(team, everyone, counted, applied, default, _default_team(default, by_id), granted)


def _granted(team_ids: set[UUID]) -> dict[UUID, set[UUID]]:
    """The models that each team may use by grants of its own and that are switched on."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    on = Grant.objects.filter(model__is_enabled=True, model__connection__is_enabled=True)
    for team_id, model_id in on.filter(team_id__in=team_ids).values_list("team_id", "model_id"):
        found[team_id].add(model_id)
    return found


def _default_team(default: Model | None, teams: dict[UUID, Team]) -> Team | None:
    """The team whose default it is; None where none was set and the first by name stands in."""
    if default is None:
        return None
    chosen = Grant.objects.filter(model=default, team_id__in=teams, is_default=True)
    found = chosen.order_by("team__is_everyone").values_list("team_id", flat=True).first()
    return teams.get(found) if found else None


@dataclass(frozen=True, slots=True)
class Withheld:
    """A model that does not apply to a person in a team, and why; for administrators only."""

    model: Model
    reason: str


def withheld_from(policy: Policy) -> list[Withheld]:
    """Every other model of the organisation, and why it does not apply. Never shown to members."""
    usable = {applied.model.pk for applied in policy.models}
    names: dict[UUID, list[str]] = defaultdict(list)
    for model_id, name in Grant.objects.order_by("team__name").values_list("model_id", "team__name"):
        names[model_id].append(name)
    theirs = {each.team.name for each in policy.teams}
    return [
        Withheld(model, _reason(model, names[model.pk], theirs))
        for model in models_found("")
        if model.pk not in usable
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
