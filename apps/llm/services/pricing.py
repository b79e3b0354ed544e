"""Prices of models for the price book, which stands below and knows models by their ids alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.llm.models import Model
from apps.llm.services.models import SOLD_BY_PIECE, model_update
from apps.metering.known_models import Catalogue, KnownModel

if TYPE_CHECKING:
    from uuid import UUID

    from apps.metering.prices import Price


def _models() -> list[KnownModel]:
    found = Model.objects.order_by("name", "slug")
    return [
        KnownModel(model.pk, model.slug, model.name, model.price, model.modality in SOLD_BY_PIECE)
        for model in found
    ]


def _set_price(model_id: UUID, price: Price | None) -> bool:
    model = Model.objects.filter(pk=model_id).first()
    if model is None:
        return False
    changes = {
        "price_input": price.input if price else None,
        "price_output": price.output if price else None,
        "price_unit": price.unit if price and model.modality in SOLD_BY_PIECE else None,
        "currency": price.currency if price else "",
    }
    model_update(actor=None, model=model, changes=changes)
    return True


CATALOGUE = Catalogue(_models, _set_price)
