"""The models that a tenant offers, searched and filtered as the address says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Exists, F, OuterRef, Prefetch, Q

from apps.llm.catalogue import ABILITIES
from apps.llm.models import Grant, Model
from apps.llm.selectors.catalogued import price_for
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

FILTERS: Final = ("q", "provider", "kind", "ability", "team", "price", "state", "sort")
ORDERS: Final = {
    "name": ("name", "slug"),
    "-name": ("-name", "slug"),
    "provider": ("connection__name", "name", "slug"),
    "context": (F("context_window").desc(nulls_last=True), "name", "slug"),
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


def priced(models: QuerySet[Model], origin: str) -> list[Model] | QuerySet[Model]:
    """Those whose price has this origin, which no database knows; all where it names none."""
    if origin not in PRICES:
        return models
    return [model for model in models if _origin(model) == origin]


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
    on = Q(is_enabled=True, connection__is_enabled=True)
    return rows.filter(on if state == "on" else ~on)
