"""What the picker shows of a team's models: all that were granted, and why one is out of reach."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.llm.models import BreakerState, ConnectionHealth, Deployment, Grant, Model
from apps.llm.selectors.catalogued import price_for
from apps.llm.selectors.granted import CHAT, default_model
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from uuid import UUID

    from apps.llm.catalogue import ShownPrice

Cost = Literal["free", "low", "medium", "high", "unknown"]

ANSWERING: Final = (CHAT, Modality.IMAGE.value)
"""Kinds of models that answer in a chat, with words or with a picture."""
OFF: Final = "Switched off by an administrator."
DOWN: Final = "Its provider does not answer now. It is tried again by itself."
_LOW: Final = Decimal(2)
_MEDIUM: Final = Decimal(8)
_INPUT_SHARE: Final = Decimal("0.75")


@dataclass(frozen=True, slots=True)
class Shown:
    """A granted model; `reason` says in words why it can not be chosen, empty where it can."""

    model: Model
    is_default: bool
    reason: str


def models_shown(team_id: UUID) -> list[Shown]:
    """The team's models that answer in a chat: its default, then by name, then what is out of reach.

    A model that the team was not granted is not among them, whatever its state.
    """
    of_team = Q(team_id=team_id) | Q(team__is_everyone=True)
    granted = Model.objects.filter(
        Exists(Grant.objects.filter(of_team, model=OuterRef("pk"))), modality__in=ANSWERING
    ).select_related("connection")
    default, models = default_model(team_id), list(granted.order_by("name", "slug"))
    down = _down(models)
    found = [Shown(model, model == default, _reason(model, down)) for model in models]
    return sorted(found, key=lambda shown: (bool(shown.reason), not shown.is_default))


def _reason(model: Model, down: set[UUID]) -> str:
    if not (model.is_enabled and model.connection.is_enabled):
        return OFF
    return DOWN if model.pk in down else ""


def _down(models: list[Model]) -> set[UUID]:
    """The models all of whose connections are known not to answer; one statement while all are well."""
    open_now = ConnectionHealth.objects.exclude(state=BreakerState.CLOSED).filter(retry_at__gt=timezone.now())
    broken = set(open_now.values_list("connection_id", flat=True))
    suspects = {model.pk for model in models if model.connection_id in broken}
    if not suspects:
        return set()
    others = Deployment.objects.filter(model_id__in=suspects, connection__is_enabled=True)
    reachable = others.exclude(connection_id__in=broken).values_list("model_id", flat=True)
    return suspects - set(reachable)


def cost_of(model: Model) -> tuple[Cost, str]:
    """How dear the model is, for a hint, and its price in words; an unknown price is unknown, not low.

    Three parts input to one part output: below 2 per million tokens is low, below 8 medium, whatever the
    currency.
    """
    price, blended = price_for(model), blended_cost(model)
    if blended is None:
        return "unknown", str(price)
    if not blended:
        return "free", str(price)
    return ("low" if blended < _LOW else "medium" if blended < _MEDIUM else "high"), str(price)


def blended_cost(model: Model) -> Decimal | None:
    """What a million of the model's tokens cost; None where it is not known."""
    return blend(price_for(model))


def blend(price: ShownPrice) -> Decimal | None:
    """The price of a million tokens, three parts input to one part output; None where it is not known."""
    if price.input is None or price.output is None:
        return None
    return price.input * _INPUT_SHARE + price.output * (1 - _INPUT_SHARE)
