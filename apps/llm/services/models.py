"""Models: which of a connection's are offered, and what is said of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError

from apps.audit.services import record
from apps.llm.catalogue import ABILITIES, facts_of
from apps.llm.models import Connection, Model
from apps.llm.selectors.catalogued import RESETTABLE, facts_for
from apps.llm.vendors.base import Modality
from apps.metering.known_models import KnownModel
from apps.metering.pricebook.services import price_noted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from apps.accounts.actors import Actor

_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_CURRENCY = re.compile(r"[A-Z]{3}")
SOLD_BY_PIECE: Final = frozenset({Modality.IMAGE.value, Modality.RERANK.value})
MOST_INSTRUCTIONS: Final = 4_000
_CHANGEABLE: Final = (
    "name",
    "slug",
    "purpose",
    "instructions",
    "modality",
    "context_window",
    "max_output",
    "abilities",
    "price_input",
    "price_output",
    "price_unit",
    "currency",
    "is_enabled",
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A model to offer, by the host's id. What is None or empty is inferred."""

    vendor_model: str
    modality: Modality | None = None
    context_window: int | None = None
    name: str = ""
    slug: str = ""
    purpose: str = ""
    price: tuple[Decimal, Decimal, str] | None = None


def model_offer(*, actor: Actor | None, connection: Connection, offers: Iterable[Offer]) -> list[Model]:
    """Make models of the connection known; those that are known already stay as they are.

    What the offer leaves out comes from the catalogue. Returns the model of each offer, in order.
    """
    known = {model.vendor_model: model for model in connection.models.all()}
    taken = set(Model.objects.values_list("slug", flat=True))
    models = []
    for offer in offers:
        model = known.get(offer.vendor_model)
        if model is None:
            model = _made(connection, offer, taken)
            model.save()
            if model.price is not None:
                _note_price(actor, model)
            known[model.vendor_model] = model
            taken.add(model.slug)
            _record(actor, "model.offered", model, after=snapshot(model))
        models.append(model)
    return models


def model_update(*, actor: Actor | None, model: Model, changes: Mapping[str, Any]) -> Model:
    """Change what is said of a model, its price or whether it is on; raises ValidationError by field.

    The two prices of tokens go together: empty, like that of a piece, means the price list's, else unknown.
    """
    before = snapshot(model)
    for name in _CHANGEABLE:
        if name in changes:
            setattr(model, name, changes[name])
    model.slug = model.slug.strip()
    model.name = model.name.strip()
    model.instructions = model.instructions.strip()
    _check(model)
    model.currency = (model.currency or "USD") if model.price is not None else ""
    model.save()
    after = snapshot(model)
    if _price_in(after) != _price_in(before):
        _note_price(actor, model)
    if after != before:
        _record(actor, "model.updated", model, before=before, after=after)
    return model


def model_reset(*, actor: Actor | None, model: Model, fields: Iterable[str] = RESETTABLE) -> Model:
    """Put these fields back to what the host's list and the catalogue say; raises ValidationError.

    The price goes back to following the list. Safe to repeat.
    """
    names = set(fields)
    if not names <= set(RESETTABLE):
        raise ValidationError({"fields": f"Choose from {', '.join(RESETTABLE)}."})
    facts = facts_for(model)
    values: dict[str, Any] = {
        "modality": facts.modality.value,
        "context_window": facts.context_window,
        "max_output": facts.max_output,
        "abilities": list(facts.abilities),
    }
    changes = {name: value for name, value in values.items() if name in names}
    if "price" in names:
        free = Decimal(0) if facts.price.origin == "free" else None
        changes |= {"price_input": free, "price_output": free, "price_unit": None}
    return model_update(actor=actor, model=model, changes=changes)


def models_set_state(*, actor: Actor | None, model_ids: Iterable[UUID], is_enabled: bool) -> list[Model]:
    """Switch these models on or off; each change is recorded. Raises ValidationError for one that is gone."""
    models = _all_of(model_ids)
    for model in models:
        model_update(actor=actor, model=model, changes={"is_enabled": is_enabled})
    return models


def models_reset(*, actor: Actor | None, model_ids: Iterable[UUID]) -> list[Model]:
    """Put all that can be back to the catalogue's values; raises as `models_set_state` does, then none is."""
    models = _all_of(model_ids)
    for model in models:
        model_reset(actor=actor, model=model)
    return models


