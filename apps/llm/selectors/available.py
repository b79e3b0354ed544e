"""What a connection's host has, as it listed it last, beside the catalogue and what is offered already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from apps.llm.catalogue import facts_of
from apps.llm.models import CheckKind, CheckState, Model
from apps.llm.selectors.picker import blend
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from apps.llm.catalogue import Facts
    from apps.llm.models import Connection

FILTERS: Final = ("q", "kind", "offered")
SORTS: Final = ("name", "kind", "context", "price")
"""What `sort` may say, also with "-" before it; context goes from the widest down."""


@dataclass(frozen=True, slots=True)
class Available:
    """A model of a host; `model` is the one that is offered for it, None where none is."""

    id: str
    facts: Facts
    model: Model | None


@dataclass(frozen=True, slots=True)
class HostListing:
    """The host's own list, filtered, in the order of ids; facts are looked up for a page of it only."""

    connection: Connection
    entries: Sequence[Mapping[str, Any]]
    offered: Mapping[str, Model]
    total: int

    def ordered(self, sort: str) -> list[Mapping[str, Any]]:
        """The entries by what `sort` names; what is unknown comes last in either direction."""
        name = sort.removeprefix("-")
        if name not in SORTS:
            return list(self.entries)
        values = {entry["id"]: _value(self.connection, entry, name) for entry in self.entries}
        known = [entry for entry in self.entries if values[entry["id"]] is not None]
        known.sort(key=lambda entry: values[entry["id"]], reverse=sort.startswith("-") != (name == "context"))
        return known + [entry for entry in self.entries if values[entry["id"]] is None]

    def page(self, entries: Sequence[Mapping[str, Any]]) -> list[Available]:
        """These entries with the catalogue's facts."""
        return [
            Available(entry["id"], facts_of_entry(self.connection, entry), self.offered.get(entry["id"]))
            for entry in entries
        ]


def host_listing(connection: Connection, filters: Mapping[str, str]) -> HostListing:
    """The newest list that the host gave; `q` in the id, `kind`, `offered` yes or no."""
    check = (
        connection.checks.filter(kind=CheckKind.LIST, state=CheckState.DONE).order_by("-created_at").first()
    )
    found = sorted(check.found, key=lambda entry: str(entry["id"])) if check else []
    offered = {model.vendor_model: model for model in Model.objects.filter(connection=connection)}
    entries = [entry for entry in found if _fits(entry, filters, offered)]
    return HostListing(connection, entries, offered, len(found))


def listed_entries(connection: Connection) -> dict[str, dict[str, Any]]:
    """Every entry of that list by its id."""
    return {entry["id"]: dict(entry) for entry in host_listing(connection, {}).entries}


def facts_of_entry(connection: Connection, entry: Mapping[str, Any]) -> Facts:
    """The facts of one entry: what the host said of it wins."""
    return facts_of(
        vendor=connection.vendor,
        base_url=connection.base_url,
        model=entry["id"],
        modality=entry.get("modality") or "",
        window=entry.get("context_window"),
    )


def _value(connection: Connection, entry: Mapping[str, Any], name: str) -> Any:
    if name == "name":
        return entry["id"].lower()
    facts = facts_of_entry(connection, entry)
    if name == "kind":
        return facts.modality
    return facts.context_window if name == "context" else blend(facts.price)


def _fits(entry: Mapping[str, Any], filters: Mapping[str, str], offered: Mapping[str, Model]) -> bool:
    words = filters.get("q", "").lower().split()
    if not all(word in entry["id"].lower() for word in words):
        return False
    kind = filters.get("kind", "")
    if kind in set(Modality) and entry.get("modality") != kind:
        return False
    wanted = filters.get("offered", "")
    return wanted not in {"yes", "no"} or (entry["id"] in offered) == (wanted == "yes")
