"""A model beside the catalogue: its facts, its price, and where an administrator said otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.llm.catalogue import Facts, ShownPrice, facts_of, price_shown
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from apps.llm.models import Model

RESETTABLE: Final = ("modality", "context_window", "max_output", "abilities", "price")
"""What can be put back to what the catalogue says."""
_NONE: Final = "Unknown"


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that an administrator set, and what the catalogue says, both in words."""

    field: str
    label: str
    own: str
    catalogue: str


def facts_for(model: Model) -> Facts:
    """What the host's list and the catalogue say of the model; its connection is read from the row."""
    listed = model.listed
    return facts_of(
        vendor=model.connection.vendor,
        base_url=model.connection.base_url,
        model=model.vendor_model,
        modality=listed.get("modality") or "",
        window=listed.get("context_window"),
    )


def price_for(model: Model) -> ShownPrice:
    """The price that an administrator set, else the list's, else unknown and why."""
    own = model.price
    connection = model.connection
    if own is None:
        return price_shown(
            vendor=connection.vendor,
            base_url=connection.base_url,
            model=model.vendor_model,
            modality=model.modality,
        )
    return ShownPrice(
        "set",
        own.input,
        own.output,
        picture=own.unit if model.modality == Modality.IMAGE.value else None,
        search=own.unit if model.modality == Modality.RERANK.value else None,
        currency=own.currency,
        note="Set by an administrator.",
    )


def differences(model: Model) -> list[Difference]:
    """Where the model's values are not the catalogue's, in the order of RESETTABLE."""
    facts = facts_for(model)
    found = [
        Difference("modality", "Kind", model.get_modality_display(), facts.modality.value.capitalize()),
        Difference(
            "context_window", "Context window", _count(model.context_window), _count(facts.context_window)
        ),
        Difference("max_output", "Output limit", _count(model.max_output), _count(facts.max_output)),
        Difference("abilities", "Abilities", _words(model.abilities), _words(facts.abilities)),
    ]
    if model.price is not None:
        found.append(Difference("price", "Price", str(price_for(model)), str(facts.price)))
    return [each for each in found if each.own != each.catalogue]


def _count(number: int | None) -> str:
    return _NONE if number is None else f"{number:,}"


def _words(abilities: list[str] | tuple[str, ...]) -> str:
    return ", ".join(sorted(abilities)) or "None"
