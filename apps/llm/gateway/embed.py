"""Vectors through the gateway: for coroutines on the engine's loop, and for ingest workers without one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from apps.llm.gateway.chat import STOPPED, tokens_of_usage
from apps.llm.gateway.choosing import NOWHERE
from apps.llm.gateway.closing import close
from apps.llm.gateway.loading import OpenEmbed, open_embed
from apps.llm.gateway.reporting import report_answer, report_failure, report_stopped
from apps.llm.gateway.retry import pause_before_retry
from apps.llm.loop import run_on_loop
from apps.llm.vendors.base import Usage, VendorError
from apps.metering import services as metering
from apps.tenants.aio import in_scope

if TYPE_CHECKING:
    from uuid import UUID

    from apps.llm.gateway.calls import EmbedCall
    from apps.llm.vendors.base import EmbeddingResult


@dataclass(slots=True)
class _Attempts:
    made: int = 0
    begun: float = 0.0


async def embed(call: EmbedCall) -> EmbeddingResult:
    """One vector per text, in the order of the texts.

    Raises ModelNotFoundError, GuardrailRefusedError, LostRun before anything is sent, and VendorError after
    at most two silent retries, each with a reservation of its own.
    """
    tenant_id = call.who.tenant_id
    attempts = _Attempts(begun=monotonic())
    avoid = NOWHERE
    while True:
        opened = await in_scope(tenant_id, open_embed, call, avoid)
        attempts.made += 1
        try:
            return await _attempt(tenant_id, opened)
        except VendorError as error:
            if await report_failure(opened.target, error):
                avoid |= {opened.target.found.connection_id}
                continue
            pause = pause_before_retry(error, attempt=attempts.made, elapsed=monotonic() - attempts.begun)
            if pause is None:
                raise
        await asyncio.sleep(pause)


def embed_sync(call: EmbedCall) -> EmbeddingResult:
    """`embed` for a thread without an event loop and outside any scope; raises as it does."""
    return run_on_loop(embed(call))


async def _attempt(tenant_id: UUID, opened: OpenEmbed) -> EmbeddingResult:
    begun = monotonic()

    def ending(finish: str = "", error_kind: str = "", model: str = "") -> metering.Ending:
        elapsed = round((monotonic() - begun) * 1000)
        return metering.Ending(finish, error_kind, model, ms_first=None, ms_total=elapsed)

    target = opened.target
    try:
        result = await target.vendor.embed(target.endpoint, opened.request)
    except VendorError as error:
        end = ending(error_kind=error.kind.value)
        await close(tenant_id, metering.usage_release, call_id=opened.call_id, ending=end)
        raise
    except BaseException:
        report_stopped(target)
        await _settle(tenant_id, opened, Usage(opened.bound.input, 0, estimated=True), ending(STOPPED))
        raise
    report_answer(target)
    usage = result.usage or Usage(opened.bound.input, 0, estimated=True)
    await _settle(tenant_id, opened, usage, ending("stop", model=result.model))
    return result


async def _settle(tenant_id: UUID, opened: OpenEmbed, usage: Usage, ending: metering.Ending) -> None:
    await close(
        tenant_id,
        metering.usage_settle,
        call_id=opened.call_id,
        item=opened.target.item,
        tokens=tokens_of_usage(usage),
        ending=ending,
    )
