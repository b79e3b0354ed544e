"""Reads of routes: what a team may use, and a plan with everything that a run of it needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from django.utils import timezone

from apps.accounts.selectors import tenant_settings
from apps.guardrails.classes import DataClass
from apps.llm.catalogue import price_shown
from apps.llm.clearances.reaching import models_named
from apps.llm.errors import ModelNotFoundError
from apps.llm.models import Grant, Model, Route, RouteGrant
from apps.llm.routes.definitions import DefinitionError, Ranked, Ref, refs_of
from apps.llm.routes.models import TRIAL
from apps.llm.routes.planning import Node, Offered, Plan, Speed
from apps.llm.routes.reading import read
from apps.llm.routes.usable import is_usable
from apps.llm.vendors.base import Modality
from apps.metering.prices import Price
from apps.metering.speeds import speeds_of
from apps.runs.models import Run
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.llm.clearances.reaching import Open
    from apps.llm.routes.definitions import Definition

PREFIX: Final = "route/"
NOTHING_OPEN: Final = "None of what it needs is open to this team."
SPEED_KEPT_S: Final = 60.0

_DEFAULT: Final = Statement("""
SELECT g.route_id
FROM llm_routegrant g JOIN accounts_team t ON t.tenant_id = g.tenant_id AND t.id = g.team_id
WHERE g.tenant_id = %(tenant)s AND g.is_default
  AND (g.team_id = %(team)s
       OR t.is_everyone AND NOT EXISTS (
           SELECT 1 FROM llm_grant o
           JOIN llm_model m ON m.tenant_id = o.tenant_id AND m.id = o.model_id
           JOIN llm_connection c ON c.tenant_id = m.tenant_id AND c.id = m.connection_id
           WHERE o.tenant_id = g.tenant_id AND o.team_id = %(team)s AND o.is_default
             AND m.is_enabled AND c.is_enabled))
ORDER BY t.is_everyone
""")
"""Prepared, since it stands before a new chat's first token."""

_speeds: dict[tuple[UUID, frozenset[UUID]], tuple[float, dict[UUID, Speed]]] = {}


@dataclass(frozen=True, slots=True)
class RouteForTeam:
    """A route that a team was granted; `reason` says in words that name no model why it is not usable."""

    route: Route
    usable: bool
    reason: str = ""


def access_route(route_id: UUID) -> Route:
    """The tenant's route; raises Http404 otherwise."""
    route = Route.objects.filter(pk=route_id).first()
    if route is None:
        raise Http404
    return route


def trial_of(route: Route, run_id: UUID) -> Run:
    """A trial of this route; raises Http404 otherwise."""
    run = Run.objects.filter(pk=run_id, kind=TRIAL, input__route_id=str(route.pk)).first()
    if run is None:
        raise Http404
    return run


def routes_for_team(team_id: UUID | None) -> list[RouteForTeam]:
    """The routes granted to the team or to Everyone, by name; one statement where there are none."""
    granting = RouteGrant.objects.filter(_of_team(team_id), route=OuterRef("pk"))
    enabled = list(_enabled().annotate(is_granted=Exists(granting)).order_by("name", "slug"))
    granted = [route for route in enabled if route.is_granted]
    if not granted:
        return []
    definitions = _definitions(enabled)
    models = set(_usable_models(team_id).values_list("pk", flat=True))
    found = []
    for route in granted:
        usable = is_usable(Ref("route", route.pk), definitions, models)
        found.append(RouteForTeam(route, usable, "" if usable else NOTHING_OPEN))
    return found


def routes_cleared(ids: Collection[UUID], models: Mapping[UUID, Open]) -> dict[UUID, DataClass | None]:
    """The highest data class with which each of these routes can still answer by those models; None: none."""
    definitions = _definitions(_enabled())
    able = {
        level: {id_ for id_, model in models.items() if model.data_class >= level}
        for level in sorted(DataClass, reverse=True)
    }
    return {
        id_: next((at for at, by in able.items() if is_usable(Ref("route", id_), definitions, by)), None)
        for id_ in ids
    }


def default_route(team_id: UUID) -> Route | None:
    """The usable route that a new chat begins with; None: selectors.default_model says which model does.

    The team's own default goes before Everyone's, be it a model or a route. One statement where no route is a
    default.
    """
    rows = execute(_DEFAULT, {"tenant": current_tenant_id(), "team": team_id}).rows
    if not rows:
        return None
    usable = {found.route.pk: found.route for found in routes_for_team(team_id) if found.usable}
    return next((usable[route_id] for (route_id,) in rows if route_id in usable), None)


def is_route(slug: str) -> bool:
    """Whether a picker's or program's id names a route."""
    return slug.startswith(PREFIX)


def route_by_slug(team_id: UUID | None, slug: str) -> Route:
    """The route `route/SLUG`, if the team may use it; raises ModelNotFoundError, whatever the reason."""
    route = None
    if "\x00" not in slug:
        route = _granted(team_id).filter(slug=slug.removeprefix(PREFIX)).first()
    if route is None:
        raise ModelNotFoundError
    return route


def load_plan(route_id: UUID, team_id: UUID | None) -> Plan:
    """The route with what it leads to, as the team may use it now; raises ModelNotFoundError."""
    if not _granted(team_id).filter(pk=route_id).exists():
        raise ModelNotFoundError
    return plan_of(route_id, team_id)


