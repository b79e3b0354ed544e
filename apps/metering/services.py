"""Writes of the ledger: reserve before a provider call, settle or release after it.

Each runs inside the caller's tenant scope. Settling and releasing change only a row that is still
reserved, so that a late worker and the maintenance job never both count. Written in SQL because the first
stands before every first token: by the ORM it took 2 ms.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from apps.metering.models import UsageState
from apps.metering.prices import UNKNOWN, Charge, Price, Tokens, charge_for
from apps.tenants.models import new_id
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute_later

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
    """What is called: vendor, connection and model as values; `override` is the administrator's price.

    `clearance` is the version that lets the call's data class go there, with the class that it allows.
    """

    vendor: str
    base_url: str
    connection_id: UUID
    connection_name: str
    model_id: UUID
    model_slug: str
    model_asked: str
    override: Price | None = None
    clearance: tuple[UUID, int] | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """Why it is called: `purpose` is one word such as reply, title, embedding, test.

    `data_class` is the highest of all that is sent, None where nothing has one.
    """

    purpose: str
    step: str = ""
    run_id: UUID | None = None
    conversation_id: UUID | None = None
    data_class: int | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that a call is expected to use: tokens, and pieces of what is sold so (`Tokens.unit`)."""

    input: int
    output: int = 0
    units: int = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended: `finish` is the host's reason, `stopped` or `interrupted`; times in milliseconds."""

    finish: str = ""
    error_kind: str = ""
    model_answered: str = ""
    ms_first: int | None = None
    ms_total: int | None = None


_RESERVE: Final = Statement("""
INSERT INTO metering_usagerecord (
    id, tenant_id, call_id, state, purpose, step, run_id, conversation_id, team_id, team_name,
    user_id, user_name, api_key_id, vendor, base_url, connection_id, connection_name,
    model_id, model_slug, model_asked, model_answered, reserved_input, reserved_output,
    tokens_input, tokens_cached, tokens_output, tokens_reasoning, estimated, unit, units,
    override_input, override_output, override_unit, currency, finish, error_kind, created_at,
    data_class, clearance_id, clearance_class
) VALUES (
    %s, %s, %s, 'reserved', %s, %s, %s, %s, %s, %s,
    %s, %s, %s, %s, %s, %s, %s,
    %s, %s, %s, '', %s, %s,
    0, 0, 0, 0, false, %s, %s,
    %s, %s, %s, %s, '', '', clock_timestamp(),
    %s, %s, %s
)
""")
_CLOSE: Final = Statement("""
UPDATE metering_usagerecord SET state = %s, tokens_input = %s, tokens_cached = %s, tokens_output = %s,
       tokens_reasoning = %s, units = %s, estimated = %s, price = %s, currency = %s, cost = %s,
       model_answered = %s, finish = %s, error_kind = %s, ms_first = %s, ms_total = %s,
       closed_at = clock_timestamp()
WHERE tenant_id = %s AND call_id = ANY(%s) AND CASE state WHEN 'reserved' THEN true ELSE false END
""")
_NOTHING: Final = Tokens(0, 0)


def usage_reserve(*, call_id: UUID, payer: Payer, item: Item, cause: Cause, bound: Bound) -> None:
    """Write the call's row before the provider hears of it; the call must not be made if this fails.

    The database refuses (IntegrityError) a data class that the clearance does not allow.
    """
    override = item.override
    values: list[Any] = [
        new_id(), current_tenant_id(), call_id, cause.purpose, cause.step,
        cause.run_id, cause.conversation_id,
        payer.team_id, payer.team_name, payer.user_id, payer.user_name, payer.api_key_id,
        item.vendor, item.base_url, item.connection_id, item.connection_name,
        item.model_id, item.model_slug, item.model_asked, bound.input, bound.output, bound.unit, bound.units,
        override.input if override else None, override.output if override else None,
        override.unit if override else None,
        override.currency if override else "",
        cause.data_class, *(item.clearance or (None, None)),
    ]  # fmt: skip
    execute_later(_RESERVE, values)


def charge_now(item: Item, tokens: Tokens) -> Charge:
    """What `tokens` of `item` cost at the price of this moment; needs no scope."""
    return charge_for(
        tokens,
        override=item.override,
        base_url=item.base_url,
        model=item.model_asked,
        at=timezone.now(),
    )


def usage_settle(*, call_id: UUID, tokens: Tokens, charge: Charge, ending: Ending) -> None:
    """Count what the call used and cost; a row that is closed already stays as it is."""
    _close(call_id, UsageState.SETTLED, tokens, charge, ending)


def usage_release(*, call_id: UUID, ending: Ending) -> None:
    """Close the row of a call that used nothing: refused, unreachable, or stopped before it was sent."""
    _close(call_id, UsageState.RELEASED, _NOTHING, UNKNOWN, ending)


def _close(call_id: UUID, state: UsageState, tokens: Tokens, charge: Charge, ending: Ending) -> None:
    """Close the row while it is reserved."""
    values: list[Any] = [
        state.value, tokens.input, tokens.cached, tokens.output, tokens.reasoning, tokens.units,
        tokens.estimated,
        None if charge.price is None else json.dumps(charge.price), charge.currency, charge.cost,
        ending.model_answered[:200], ending.finish, ending.error_kind, ending.ms_first, ending.ms_total,
        current_tenant_id(), [call_id],
    ]  # fmt: skip
    execute_later(_CLOSE, values)


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
    "charge_now",
    "usage_release",
    "usage_reserve",
    "usage_settle",
]
