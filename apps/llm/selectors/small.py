"""Which model does small chores beside the one that answers: the least expensive at the same hosts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from apps.llm.endpoints import EXTRACTIVE
from apps.llm.models import Model
from apps.llm.policy.rules import REASONING
from apps.llm.selectors.catalogued import price_for
from apps.llm.selectors.granted import CHAT, models_for_team

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

LEAST_WINDOW: Final = 8_192
_UNKNOWN: Final = Decimal("Infinity")


def small_model(team_id: UUID, beside: Collection[UUID]) -> Model | None:
    """The least expensive chat model that the team may use at a connection of these models; None without one.

    No other host is asked: nobody chose to send it this conversation. Models that think first or that take
    less than 8,192 tokens are left out where their window is known.
    """
    connections = set(Model.objects.filter(id__in=beside).values_list("connection_id", flat=True))
    fit = [
        model
        for model in models_for_team(team_id, CHAT)
        if model.connection_id in connections
        and model.connection.vendor != EXTRACTIVE
        and (model.context_window or LEAST_WINDOW) >= LEAST_WINDOW
        and REASONING not in model.abilities
    ]
    return min(fit, key=lambda model: (_cost(model), model.id not in beside, model.slug), default=None)


def _cost(model: Model) -> Decimal:
    """Three parts input to one part output; an unknown price goes last."""
    price = price_for(model)
    if price.input is None or price.output is None:
        return _UNKNOWN
    return 3 * price.input + price.output
