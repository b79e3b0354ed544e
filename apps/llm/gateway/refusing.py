"""The words of a refusal by a budget: read when it has happened, outside the call's transaction."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from apps.llm.clearances.reaching import models_named
from apps.llm.errors import BudgetRefusedError
from apps.llm.gateway.calls import ChatCall
from apps.llm.gateway.estimate import tokens_of_request
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
    from apps.llm.gateway.calls import AnyCall
    from apps.llm.models import Model

MOST_MODELS: Final = 3
DEFAULT_OUTPUT: Final = 4096
REQUEST_PAGE: Final = "/settings/budgets?budget={}#ask"


async def explained(call: AnyCall, error: BudgetFullError) -> BudgetRefusedError:
    """What people and programs are told: which budget, until when, whom to ask, what still fits."""
    return await in_scope(call.who.tenant_id, _explained, call, error)


def _explained(call: AnyCall, error: BudgetFullError) -> BudgetRefusedError:
    book, line = price_book(), error.line
    fitting = _fitting(call) if isinstance(call, ChatCall) else []
    said = [reason_of(error, book.currency), "Nothing was sent to the model."]
    if error.why is Why.FULL:
        said.append(whom_to_ask(line))
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


def _fitting(call: ChatCall) -> list[Model]:
    """Models of the caller's team that this very question would fit into the budgets with, cheapest first."""
    who = call.who
    if who.team_id is None:
        return []
    models = [
        shown.model
        for shown in models_shown(who.team_id)
        if not shown.reason and shown.model.modality == Modality.CHAT and shown.model.pk != call.model_id
    ]
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


def _needed(call: ChatCall, model: Model, among: Purse) -> Decimal | None:
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
    output = call.request.max_tokens or model.max_output or DEFAULT_OUTPUT
    if model.max_output:
        output = min(output, model.max_output)
    bound = metering.Bound(tokens_of_request(call.request), output)
    charge = metering.charge_worst(item, bound) if purse.counts_money else metering.UNKNOWN
    worth = purse.worth(charge)
    try:
        holds_of(purse, Worst(bound.input + bound.output, charge.cost is not None, worth))
    except BudgetFullError:
        return None
    return Decimal(0) if worth is None else worth