def plan_and_hour(route_id: UUID, team_id: UUID | None) -> tuple[Plan, int]:
    """`load_plan`, and the hour of the organisation's day, 0 to 23."""
    return load_plan(route_id, team_id), local_hour(timezone.now())


def local_hour(moment: datetime) -> int:
    """The hour of the organisation's day at that moment."""
    return moment.astimezone(local_zone()).hour


def local_zone(name: str | None = None) -> ZoneInfo:
    """The organisation's time zone; one statement, none where the caller knows its name."""
    try:
        return ZoneInfo(name if name is not None else tenant_settings().time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def plan_of(route_id: UUID, team_id: UUID | None) -> Plan:
    """As `load_plan`, for an administrator's trial: the route itself need not be granted to the team."""
    nodes = {route.pk: node for route in _enabled() if (node := _node(route)) is not None}
    if route_id not in nodes:
        raise ModelNotFoundError
    reached = _reached(route_id, nodes)
    routes = {node_id: nodes[node_id] for node_id in reached}
    wanted = {
        ref.id for node in routes.values() for _, ref in refs_of(node.definition) if ref.kind == "model"
    }
    found = list(_usable_models(team_id).filter(pk__in=wanted))
    ranked = any(isinstance(node.definition, Ranked) for node in routes.values())
    speeds = _speeds_of(frozenset(model.pk for model in found)) if ranked else {}
    cleared = models_named([model.pk for model in found])
    models = {model.pk: offered(model, speeds.get(model.pk), cleared[model.pk].data_class) for model in found}
    return Plan(routes[route_id], routes, models)


def offered(
    model: Model, speed: Speed | None = None, cleared_for: DataClass = DataClass.RESTRICTED
) -> Offered:
    """What is known of a model, for planning."""
    return Offered(
        id=model.pk,
        slug=model.slug,
        name=model.name,
        vendor=model.connection.vendor,
        abilities=frozenset(model.abilities),
        window=model.room,
        max_output=model.max_output,
        price=model.price or _listed(model.connection.vendor, model.connection.base_url, model.vendor_model),
        speed=speed,
        cleared_for=cleared_for,
    )


def definitions_of(routes: Iterable[Route]) -> dict[UUID, Definition]:
    """The definitions that can be read; what a later version wrote otherwise is left out."""
    return _definitions(routes)


def _granted(team_id: UUID | None) -> QuerySet[Route]:
    of_team = _of_team(team_id)
    return Route.objects.filter(
        Exists(RouteGrant.objects.filter(of_team, route=OuterRef("pk"))), is_enabled=True
    ).order_by("name", "slug")


def _of_team(team_id: UUID | None) -> Q:
    return Q(team__is_everyone=True) if team_id is None else Q(team_id=team_id) | Q(team__is_everyone=True)


def _enabled() -> QuerySet[Route]:
    return Route.objects.filter(is_enabled=True)


def _usable_models(team_id: UUID | None) -> QuerySet[Model]:
    return Model.objects.filter(
        Exists(Grant.objects.filter(_of_team(team_id), model=OuterRef("pk"))),
        modality=Modality.CHAT.value,
        is_enabled=True,
        connection__is_enabled=True,
    ).select_related("connection")


def _definitions(routes: Iterable[Route]) -> dict[UUID, Definition]:
    return {route.pk: node.definition for route in routes if (node := _node(route)) is not None}


def _node(route: Route) -> Node | None:
    try:
        definition = read(route.kind, route.definition)
    except DefinitionError:
        return None
    return Node(route.pk, route.slug, route.name, route.kind, definition)


def _reached(start: UUID, nodes: Mapping[UUID, Node]) -> set[UUID]:
    found: set[UUID] = set()
    waiting = [start]
    while waiting:
        node_id = waiting.pop()
        if node_id in found or node_id not in nodes:
            continue
        found.add(node_id)
        waiting += [ref.id for _, ref in refs_of(nodes[node_id].definition) if ref.kind == "route"]
    return found


def _speeds_of(model_ids: Collection[UUID]) -> dict[UUID, Speed]:
    """Kept for a minute: a route that ranks by speed asks before every answer."""
    key = (current_tenant_id(), frozenset(model_ids))
    kept = _speeds.get(key)
    if kept is not None and monotonic() - kept[0] < SPEED_KEPT_S:
        return kept[1]
    found = {
        model_id: Speed(measured.ms_first, measured.tokens_s)
        for model_id, measured in speeds_of(model_ids).items()
    }
    if len(_speeds) > 1_000:  # noqa: PLR2004 - routes of all tenants
        _speeds.clear()
    _speeds[key] = (monotonic(), found)
    return found


@lru_cache(maxsize=4096)
def _listed(vendor: str, base_url: str, vendor_model: str) -> Price | None:
    """The price list's; a tiered rate by its lowest tier. None where it has none: unknown is not 0."""
    listed = price_shown(vendor=vendor, base_url=base_url, model=vendor_model, modality=Modality.CHAT.value)
    if listed.input is None or listed.output is None:
        return None
    return Price(listed.input, listed.output, listed.currency)
