"""A call whose answer comes whole, from its reservation to its row in the ledger.

Vectors, scores and pictures go the same way; what differs is how a call is opened, sent and counted.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from apps.llm.gateway.calls import WholeCall
from apps.llm.gateway.chat import tokens_of_usage
from apps.llm.gateway.choosing import NOWHERE
from apps.llm.gateway.closing import close
from apps.llm.gateway.loading import OpenWhole, Q
from apps.llm.gateway.permits import permit_for
from apps.llm.gateway.reporting import report_answer, report_failure, report_stopped
from apps.llm.gateway.reserving import STOPPED, reservation
from apps.llm.gateway.retry import pause_before_retry
from apps.llm.gateway.stages import guarded
from apps.llm.vendors.base import Usage, VendorError
from apps.metering import services as metering
from apps.tenants.aio import in_scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from apps.llm.gateway.stages import Read

C = TypeVar("C", bound=WholeCall)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Used:
    """What the host says of an answer: tokens (None: it counted none), pieces that are sold, its model."""

    usage: Usage | None
    units: int = 0
    model: str = ""


@dataclass(frozen=True, slots=True)
class Way(Generic[C, Q, R]):
    """One kind of call: `open` reserves it in the caller's scope, `send` makes it, `used` counts it."""

    open: Callable[[C, frozenset[UUID], Read | None], OpenWhole[Q]]
    send: Callable[[OpenWhole[Q]], Awaitable[R]]
    used: Callable[[R], Used]


async def answer(call: C, way: Way[C, Q, R]) -> R:
    """The answer of whichever deployment gives it.

    Raises ModelNotFoundError, GuardrailRefusedError, RefusedError, LostRun before anything is sent, and
    VendorError after at most two silent retries, each with a reservation of its own.
    """
    permit = await permit_for(call)
    used = 0
    try:
        result = await _answered(call, way)
        usage = way.used(result).usage
        used = permit.estimate if usage is None else usage.total
        return result
    finally:
        permit.settle(used)


async def _answered(call: C, way: Way[C, Q, R]) -> R:
    tenant_id = call.who.tenant_id
    begun = monotonic()
    attempts = 0
    avoid = NOWHERE
    while True:
        opened = await reservation(call, partial(guarded, call, _opening(call, way, avoid)))
        attempts += 1
        try:
            return await _attempt(tenant_id, opened, way)
        except VendorError as error:
            if await report_failure(opened.target, error):
                avoid |= {opened.target.found.connection_id}
                continue
            pause = pause_before_retry(error, attempt=attempts, elapsed=monotonic() - begun)
            if pause is None:
                raise
        await asyncio.sleep(pause)


def _opening(
    call: C, way: Way[C, Q, R], avoid: frozenset[UUID]
) -> Callable[[Read | None], Awaitable[OpenWhole[Q]]]:
    def opening(read: Read | None) -> Awaitable[OpenWhole[Q]]:
        return in_scope(call.who.tenant_id, way.open, call, avoid, read)

    return opening


async def _attempt(tenant_id: UUID, opened: OpenWhole[Q], way: Way[C, Q, R]) -> R:
    begun = monotonic()

    def ending(finish: str = "", error_kind: str = "", model: str = "") -> metering.Ending:
        elapsed = round((monotonic() - begun) * 1000)
        return metering.Ending(finish, error_kind, model, ms_first=None, ms_total=elapsed)

    try:
        result = await way.send(opened)
    except VendorError as error:
        end = ending(error_kind=error.kind.value)
        await close(tenant_id, metering.released(opened.call_id, end))
        raise
    except BaseException:
        report_stopped(opened.target)
        await _settle(tenant_id, opened, Used(None, opened.bound.units), ending(STOPPED))
        raise
    report_answer(opened.target)
    used = way.used(result)
    await _settle(tenant_id, opened, used, ending("stop", model=used.model))
    return result


async def _settle(tenant_id: UUID, opened: OpenWhole[Q], used: Used, ending: metering.Ending) -> None:
    """Where the host counts no tokens, the input is estimated and marked so."""
    bound = opened.bound
    usage = used.usage or Usage(bound.input, 0, estimated=True)
    tokens = replace(tokens_of_usage(usage), units=used.units, unit=bound.unit)
    charge = metering.charge_now(opened.target.item, tokens)
    worth = opened.target.purse.worth(charge)
    await close(tenant_id, metering.settled(opened.call_id, tokens, charge, ending, worth))
