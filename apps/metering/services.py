"""Writes of the ledger: reserve before a provider call, settle or release after it.

Each runs inside the caller's tenant scope. Settling and releasing change only a row that is still
reserved, so that a late worker and the maintenance job never both count. Written in SQL because the first
stands before every first token: by the ORM it took 2 ms.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import orjson
from django.utils import timezone

from apps.metering.models import UsageState
from apps.metering.prices import UNKNOWN, Charge, Price, Tokens, charge_for
from apps.tenants.models import new_id
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute_later

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
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
    %s, %s, %s, %s, '', '', %s,
    %s, %s, %s
)
""")
_LOCK: Final = Statement("""
SELECT 1 FROM metering_budgetcounter
WHERE tenant_id = %(tenant)s AND id = ANY(ARRAY(
    SELECT counter_id FROM metering_budgethold WHERE tenant_id = %(tenant)s AND call_id = ANY(%(ids)s)))
ORDER BY id FOR NO KEY UPDATE
""")
_CLOSE: Final = Statement("""
WITH closed AS (
    UPDATE metering_usagerecord u
    SET state = n.state, tokens_input = n.tokens_input, tokens_cached = n.tokens_cached,
        tokens_output = n.tokens_output, tokens_reasoning = n.tokens_reasoning, units = n.units,
        estimated = n.estimated, price = n.price, currency = n.currency, cost = n.cost,
        model_answered = n.model_answered, finish = n.finish, error_kind = n.error_kind,
        ms_first = n.ms_first, ms_total = n.ms_total, closed_at = clock_timestamp()
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS n(
        call_id uuid, state text, tokens_input bigint, tokens_cached bigint, tokens_output bigint,
        tokens_reasoning bigint, units int, estimated boolean, price jsonb, currency text, cost numeric,
        worth numeric, model_answered text, finish text, error_kind text, ms_first int, ms_total int)
    WHERE u.tenant_id = %(tenant)s AND u.call_id = ANY(%(ids)s) AND u.call_id = n.call_id
      AND CASE u.state WHEN 'reserved' THEN true ELSE false END
    RETURNING u.call_id, n.tokens_input + n.tokens_output AS tokens, n.worth
), freed AS (
    DELETE FROM metering_budgethold h USING closed
    WHERE h.tenant_id = %(tenant)s AND h.call_id = ANY(%(ids)s) AND h.call_id = closed.call_id
    RETURNING h.counter_id, h.amount,
              CASE h.unit WHEN 'tokens' THEN closed.tokens ELSE coalesce(closed.worth, h.amount) END AS used
), counted AS (
    SELECT counter_id, sum(amount) AS amount, sum(used) AS used FROM freed GROUP BY counter_id
)
UPDATE metering_budgetcounter c SET reserved = c.reserved - n.amount, spent = c.spent + n.used
FROM counted n
WHERE c.tenant_id = %(tenant)s AND c.id = ANY(ARRAY(SELECT counter_id FROM counted)) AND c.id = n.counter_id
""")
_NOTHING: Final = Tokens(0, 0)


def usage_reserve(
    *, call_id: UUID, payer: Payer, item: Item, cause: Cause, bound: Bound, at: datetime
) -> None:
    """Write the call's row before the provider hears of it; the call must not be made if this fails.

    `at` is the moment by which price, rate and the periods of budgets go. The database refuses
    (IntegrityError) a data class that the clearance does not allow.
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
        at, cause.data_class, *(item.clearance or (None, None)),
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


def charge_worst(item: Item, bound: Bound) -> Charge:
    """The most that a call within the bound costs now: nothing is cached, all of the answer is reasoned."""
    tokens = Tokens(bound.input, bound.output, units=bound.units, unit=bound.unit)
    plain = charge_now(item, tokens)
    if plain.cost is None or item.override is not None or not bound.output:
        return plain
    reasoned = charge_now(item, replace(tokens, reasoning=bound.output))
    return plain if reasoned.cost is None else max(plain, reasoned, key=_cost)


def _cost(charge: Charge) -> Decimal:
    return charge.cost or Decimal(0)


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of one call. `worth` is its cost in the tenant's currency, None where that is not known."""

    call_id: UUID
    state: UsageState
    tokens: Tokens
    charge: Charge
    ending: Ending
    worth: Decimal | None


def settled(
    call_id: UUID, tokens: Tokens, charge: Charge, ending: Ending, worth: Decimal | None = None
) -> Closing:
    """It used this much; budgets count `worth`, or what was reserved where that is not known."""
    return Closing(call_id, UsageState.SETTLED, tokens, charge, ending, worth)


def released(call_id: UUID, ending: Ending) -> Closing:
    """It used nothing: refused, unreachable, or stopped before it was sent."""
    return Closing(call_id, UsageState.RELEASED, _NOTHING, UNKNOWN, ending, Decimal(0))


def usage_close(closings: Sequence[Closing]) -> list[None]:
    """Close the rows that are still reserved, and count in their budgets what was used for what was held.

    One statement for all, after one that locks their counters in order: two groups never wait for each other.
    """
    rows = orjson.dumps([_row(closing) for closing in closings]).decode()
    values = {
        "tenant": current_tenant_id(),
        "ids": [closing.call_id for closing in closings],
        "rows": rows,
    }
    execute_later(_LOCK, values)
    execute_later(_CLOSE, values)
    return [None] * len(closings)


def _row(closing: Closing) -> dict[str, Any]:
    tokens, charge, ending = closing.tokens, closing.charge, closing.ending
    return {
        "call_id": str(closing.call_id),
        "state": closing.state.value,
        "tokens_input": tokens.input,
        "tokens_cached": tokens.cached,
        "tokens_output": tokens.output,
        "tokens_reasoning": tokens.reasoning,
        "units": tokens.units,
        "estimated": tokens.estimated,
        "price": charge.price,
        "currency": charge.currency,
        "cost": _text(charge.cost),
        "worth": _text(closing.worth),
        "model_answered": _plain(ending.model_answered),
        "finish": ending.finish,
        "error_kind": ending.error_kind,
        "ms_first": ending.ms_first,
        "ms_total": ending.ms_total,
    }


def _plain(text: str) -> str:
    """At most 200 characters of what a host said, without those that PostgreSQL's JSON refuses."""
    return text[:200].replace("\0", "").encode("utf-8", "replace").decode()


def _text(amount: Decimal | None) -> str | None:
    """Exact, as no JSON number is in every reader."""
    return None if amount is None else f"{amount:f}"


__all__ = [
    "UNKNOWN",
    "Bound",
    "Cause",
    "Charge",
    "Closing",
    "Ending",
    "Item",
    "Payer",
    "Price",
    "Tokens",
    "charge_now",
    "charge_worst",
    "released",
    "settled",
    "usage_close",
    "usage_reserve",
]
