"""The organisation's models, which stand above this app: what lists and prices them is handed in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from apps.metering.prices import Price


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One model and the price that an administrator set; None: as it is published, if so.

    `has_pieces`: it sells pictures or searches, which may have a price of their own.
    """

    id: UUID
    slug: str
    name: str
    price: Price | None
    has_pieces: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`models` lists the tenant's by name; `set_price` changes one, says whether it is there; in a scope."""

    models: Callable[[], list[KnownModel]]
    set_price: Callable[[UUID, Price | None], bool]


_catalogues: list[Catalogue] = []


def register_catalogue(catalogue: Catalogue) -> None:
    """Let pages and upkeep of this app know the models; called from an app's `ready()`."""
    _catalogues[:] = [catalogue]


def known_models() -> list[KnownModel]:
    """The tenant's models by name."""
    return [model for catalogue in _catalogues for model in catalogue.models()]


def model_names() -> dict[UUID, str]:
    """What people call each model; with its slug where several share a name."""
    models = known_models()
    shared = Counter(model.name for model in models)
    return {
        model.id: model.name if shared[model.name] == 1 else f"{model.name} ({model.slug})"
        for model in models
    }


def name_of(names: Mapping[UUID, str], model_id: UUID | None, slug: str) -> str:
    """What `names` call the model; its slug where it is gone."""
    return names.get(model_id, slug) if model_id else slug


def known_model(model_id: UUID) -> KnownModel | None:
    """One of them."""
    return next((model for model in known_models() if model.id == model_id), None)


def set_model_price(model_id: UUID, price: Price | None) -> bool:
    """Give the model that price from now on; whether it is there."""
    return any(catalogue.set_price(model_id, price) for catalogue in _catalogues)
