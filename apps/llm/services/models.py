"""Models: which of a connection's are offered, and what is said of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError

from apps.audit.services import record
from apps.llm.models import Connection, Model
from apps.llm.vendors.base import Modality
from apps.metering.prices import known_model

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from apps.accounts.actors import Actor

ABILITIES: Final = ("vision", "tools", "reasoning", "documents", "structured")
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_EMBEDDING = re.compile(r"embed|minilm|\be5\b|\bbge\b|\bgte\b", re.IGNORECASE)
_CHANGEABLE: Final = (
    "name",
    "slug",
    "purpose",
    "context_window",
    "max_output",
    "abilities",
    "price_input",
    "price_output",
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

    The window comes from the offer, else from the price list. Returns the model of each offer, in order.
    """
    known = {model.vendor_model: model for model in connection.models.all()}
    taken = set(Model.objects.values_list("slug", flat=True))
    models = []
    for offer in offers:
        model = known.get(offer.vendor_model)
        if model is None:
            model = _made(connection, offer, taken)
            model.save()
            known[model.vendor_model] = model
            taken.add(model.slug)
            _record(actor, "model.offered", model, after=snapshot(model))
        models.append(model)
    return models


def model_update(*, actor: Actor | None, model: Model, changes: Mapping[str, Any]) -> Model:
    """Change what is said of a model, its price or whether it is on; raises ValidationError by field.

    The two prices go together: both empty means the price list's, else unknown.
    """
    before = snapshot(model)
    for name in _CHANGEABLE:
        if name in changes:
            setattr(model, name, changes[name])
    model.slug = model.slug.strip()
    model.name = model.name.strip()
    _check(model)
    if model.price_input is not None:
        model.currency = model.currency or "USD"
    else:
        model.currency = ""
    model.save()
    _record(actor, "model.updated", model, before=before, after=snapshot(model))
    return model


def inferred_modality(vendor_model: str) -> Modality:
    """What a model is for, guessed from its id: embedding where it says so, else chat."""
    return Modality.EMBEDDING if _EMBEDDING.search(vendor_model) else Modality.CHAT


def snapshot(model: Model) -> dict[str, Any]:
    """What the audit log keeps of a model."""
    values = {name: getattr(model, name) for name in ("vendor_model", "modality", *_CHANGEABLE)}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()}


def _made(connection: Connection, offer: Offer, taken: set[str]) -> Model:
    vendor_model = offer.vendor_model.strip()
    if not vendor_model or len(vendor_model) > 200 or not vendor_model.isprintable():  # noqa: PLR2004 - the column's
        raise ValidationError({"models": "A model's id must have 1 to 200 visible characters."})
    listed = known_model(base_url=connection.base_url, model=vendor_model) if connection.base_url else None
    window = offer.context_window or (listed.context_window if listed else None)
    price_input, price_output, currency = offer.price or (None, None, "")
    return Model(
        connection=connection,
        slug=offer.slug or _free_slug(vendor_model, taken),
        name=offer.name or vendor_model.rsplit("/", 1)[-1][:100],
        vendor_model=vendor_model,
        modality=(offer.modality or inferred_modality(vendor_model)).value,
        purpose=offer.purpose,
        context_window=window,
        price_input=price_input,
        price_output=price_output,
        currency=currency,
    )


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
    if not set(model.abilities) <= set(ABILITIES):
        errors["abilities"] = f"Choose from {', '.join(ABILITIES)}."
    if errors:
        raise ValidationError(errors)


def _price_errors(model: Model) -> dict[str, str]:
    prices = (model.price_input, model.price_output)
    if (prices[0] is None) != (prices[1] is None):
        missing = "price_input" if prices[0] is None else "price_output"
        return {missing: "Enter both prices, or neither. 0 means free of charge."}
    if any(price is not None and price < 0 for price in prices):
        return {"price_input": "A price is 0 or more."}
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
