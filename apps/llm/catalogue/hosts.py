"""Our own data on hosts that `genai-prices` lacks: one TOML file each, with its source and date."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fnmatch import fnmatch
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from apps.llm.vendors.base import Modality
from apps.metering.prices import PICTURE, SEARCH, ListedPrice, Rates

DATA: Final = Path(__file__).parent / "data"
FAMILIES: Final = "families.toml"


@dataclass(frozen=True, slots=True)
class HostModel:
    """A model as a host's own pages describe it; None or empty: they do not say."""

    modality: Modality | None
    context_window: int | None
    max_output: int | None
    abilities: tuple[str, ...] | None
    price: ListedPrice | None


@dataclass(frozen=True, slots=True)
class HostList:
    """What is known of one host; `hosts` are patterns of host names, models by lower-case id."""

    label: str
    hosts: tuple[str, ...]
    source: str
    dated: date
    models: Mapping[str, HostModel]


@cache
def host_lists() -> tuple[HostList, ...]:
    """Every data file, read once."""
    paths = sorted(path for path in DATA.glob("*.toml") if path.name != FAMILIES)
    return tuple(_read(tomllib.loads(path.read_text(encoding="utf-8"))) for path in paths)


@lru_cache(maxsize=1024)
def host_list(base_url: str) -> HostList | None:
    """The data on the host of this address; None where we have none."""
    try:
        name = (urlsplit(base_url).hostname or "").lower()
    except ValueError:
        return None
    return next(
        (found for found in host_lists() if any(fnmatch(name, pattern) for pattern in found.hosts)), None
    )


def host_model(base_url: str, model: str) -> HostModel | None:
    """What our data says of a host's model; None without a row."""
    found = host_list(base_url)
    return found.models.get(model.lower()) if found else None


def price_at(base_url: str, model: str) -> ListedPrice | None:
    """Our price of a host's model, by tokens or by the piece, for the ledger (`metering.prices.add_list`)."""
    found = host_model(base_url, model)
    return found.price if found else None


def _read(raw: Mapping[str, Any]) -> HostList:
    models: dict[str, HostModel] = {}
    source = f"{raw['label']} {raw['date']:%Y-%m-%d}"
    for name, row in raw["models"].items():
        model = _model(row, raw["currency"], source)
        models |= {each.lower(): model for each in (name, *row.get("also", ()))}
    return HostList(raw["label"], tuple(raw["hosts"]), raw["source"], raw["date"], models)


def _model(row: Mapping[str, Any], currency: str, source: str) -> HostModel:
    rates = tuple(_rates(each) for each in row.get("rates", ()))
    units = {unit: Decimal(row[unit]) for unit in (PICTURE, SEARCH) if unit in row}
    return HostModel(
        modality=Modality(row["modality"]) if "modality" in row else None,
        context_window=row.get("window"),
        max_output=row.get("output"),
        abilities=tuple(row["abilities"]) if "abilities" in row else None,
        price=ListedPrice(rates, currency, source, units) if rates or units else None,
    )


def _rates(row: Mapping[str, Any]) -> Rates:
    amounts = {name: Decimal(row[name]) for name in ("input", "output", "cached", "thinking") if name in row}
    return Rates(**amounts, above=row.get("above", 0))
