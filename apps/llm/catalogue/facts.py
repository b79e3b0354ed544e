"""Everything the catalogue says of one model of one connection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from time import time
from typing import Final

from apps.llm.catalogue.families import family_of, modality_by_name
from apps.llm.catalogue.hosts import host_list, host_model
from apps.llm.catalogue.listed import listed_window
from apps.llm.catalogue.prices import ShownPrice, price_shown
from apps.llm.catalogue.vendors import ABILITIES, ENTRIES, UNKNOWN_VENDOR, VendorEntry
from apps.llm.vendors.base import Modality

_KEPT: Final = 4096
_HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model is, as far as known: None is unknown. `source`: in words, for the administrator."""

    modality: Modality
    context_window: int | None
    max_output: int | None
    abilities: tuple[str, ...]
    price: ShownPrice
    source: str


def facts_of(
    *, vendor: str, base_url: str, model: str, modality: str = "", window: int | None = None
) -> Facts:
    """The facts of a model at a connection; `modality` and `window` are the host's own words and win."""
    known = _known(vendor, base_url, model, modality, int(time() // _HOUR_S))
    if window is None:
        return known
    return replace(known, context_window=window)


@lru_cache(maxsize=_KEPT)
def _known(vendor: str, base_url: str, model: str, declared: str, hour: int) -> Facts:
    """Kept for an hour: some hosts' prices follow the time of day."""
    del hour
    entry = ENTRIES.get(vendor, UNKNOWN_VENDOR)
    row = host_model(base_url, model)
    modality = _modality(entry, model, declared, row.modality if row else None)
    return Facts(
        modality=modality,
        context_window=_window(entry, base_url, model, modality, row.context_window if row else None),
        max_output=row.max_output if row else None,
        abilities=_abilities(entry, model, modality, row.abilities if row else None),
        price=price_shown(vendor=vendor, base_url=base_url, model=model, modality=modality.value),
        source=_source(base_url, model, has_row=row is not None),
    )


def _modality(entry: VendorEntry, model: str, declared: str, by_row: Modality | None) -> Modality:
    if by_row is not None:
        return by_row
    if declared in set(Modality):
        return Modality(declared)
    return modality_by_name(model) or entry.modality


def _window(
    entry: VendorEntry, base_url: str, model: str, modality: Modality, by_row: int | None
) -> int | None:
    if by_row is not None or not entry.knows_windows:
        return by_row
    family = family_of(model) if modality is Modality.CHAT else None
    return listed_window(base_url, model) or (family.context_window if family else None)


def _abilities(
    entry: VendorEntry, model: str, modality: Modality, by_row: tuple[str, ...] | None
) -> tuple[str, ...]:
    """In the order of ABILITIES; only those that the vendor's adapter can put to use."""
    if modality is not Modality.CHAT:
        return ()
    family = family_of(model)
    said = by_row if by_row is not None else family.abilities if family else ()
    return tuple(name for name in ABILITIES if name in said and name in entry.carries)


def _source(base_url: str, model: str, *, has_row: bool) -> str:
    found = host_list(base_url)
    if has_row and found is not None:
        return f"{found.source}, {found.dated:%Y-%m-%d}"
    family = family_of(model)
    return family.source if family else ""
