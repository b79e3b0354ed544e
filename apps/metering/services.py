"""Writes of the ledger: reserve before a provider call, settle or release after it.

Each runs inside the caller's tenant scope. Settling and releasing change only a row that is still
reserved, so that a late worker and the maintenance job never both count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from apps.metering.models import UsageRecord, UsageState
from apps.metering.prices import UNKNOWN, Charge, Price, Tokens, charge_for

if TYPE_CHECKING:
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Payer:
    """Who a call is counted for, as values."""

    team_id: UUID | None = None
    team_name: str = ""
    user_id: UUID | None = None
    user_name: str = ""
    api_key_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """What is called: vendor, connection and model as values; `override` is the administrator's price."""

    vendor: str
    base_url: str
    connection_id: UUID
    connection_name: str
    model_id: UUID
    model_slug: str
    model_asked: str
    override: Price | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why it is called: `purpose` is one word such as reply, title, embedding, test."""

    purpose: str
    step: str = ""
    run_id: UUID | None = None
    conversation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that a call is expected to use, in tokens."""

    input: int
    output: int = 0


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended: `finish` is the host's reason, `stopped` or `interrupted`; times in milliseconds."""

    finish: str = ""
    error_kind: str = ""
    model_answered: str = ""
    ms_first: int | None = None
    ms_total: int | None = None


def usage_reserve(*, call_id: UUID, payer: Payer, item: Item, cause: Cause, bound: Bound) -> None:
    """Write the call's row before the provider hears of it; the call must not be made if this fails."""
    override = item.override
    UsageRecord.objects.create(
        call_id=call_id,
        purpose=cause.purpose,
        step=cause.step,
        run_id=cause.run_id,
        conversation_id=cause.conversation_id,
        team_id=payer.team_id,
        team_name=payer.team_name,
        user_id=payer.user_id,
        user_name=payer.user_name,
        api_key_id=payer.api_key_id,
        vendor=item.vendor,
        base_url=item.base_url,
        connection_id=item.connection_id,
        connection_name=item.connection_name,
        model_id=item.model_id,
        model_slug=item.model_slug,
        model_asked=item.model_asked,
        override_input=override.input if override else None,
        override_output=override.output if override else None,
        currency=override.currency if override else "",
        reserved_input=bound.input,
        reserved_output=bound.output,
    )


def usage_settle(*, call_id: UUID, item: Item, tokens: Tokens, ending: Ending) -> Charge | None:
    """Count what the call used, at the price of this moment; None if the row was already closed."""
    now = timezone.now()
    charge = charge_for(
        tokens, override=item.override, base_url=item.base_url, model=item.model_asked, at=now
    )
    closed = UsageRecord.objects.filter(call_id=call_id, state=UsageState.RESERVED).update(
        state=UsageState.SETTLED,
        tokens_input=tokens.input,
        tokens_cached=tokens.cached,
        tokens_output=tokens.output,
        tokens_reasoning=tokens.reasoning,
        estimated=tokens.estimated,
        price=charge.price,
        currency=charge.currency,
        cost=charge.cost,
        model_answered=ending.model_answered[:200],
        finish=ending.finish,
        error_kind=ending.error_kind,
        ms_first=ending.ms_first,
        ms_total=ending.ms_total,
        closed_at=now,
    )
    return charge if closed else None


def usage_release(*, call_id: UUID, ending: Ending) -> None:
    """Close the row of a call that used nothing: refused, unreachable, or stopped before it was sent."""
    UsageRecord.objects.filter(call_id=call_id, state=UsageState.RESERVED).update(
        state=UsageState.RELEASED,
        error_kind=ending.error_kind,
        finish=ending.finish,
        ms_total=ending.ms_total,
        closed_at=timezone.now(),
    )


__all__ = [
    "UNKNOWN",
    "Bound",
    "Cause",
    "Charge",
    "Ending",
    "Item",
    "Payer",
    "Price",
    "Tokens",
    "usage_release",
    "usage_reserve",
    "usage_settle",
]
