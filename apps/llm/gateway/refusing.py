"""The words of a refusal by a budget: read when it has happened, outside the call's transaction."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.llm.clearances.reaching import models_named
from apps.llm.errors import BudgetRefusedError
from apps.llm.gateway.calls import ChatCall, EmbedCall, ImageCall, RerankCall
from apps.llm.gateway.estimate import (
    bound_of_pictures,
    bound_of_ranking,
    tokens_of_request,
    tokens_of_texts,
)
from apps.llm.models import Grant, Model
from apps.llm.selectors.picker import models_shown
from apps.llm.vendors.base import Modality
from apps.metering import services as metering
from apps.metering.budgets.holding import BudgetFullError, Why, Worst, holds_of
from apps.metering.budgets.models import Reach
from apps.metering.budgets.people import whom_to_ask
from apps.metering.budgets.purse import Purse, lines_now
from apps.metering.budgets.words import reason_of, title_of
from apps.metering.pricebook.book import price_book
from apps.tenants.aio import in_scope
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from uuid import UUID

    from apps.llm.gateway.calls import AnyCall

MOST_MODELS: Final = 3
DEFAULT_OUTPUT: Final = 4096
OPEN_CHOICE: Final = "api"
"""The purpose of calls whose caller can name another model; of a collection's vectors nobody can."""
_MODALITY: Final = {
    ChatCall: Modality.CHAT,
    EmbedCall: Modality.EMBEDDING,
    RerankCall: Modality.RERANK,
    ImageCall: Modality.IMAGE,
}
REQUEST_PAGE: Final = "/settings/budgets?budget={}#ask"


async def explained(call: AnyCall, error: BudgetFullError) -> BudgetRefusedError:
    """What people and programs are told: which budget, until when, whom to ask, what still fits."""
    return await in_scope(call.who.tenant_id, _explained, call, error)


def _explained(call: AnyCall, error: BudgetFullError) -> BudgetRefusedError:
    book, line = price_book(), error.line
    fitting = _fitting(call) if isinstance(call, ChatCall) or call.purpose == OPEN_CHOICE else []
    said = [reason_of(error, book.currency), "Nothing was sent to the model."]
    if error.why is Why.FULL:
        said.append(whom_to_ask(line, call.who.user_id))
    if fitting:
        said.append(f"What still fits: {', '.join(model.name for model in fitting)}.")
    shown: dict[str, Any] = {
        "budget_id": str(line.budget_id),
        "resets_at": line.ends_at.isoformat(),
        "models": [{"slug": model.slug, "name": model.name} for model in fitting],
    }
    wait = None
    if error.why is Why.FULL:
        wait = (line.ends_at - timezone.now()).total_seconds()
        shown["ask_at"] = REQUEST_PAGE.format(line.budget_id)
    return BudgetRefusedError(title_of(error), " ".join(said), retry_after=wait, shown=shown)


def _fitting(call: AnyCall) -> list[Model]:
    """Models of the caller's team that this very call would fit into the budgets with, cheapest first."""
    who = call.who
    if who.team_id is None:
        return []
    models = [model for model in _of_team(who.team_id, _MODALITY[type(call)]) if model.pk != call.model_id]
    cleared = models_named([model.pk for model in models])
    models = [model for model in models if cleared[model.pk].data_class >= (call.data_class or 0)]
    subjects = [current_tenant_id(), who.team_id, who.user_id, who.api_key_id, *(m.pk for m in models)]
    now = timezone.now()
    lines = lines_now((subject for subject in subjects if subject is not None), who.user_id, now)
    purse = Purse(now, price_book(now), lines)
    found = []
    for model in models:
        needed = _needed(call, model, purse)
        if needed is not None:
            found.append((needed, model.name, model))
    return [model for _, _, model in sorted(found, key=lambda one: one[:2])[:MOST_MODELS]]


def _of_team(team_id: UUID, modality: Modality) -> list[Model]:
    """The models of the kind that the team may call and that answer."""
    if modality is Modality.CHAT:
        shown = models_shown(team_id)
        return [one.model for one in shown if not one.reason and one.model.modality == modality]
    granted = Grant.objects.filter(Q(team_id=team_id) | Q(team__is_everyone=True), model=OuterRef("pk"))
    found = Model.objects.filter(
        Exists(granted), modality=modality, is_enabled=True, connection__is_enabled=True
    )
    return list(found.select_related("connection"))


def _needed(call: AnyCall, model: Model, among: Purse) -> Decimal | None:
    """What the model would cost at most; None where it does not fit."""
    lines = (line for line in among.lines if line.reach is not Reach.MODEL or line.subject_id == model.pk)
    purse = replace(among, lines=tuple(lines))
    item = metering.Item(
        vendor=model.connection.vendor,
        base_url=model.connection.base_url,
        connection_id=model.connection_id,
        connection_name=model.connection.name,
        model_id=model.pk,
        model_slug=model.slug,
        model_asked=model.vendor_model,
        override=model.price,
    )
    bound = _bound(call, model)
    charge = metering.charge_worst(item, bound) if purse.counts_money else metering.UNKNOWN
    worth = purse.worth(charge)
    try:
        holds_of(purse, Worst(bound.input + bound.output, charge.cost is not None, worth))
    except BudgetFullError:
        return None
    return Decimal(0) if worth is None else worth


def _bound(call: AnyCall, model: Model) -> metering.Bound:
    """The most that the model would use for the call."""
    if isinstance(call, ChatCall):
        output = call.request.max_tokens or model.max_output or DEFAULT_OUTPUT
        return metering.Bound(tokens_of_request(call.request), min(output, model.max_output or output))
    if isinstance(call, EmbedCall):
        return metering.Bound(tokens_of_texts(call.texts))
    if isinstance(call, RerankCall):
        return bound_of_ranking(call.request.query, call.request.documents)
    return bound_of_pictures(call.request.prompt, call.request.count)
