"""What administrators see: connections and models whole, with their teams and what depends on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Prefetch, Q
from django.http import Http404

from apps.accounts.models import Membership, Team, User
from apps.llm.endpoints import BUILTIN, EXTRACTIVE
from apps.llm.models import CheckKind, Connection, ConnectionCheck, Grant, Model, Route
from apps.llm.routes.definitions import refs_of
from apps.llm.routes.models import MODEL_TRIAL
from apps.llm.routes.selectors import definitions_of
from apps.llm.uses import chats_with
from apps.runs.models import Run

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet


ORDERS: Final[Mapping[str, Sequence[str]]] = {
    "name": ("name",),
    "-name": ("-name",),
    "vendor": ("vendor", "name"),
    "-vendor": ("-vendor", "name"),
    "models": ("-model_count", "name"),
    "-models": ("model_count", "name"),
    "state": ("-is_enabled", "name"),
    "-state": ("is_enabled", "name"),
}


def connections(filters: Mapping[str, str]) -> QuerySet[Connection]:
    """Connections with `model_count` and newest tests first; `q` in name, vendor or address, `sort`."""
    checks = ConnectionCheck.objects.filter(kind=CheckKind.TEST).order_by("-created_at")
    rows = Connection.objects.annotate(model_count=Count("models"))
    if q := filters.get("q", ""):
        rows = rows.filter(Q(name__icontains=q) | Q(vendor__icontains=q) | Q(base_url__icontains=q))
    rows = rows.order_by(*ORDERS.get(filters.get("sort", ""), ORDERS["name"]))
    return rows.prefetch_related(Prefetch("checks", checks, to_attr="tests"))


def has_provider() -> bool:
    """Whether anyone has connected a host besides the installation's own."""
    return Connection.objects.exclude(vendor__in=(BUILTIN, EXTRACTIVE)).exists()


def access_connection(connection_id: UUID) -> Connection:
    """The connection of that id in this tenant; raises Http404."""
    connection = Connection.objects.filter(pk=connection_id).first()
    if connection is None:
        raise Http404
    return connection


def access_model(model_id: UUID) -> Model:
    """The model of that id in this tenant, with its connection; raises Http404."""
    model = Model.objects.select_related("connection").filter(pk=model_id).first()
    if model is None:
        raise Http404
    return model


def access_model_trial(model: Model, trial_id: UUID) -> Run:
    """A trial of this model; raises Http404."""
    run = Run.objects.filter(pk=trial_id, kind=MODEL_TRIAL, input__model_id=str(model.pk)).first()
    if run is None:
        raise Http404
    return run


def access_team(team_id: UUID) -> Team:
    """The team of that id in this tenant; raises Http404."""
    team = Team.objects.filter(pk=team_id).first()
    if team is None:
        raise Http404
    return team


def access_check(connection: Connection, check_id: UUID) -> ConnectionCheck:
    """The connection's check of that id; raises Http404."""
    check = connection.checks.filter(pk=check_id).first()
    if check is None:
        raise Http404
    return check


def newest_check(connection: Connection, kind: CheckKind) -> ConnectionCheck | None:
    return connection.checks.filter(kind=kind).order_by("-created_at").first()


def teams() -> list[Team]:
    """Every team, Everyone first."""
    return list(Team.objects.order_by("-is_everyone", "name"))


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a change of these models touches; `routes` are those that contain one."""

    models: list[Model]
    team_ids: set[UUID]
    teams: list[str]
    defaults: list[str]
    people: int
    routes: list[Route]

    @property
    def chats(self) -> int:
        """How many chats have chosen one of the models; counted when it is asked."""
        return chats_with([model.slug for model in self.models])


def reach_of(models: Iterable[Model]) -> Reach:
    """The models by name, the teams that may use them, those whose default is among them, people, routes."""
    found = sorted(models, key=lambda model: model.name)
    grants = list(Grant.objects.filter(model__in=found).select_related("team"))
    granted = {grant.team_id: grant.team for grant in grants}
    names = sorted(team.name for team in granted.values())
    defaults = sorted(grant.team.name for grant in grants if grant.is_default)
    people = people_in(granted.values())
    return Reach(found, set(granted), names, defaults, people, _routes_with({model.pk for model in found}))


def _routes_with(model_ids: set[UUID]) -> list[Route]:
    """The routes that contain one of these models themselves, by name."""
    routes = list(Route.objects.order_by("name"))
    definitions = definitions_of(routes)
    return [
        route
        for route in routes
        if route.pk in definitions and any(ref.id in model_ids for _, ref in refs_of(definitions[route.pk]))
    ]


def people_in(teams: Any) -> int:
    """How many active people are in any of the teams."""
    chosen = list(teams)
    if any(team.is_everyone for team in chosen):
        return User.objects.filter(is_active=True).count()
    members = Membership.objects.filter(team__in=chosen, user__is_active=True)
    return members.values("user_id").distinct().count()
