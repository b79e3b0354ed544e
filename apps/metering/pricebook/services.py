"""Writes of the price book: each adds a version, none changes what a call was made at."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from apps.accounts.models import TenantSettings
from apps.audit.services import record
from apps.metering.budgets.models import Unit
from apps.metering.known_models import set_model_price
from apps.metering.models import Budget, ExchangeRate, Markup, ModelPrice, RollupMark
from apps.metering.rollups.models import BEGINNING
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.accounts.models import Team
    from apps.metering.known_models import KnownModel
    from apps.metering.prices import Price

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
LEAST_PERCENT: Final = Decimal(-100)
MOST_PERCENT: Final = Decimal(1000)
MOST_RATE: Final = Decimal(10) ** 7
MOST_PRICE: Final = Decimal(10) ** 9
"""A typing error of some noughts more must not overflow sums that nobody may change."""
YEARS: Final = range(2000, 2200)
"""Of versions: moments at the ends of all time can not be shown in every time zone."""


def currency_set(*, actor: Actor | None, currency: str) -> None:
    """Count the organisation's costs in that currency; raises 400.

    The days are made anew in it, each call at the rate of its moment; statements stay as they are. Refused
    while budgets stand in the other currency: their amounts would mean something else.
    """
    _check_currency(currency, "currency")
    settings = TenantSettings.objects.select_for_update(no_key=True).get()
    before, settings.currency = settings.currency, currency
    if before == currency:
        return
    if Budget.objects.filter(unit=Unit.MONEY, archived_at=None).exists():
        raise _wrong(
            "currency", f"Budgets stand in {before}. End them first, then agree on new ones in {currency}."
        )
    settings.save(update_fields=["currency"])
    record(
        actor=actor,
        action="tenant.currency_set",
        target_type="tenant",
        target_id=settings.tenant_id,
        before={"currency": before},
        after={"currency": currency},
    )


def exchange_rate_add(
    *, actor: Actor | None, currency: str, rate: Decimal, valid_from: datetime | None = None
) -> ExchangeRate:
    """One unit of `currency` is `rate` of the tenant's from then on (None: now); raises 400.

    As long as no rate of the currency holds, one may begin in the past: earlier calls have an amount then.
    """
    _check_currency(currency, "currency")
    into = TenantSettings.objects.get().currency
    if currency == into:
        raise _wrong("currency", f"Costs are counted in {into} already. Choose another currency.")
    if not 0 < rate <= MOST_RATE:
        raise _wrong("rate", f"A rate is above 0 and at most {MOST_RATE:,}.")
    since = _since(ExchangeRate.objects.filter(currency=currency, into=into), valid_from)
    found = ExchangeRate.objects.create(
        currency=currency, into=into, rate=rate, valid_from=since, created_by=_name(actor)
    )
    RollupMark.objects.filter(counted_to__gt=since).update(counted_to=BEGINNING)
    after = {"rate": f"1 {currency} = {rate:f} {into}", "valid_from": since.isoformat()}
    record(
        actor=actor,
        action="exchange_rate.added",
        target_type="exchange_rate",
        target_id=found.pk,
        after=after,
    )
    return found


def markup_add(
    *,
    actor: Actor | None,
    percent: Decimal,
    team: Team | None = None,
    model: KnownModel | None = None,
    valid_from: datetime | None = None,
) -> Markup:
    """Charge the team (None: each) so much more for the model (None: each) from then on; raises 400."""
    if not LEAST_PERCENT <= percent <= MOST_PERCENT:
        raise _wrong("percent", f"A mark-up is from {LEAST_PERCENT} to {MOST_PERCENT:,} percent.")
    place = {"team_id": team.pk if team else None, "model_id": model.id if model else None}
    known = Markup.objects.filter(**place)
    found = Markup.objects.create(
        **place,
        team_name=team.name if team else "",
        model_slug=model.slug if model else "",
        percent=percent,
        valid_from=_since(known, valid_from),
        created_by=_name(actor),
    )
    after = {
        "percent": f"{percent:f}", "team": found.team_name, "model": found.model_slug,
        "valid_from": found.valid_from.isoformat(),
    }  # fmt: skip
    record(actor=actor, action="markup.added", target_type="markup", target_id=found.pk, after=after)
    return found


def price_plan(
    *, actor: Actor | None, model: KnownModel, price: Price | None, valid_from: datetime | None = None
) -> ModelPrice:
    """Give the model that price from then on (None: now; a price of None: as published); raises 400."""
    amounts = (price.input, price.output, price.unit or Decimal(0)) if price else ()
    if not all(0 <= amount <= MOST_PRICE for amount in amounts):
        raise _wrong("price_input", f"A price is from 0 to {MOST_PRICE:,}.")
    if price is not None:
        _check_currency(price.currency, "currency")
        if price.unit is not None and not model.has_pieces:
            raise _wrong("price_unit", "Only pictures and rerankings are sold by the piece. Leave it empty.")
    since = _since(ModelPrice.objects.filter(model_id=model.id), valid_from)
    row = _price_row(model, price, since, actor)
    if since <= timezone.now():
        price_apply(row)
    record(
        actor=actor,
        action="model_price.planned",
        target_type="model",
        target_id=model.id,
        after=price_said(price) | {"valid_from": since.isoformat()},
    )
    return row


def price_apply(row: ModelPrice) -> None:
    """Let the model take over a version whose time has come; one that is gone needs none."""
    row.applied_at = timezone.now()
    row.save(update_fields=["applied_at"])
    set_model_price(row.model_id, row.price)


def price_noted(*, actor: Actor | None, model: KnownModel) -> None:
    """Keep as a version what a model costs since this moment, unless the book says so already."""
    now = timezone.now()
    last = ModelPrice.objects.filter(model_id=model.id, valid_from__lte=now).order_by("-valid_from").first()
    if last is not None and last.price == model.price:
        return
    row = _price_row(model, model.price, now, actor)
    row.applied_at = now
    row.save(update_fields=["applied_at"])


def _price_row(model: KnownModel, price: Price | None, since: datetime, actor: Actor | None) -> ModelPrice:
    return ModelPrice.objects.create(
        model_id=model.id,
        model_slug=model.slug,
        price_input=price.input if price else None,
        price_output=price.output if price else None,
        price_unit=price.unit if price else None,
        currency=price.currency if price else "",
        valid_from=since,
        created_by=_name(actor),
    )


def price_said(price: Price | None) -> dict[str, Any]:
    """The price as the audit log keeps it."""
    if price is None:
        return {"price": "as published"}
    unit = None if price.unit is None else f"{price.unit:f}"
    return {
        "input": f"{price.input:f}",
        "output": f"{price.output:f}",
        "unit": unit,
        "currency": price.currency,
    }


def _since(versions: Any, wanted: datetime | None) -> datetime:
    """When another version begins: in the past only where none has begun, never with one that is planned."""
    now = timezone.now()
    since = wanted or now
    if since.year not in YEARS:
        raise _wrong("valid_from", f"Choose a year from {YEARS[0]} to {YEARS[-1]}.")
    if since < now and versions.filter(valid_from__lte=now).exists():
        raise _wrong(
            "valid_from", "Calls that were made keep what held then. Choose a moment from now on, or none."
        )
    if versions.filter(valid_from=since).exists():
        raise _wrong(
            "valid_from", "A version is planned for that moment. Withdraw it first, or choose another."
        )
    return since


def _check_currency(currency: str, field: str) -> None:
    if not _CURRENCY.fullmatch(currency):
        raise _wrong(field, "Use the three letters of the currency, such as USD or EUR.")


def _wrong(field: str, message: str) -> Exception:
    return invalid([{"field": field, "message": message}])


def _name(actor: Actor | None) -> str:
    return actor.name[:120] if actor else ""
