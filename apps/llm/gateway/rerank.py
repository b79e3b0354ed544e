"""Scores through the gateway: documents in the order of their worth for a query."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from apps.llm.gateway.calls import RerankCall
from apps.llm.gateway.estimate import MOST_TOKENS, believed
from apps.llm.gateway.loading import open_rerank
from apps.llm.gateway.whole import Used, Way, answer
from apps.llm.vendors.base import RerankRequest, RerankResult

if TYPE_CHECKING:
    from apps.llm.gateway.loading import OpenWhole


async def rerank(call: RerankCall) -> RerankResult:
    """Scores from the best down, `request.top` at most; raises as `whole.answer` does.

    The ledger's row counts searches: as many as the host charges for (Cohere: one for each 100 documents
    begun), one for a host that does not count them.
    """
    return await answer(call, _WAY)


async def _send(opened: OpenWhole[RerankRequest]) -> RerankResult:
    made = await opened.target.vendor.rerank(opened.target.endpoint, opened.request)
    return replace(made, usage=believed(made.usage))


def _used(result: RerankResult) -> Used:
    searches = 1 if result.searches is None else min(result.searches, MOST_TOKENS)
    return Used(result.usage, searches, result.model)


_WAY: Final = Way(open_rerank, _send, _used)
