"""The models that a tenant offers, searched and filtered as the address says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, When

from apps.llm.catalogue import ABILITIES
from apps.llm.models import Grant, Model
from apps.llm.selectors.catalogued import price_for
from apps.llm.selectors.picker import blended_cost
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from django.db.models import QuerySet

FILTERS: Final = ("q", "provider", "kind", "ability", "team", "price", "state", "sort")
_WINDOW: Final = F("context_window")
_IS_ON: Final = Q(is_enabled=True, connection__is_enabled=True)
ORDERS: Final[Mapping[str, Sequence[Any]]] = {
    "name": ("name", "slug"),
    "-name": ("-name", "slug"),
    "provider": ("connection__name", "name", "slug"),
    "-provider": ("-connection__name", "name", "slug"),
    "context": (_WINDOW.desc(nulls_last=True), "name", "slug"),
    "-context": (_WINDOW.asc(nulls_last=True), "name", "slug"),
    "state": (Case(When(_IS_ON, then=0), default=1), "name", "slug"),
    "-state": (Case(When(_IS_ON, then=1), default=0), "name", "slug"),
    "newest": ("-created_at", "name"),
}
PRICES: Final = {"unknown": "Unknown", "list": "From a list", "set": "Set here", "free": "Free"}


def offered_models(filters: Mapping[str, str]) -> QuerySet[Model]:
    """Models with connection and granted teams; a filter that names nothing known is no filter.

    `q` in name or id, `provider` a connection's name, `team` a team's name (its own grant or Everyone's).
    """
    said = {name: filters.get(name, "").replace("\x00", "").strip()[:100] for name in FILTERS}
    rows = Model.objects.select_related("connection")
    if q := said["q"]:
        rows = rows.filter(Q(name__icontains=q) | Q(slug__icontains=q) | Q(vendor_model__icontains=q))
    if said["provider"]:
        rows = rows.filter(connection__name=said["provider"])
    if said["kind"] in set(Modality):
        rows = rows.filter(modality=said["kind"])
    if said["ability"] in ABILITIES:
        rows = rows.filter(abilities__contains=[said["ability"]])
    rows = _by_state(_by_team(rows, said["team"]), said["state"])
    grants = Grant.objects.select_related("team").order_by("team__name")
    order = ORDERS.get(said["sort"], ORDERS["name"])
    return rows.prefetch_related(Prefetch("grants", grants)).order_by(*order)


def priced(models: QuerySet[Model], filters: Mapping[str, str]) -> list[Model] | QuerySet[Model]:
    """Those whose price has the origin `price`, by price if `sort` says so: no database knows prices.

    Whatever the currency, as `cost_of` compares; an unknown price comes last in either direction.
    """
    origin, sort = filters.get("price", ""), filters.get("sort", "")
    if origin not in PRICES and sort.removeprefix("-") != "price":
        return models
    found = [model for model in models if origin not in PRICES or _origin(model) == origin]
    return _by_price(found, dearest_first=sort == "-price") if sort.removeprefix("-") == "price" else found


def _by_price(models: list[Model], *, dearest_first: bool) -> list[Model]:
    costs = {model.pk: blended_cost(model) for model in models}
    known = [model for model in models if costs[model.pk] is not None]
    known.sort(key=lambda model: costs[model.pk] or 0, reverse=dearest_first)
    return known + [model for model in models if costs[model.pk] is None]


def _origin(model: Model) -> str:
    """A price of 0 is free, whoever said so."""
    price = price_for(model)
    return "free" if str(price) == "Free" else price.origin


def _by_team(rows: QuerySet[Model], team: str) -> QuerySet[Model]:
    if not team:
        return rows
    grants = Grant.objects.filter(Q(team__name=team) | Q(team__is_everyone=True), model=OuterRef("pk"))
    return rows.filter(Exists(grants))


def _by_state(rows: QuerySet[Model], state: str) -> QuerySet[Model]:
    if state not in {"on", "off"}:
        return rows
    return rows.filter(_IS_ON if state == "on" else ~_IS_ON)
