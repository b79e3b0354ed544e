"""Reads of the price book for pages and programs, in the caller's scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from apps.metering.known_models import KnownModel, known_models
from apps.metering.models import ExchangeRate, Markup, ModelPrice
from apps.metering.money import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from apps.metering.prices import Price

MOST: Final = 100
"""Versions of each kind on the page, newest first."""


@dataclass(frozen=True, slots=True)
class Words:
    """A price as people read it; None: it says nothing of that."""

    input: str
    output: str | None = None
    unit: str | None = None

    @classmethod
    def of(cls, price: Price | None) -> Words:
        """Of what an administrator set."""
        if price is None:
            return cls("As published")
        unit = None if price.unit is None else f"{plain(price.unit)} {price.currency}"
        return cls(f"{plain(price.input)} {price.currency}", f"{plain(price.output)} {price.currency}", unit)


@dataclass(frozen=True, slots=True)
class Priced:
    """A model, and the versions of its price that the book has: the next one, if one is planned."""

    model: KnownModel
    planned: ModelPrice | None

    @property
    def words(self) -> Words:
        """Its price of now."""
        return Words.of(self.model.price)

    @property
    def coming(self) -> Words | None:
        """Its next price."""
        return Words.of(self.planned.price) if self.planned else None


def exchange_rates() -> QuerySet[ExchangeRate]:
    """Newest first."""
    return ExchangeRate.objects.order_by("-valid_from", "currency")


def markups() -> QuerySet[Markup]:
    """Newest first."""
    return Markup.objects.order_by("-valid_from", "team_name", "model_slug")


def model_prices() -> QuerySet[ModelPrice]:
    """Newest first."""
    return ModelPrice.objects.order_by("-valid_from", "model_slug")


def lacking_rates(currency: str, models: Iterable[Priced]) -> list[str]:
    """The currencies of models' own prices that nothing says the worth of now, in alphabetical order."""
    priced = {one.model.price.currency for one in models if one.model.price and one.model.price.costs}
    known = ExchangeRate.objects.filter(into=currency, valid_from__lte=timezone.now())
    return sorted(priced - {currency, *known.values_list("currency", flat=True)})


def priced_models() -> list[Priced]:
    """Every model by name, with what it will cost next."""
    coming = ModelPrice.objects.filter(valid_from__gt=timezone.now()).order_by("-valid_from")
    planned = {row.model_id: row for row in coming}
    return [Priced(model, planned.get(model.id)) for model in known_models()]