def _all_of(model_ids: Iterable[UUID]) -> list[Model]:
    wanted = set(model_ids)
    models = list(Model.objects.select_related("connection").filter(pk__in=wanted).order_by("name", "slug"))
    if len(models) != len(wanted):
        raise ValidationError(
            {"models": "A model is not there any more. Nothing was changed. Reload the page."}
        )
    return models


def snapshot(model: Model) -> dict[str, Any]:
    """What the audit log keeps of a model."""
    values = {name: getattr(model, name) for name in ("vendor_model", *_CHANGEABLE)}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()}


def _price_in(kept: Mapping[str, Any]) -> list[Any]:
    return [kept[name] for name in ("price_input", "price_output", "price_unit", "currency")]


def _note_price(actor: Actor | None, model: Model) -> None:
    """Into the price book: from this moment the model costs that."""
    known = KnownModel(model.pk, model.slug, model.name, model.price)
    price_noted(actor=actor, model=known)


def _made(connection: Connection, offer: Offer, taken: set[str]) -> Model:
    vendor_model = offer.vendor_model.strip()
    if not vendor_model or len(vendor_model) > 200 or not vendor_model.isprintable():  # noqa: PLR2004 - the column's
        raise ValidationError({"models": "A model's id must have 1 to 200 visible characters."})
    declared = offer.modality.value if offer.modality else ""
    facts = facts_of(
        vendor=connection.vendor,
        base_url=connection.base_url,
        model=vendor_model,
        modality=declared,
        window=offer.context_window,
    )
    price_input, price_output, currency = offer.price or (None, None, "")
    return Model(
        connection=connection,
        slug=offer.slug or _free_slug(vendor_model, taken),
        name=offer.name or vendor_model.rsplit("/", 1)[-1][:100],
        vendor_model=vendor_model,
        modality=facts.modality.value,
        purpose=offer.purpose,
        context_window=facts.context_window,
        max_output=facts.max_output,
        abilities=list(facts.abilities),
        price_input=price_input,
        price_output=price_output,
        currency=currency,
        listed=_listed(declared, offer.context_window),
    )


def _listed(modality: str, window: int | None) -> dict[str, Any]:
    said = {"modality": modality, "context_window": window}
    return {name: value for name, value in said.items() if value}


def _free_slug(vendor_model: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9._-]+", "-", vendor_model.rsplit("/", 1)[-1].lower()).strip("-._")[:90] or "model"
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def _check(model: Model) -> None:
    errors: dict[str, str] = {}
    if not model.name:
        errors["name"] = "Enter a name."
    if not _SLUG.fullmatch(model.slug):
        errors["slug"] = "Use lower-case letters, digits, dots, hyphens and underscores."
    elif Model.objects.filter(slug=model.slug).exclude(pk=model.pk).exists():
        errors["slug"] = "Another model has this id. Choose another."
    errors |= _price_errors(model)
    if model.modality != Modality.CHAT.value and model.grants.filter(is_default=True).exists():
        errors["modality"] = "It is a team's default, which must be a chat model. Change the default first."
    if not set(model.abilities) <= set(ABILITIES):
        errors["abilities"] = f"Choose from {', '.join(ABILITIES)}."
    errors |= _instruction_errors(model)
    if errors:
        raise ValidationError(errors)


def _instruction_errors(model: Model) -> dict[str, str]:
    if len(model.instructions) > MOST_INSTRUCTIONS:
        return {"instructions": f"At most {MOST_INSTRUCTIONS:,} characters."}
    if model.instructions and model.modality != Modality.CHAT.value:
        return {"instructions": "Only a chat model takes instructions. Leave them empty."}
    return {}


def _price_errors(model: Model) -> dict[str, str]:
    prices = (model.price_input, model.price_output)
    if (prices[0] is None) != (prices[1] is None):
        missing = "price_input" if prices[0] is None else "price_output"
        return {missing: "Enter both prices, or neither. 0 means free of charge."}
    if any(price is not None and price < 0 for price in prices):
        return {"price_input": "A price is 0 or more."}
    if model.price_unit is not None and model.price_unit < 0:
        return {"price_unit": "A price is 0 or more."}
    if model.price_unit is not None and model.modality not in SOLD_BY_PIECE:
        return {"price_unit": "Only pictures and rerankings are sold by the piece. Leave it empty."}
    if model.currency and not _CURRENCY.fullmatch(model.currency):
        return {"currency": "Use the three letters of the currency, such as USD or EUR."}
    return {}


def _record(
    actor: Actor | None,
    action: str,
    model: Model,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(actor=actor, action=action, target_type="model", target_id=model.pk, before=before, after=after)
