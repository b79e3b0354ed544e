"""What the admin pages of routes read, all of it whether or not anyone may use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Exists, OuterRef, Q

from apps.llm.models import Grant, Model, Route
from apps.llm.routes.definitions import DefinitionError, refs_of
from apps.llm.routes.models import RouteKind
from apps.llm.routes.reading import read
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from django.db.models import QuerySet

Choices = list[tuple[str, str]]


ORDERS: Final[Mapping[str, Sequence[Any]]] = {
    "name": ("name", "slug"),
    "-name": ("-name", "slug"),
    "kind": ("kind", "name", "slug"),
    "-kind": ("-kind", "name", "slug"),
    "teams": ("-team_count", "name", "slug"),
    "-teams": ("team_count", "name", "slug"),
    "state": ("-is_enabled", "name", "slug"),
    "-state": ("is_enabled", "name", "slug"),
    "newest": ("-created_at", "name"),
}


def listed_routes(filters: Mapping[str, str]) -> QuerySet[Route]:
    """The routes with their teams: `q` in name or id, `kind`, `state` on or off, `sort` one of ORDERS.

    A page of them takes two statements more, for grants and for teams.
    """
    routes = Route.objects.annotate(team_count=Count("grants")).prefetch_related("grants__team")
    if q := filters.get("q", ""):
        routes = routes.filter(Q(name__icontains=q) | Q(slug__icontains=q))
    if filters.get("kind", "") in RouteKind.values:
        routes = routes.filter(kind=filters["kind"])
    if filters.get("state", "") in {"on", "off"}:
        routes = routes.filter(is_enabled=filters["state"] == "on")
    return routes.order_by(*ORDERS.get(filters.get("sort", ""), ORDERS["name"]))


def targets(route: Route | None) -> tuple[Choices, Choices]:
    """What a route may refer to, as (stored reference, name): chat models, and all other routes."""
    models = Model.objects.filter(modality=Modality.CHAT.value).order_by("name", "slug")
    others = Route.objects.order_by("name", "slug")
    if route is not None:
        others = others.exclude(pk=route.pk)
    rows = models.values_list("pk", "name", "is_enabled", "connection__is_enabled")
    return (
        [(f"model:{pk}", _named(name, is_on=on and host_on)) for pk, name, on, host_on in rows],
        [
            (f"route:{pk}", _named(name, is_on=on))
            for pk, name, on in others.values_list("pk", "name", "is_enabled")
        ],
    )


def _named(name: str, *, is_on: bool) -> str:
    return name if is_on else f"{name} (off)"


def closed_models(route: Route, team_ids: Sequence[str]) -> list[str]:
    """Names of the route's models that no grant opens to any of these teams: there they are skipped."""
    try:
        refs = refs_of(read(route.kind, route.definition))
    except DefinitionError:
        return []
    if not team_ids:
        return []
    ids = [ref.id for _, ref in refs if ref.kind == "model"]
    open_to = Q(team_id__in=team_ids) | Q(team__is_everyone=True)
    opened = Grant.objects.filter(open_to, model=OuterRef("pk"))
    found = Model.objects.filter(~Exists(opened), pk__in=ids).order_by("name")
    return list(found.values_list("name", flat=True))
