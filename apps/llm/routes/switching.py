"""Another model in the place of one that is not cleared for what a rule found: “only to a cleared model”."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from apps.llm.clearances.reaching import models_cleared
from apps.llm.endpoints import EXTRACTIVE
from apps.llm.models import Model
from apps.llm.routes import planning
from apps.llm.routes.selectors import offered
from apps.llm.vendors.base import FilePart, ImagePart, Modality

if TYPE_CHECKING:
    from uuid import UUID

    from apps.guardrails.classes import DataClass
    from apps.llm.errors import ClearanceRefusedError
    from apps.llm.routes.planning import Offered
    from apps.llm.vendors.base import ChatRequest

LEAST_ANSWER: Final = 256
"""Tokens that must be left for an answer."""
KIND: Final = "cleared"
"""What such a choice is called among the kinds of routes."""
MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Wish:
    """What a model has to be able to: `needs` are abilities, `tokens` is the question's length."""

    team_id: UUID | None
    model_id: UUID
    needs: frozenset[str]
    tokens: int


@dataclass(frozen=True, slots=True)
class Switch:
    """Who answers instead (None: nobody can), and in sentences why, or why each could not.

    `asked` is who was chosen, None where it is gone.
    """

    model: Offered | None
    why: tuple[str, ...]
    asked: Offered | None = None


def needs_of(request: ChatRequest) -> frozenset[str]:
    """The abilities without which a model can not answer the request."""
    parts = [part for message in request.messages for part in message.parts]
    needs = {
        "vision": any(isinstance(part, ImagePart) for part in parts),
        "documents": any(isinstance(part, FilePart) for part in parts),
        "tools": bool(request.tools),
        "structured": (request.response_format or {}).get("type") == "json_schema",
    }
    return frozenset(name for name, needed in needs.items() if needed)


def model_instead(wish: Wish, error: ClearanceRefusedError) -> Switch:
    """The granted model that may receive what the refused one may not, and can take the question; in a scope.

    Of several the one that shares most abilities with the chosen, then the least expensive.
    """
    wanted, why = error.sent or (None, "")
    if wanted is None:
        return Switch(None, ())
    ids = {model.id: model.data_class for model in models_cleared(wish.team_id, wanted, Modality.CHAT)}
    rows = Model.objects.select_related("connection").filter(pk__in={*ids, wish.model_id}).order_by("name")
    known = {row.pk: offered(row, None, ids.get(row.pk, wanted)) for row in rows}
    chosen = known.pop(wish.model_id, None)
    fit, left_out = [], []
    for model in known.values():
        if model.vendor == EXTRACTIVE:
            continue
        trouble = _trouble(model, wish)
        if trouble:
            left_out.append(f"{model.name} could not take its place: it {trouble}.")
        else:
            fit.append(model)
    if not fit:
        return Switch(None, tuple(left_out[:MOST_NAMED]))
    best = min(fit, key=lambda model: _rank(model, chosen, wish))
    return Switch(best, (why, _picked(best, chosen, wanted)), chosen)


def _trouble(model: Offered, wish: Wish) -> str:
    trouble = planning.unfit(model, wish.needs)
    if not trouble and model.window is not None and wish.tokens + LEAST_ANSWER > model.window:
        return "can not read so much"
    return trouble


def _rank(model: Offered, chosen: Offered | None, wish: Wish) -> tuple[int, Decimal, str]:
    lacks = len(chosen.abilities - model.abilities) if chosen else 0
    spent = planning.cost(model.price, wish.tokens)
    return lacks, Decimal("Infinity") if spent is None else spent, model.slug


def _picked(best: Offered, chosen: Offered | None, wanted: DataClass) -> str:
    asked = f"{chosen.name} may not receive that, so nothing was sent to it. " if chosen else ""
    return f"{asked}{best.name} answered in its place: it may receive {wanted.slug} text."


def switch_note(switch: Switch) -> dict[str, Any]:
    """What people and programs are told, in the form of a route's note."""
    asked, model = switch.asked or switch.model, switch.model
    assert asked is not None  # noqa: S101 - for the type checker: only a switch that was made is told of
    assert model is not None  # noqa: S101 - as above
    return {
        "type": "route",
        "route": {"slug": asked.slug, "name": asked.name, "kind": KIND},
        "answered_by": {"slug": model.slug, "name": model.name},
        "why": [each for each in switch.why if each],
    }


def nobody_instead(error: ClearanceRefusedError, switch: Switch) -> ClearanceRefusedError:
    """The refusal, with what kept the others from answering."""
    error.message = " ".join((error.message, *switch.why))
    return error
