"""Vectors through the gateway: for coroutines on the engine's loop, and for ingest workers without one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from apps.llm.gateway.calls import EmbedCall
from apps.llm.gateway.estimate import believed
from apps.llm.gateway.loading import open_embed
from apps.llm.gateway.whole import Used, Way, answer
from apps.llm.loop import run_on_loop
from apps.llm.vendors.base import EmbeddingRequest, EmbeddingResult

if TYPE_CHECKING:
    from apps.llm.gateway.loading import OpenWhole


async def embed(call: EmbedCall) -> EmbeddingResult:
    """One vector per text, in the order of the texts; raises as `whole.answer` does."""
    return await answer(call, _WAY)


def embed_sync(call: EmbedCall) -> EmbeddingResult:
    """`embed` for a thread without an event loop and outside any scope; raises as it does."""
    return run_on_loop(embed(call))


async def _send(opened: OpenWhole[EmbeddingRequest]) -> EmbeddingResult:
    made = await opened.target.vendor.embed(opened.target.endpoint, opened.request)
    return replace(made, usage=believed(made.usage))


def _used(result: EmbeddingResult) -> Used:
    return Used(result.usage, model=result.model)


_WAY: Final = Way(open_embed, _send, _used)
