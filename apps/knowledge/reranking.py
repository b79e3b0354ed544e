"""A model puts what was found in order, where a collection asks for it; else the search's order serves."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from apps.guardrails.classes import highest
from apps.guardrails.cutting import beginning
from apps.knowledge.retrieval import RERANKED
from apps.llm import gateway
from apps.llm.gateway import (
    GuardrailRefusedError,
    ModelNotFoundError,
    RefusedError,
    RerankCall,
    VendorError,
)
from apps.llm.vendors.base import RerankRequest

if TYPE_CHECKING:
    from uuid import UUID

    from apps.knowledge.candidates import Stored
    from apps.knowledge.retrieval import Found
    from apps.llm.gateway import Caller
    from apps.llm.vendors.base import RerankResult

SECONDS: Final = 5.0
_CHARACTERS: Final = 2_000

logger = logging.getLogger(__name__)


class Unordered(StrEnum):
    """Why finds stay in the order of the search, in words."""

    SLOW = "the model that orders passages did not answer in time"
    FAILED = "the model that orders passages did not answer"
    MISSING = "the model that orders passages is off, or your team may not use it"
    REFUSED = "a rule of your organisation keeps the question from the model that orders passages"


@dataclass(frozen=True, slots=True)
class Reranked:
    """What was found in its last order; `scores` (0 to 1) by chunk where a model gave them, or `why` not."""

    found: Found
    scores: dict[UUID, float]
    why: Unordered | None = None


def reranker_of(found: Found) -> UUID | None:
    """The model that puts these finds in order: of several collections' that of the one that leads."""
    tunings = found.search.tunings
    for hit, _ in found.read:
        tuned = tunings.get(hit.knowledge_base_id) if hit.knowledge_base_id else None
        if tuned is not None and tuned.reranker_id is not None:
            return tuned.reranker_id
    return None


async def rerank(who: Caller, found: Found, *, step: str = "") -> Reranked:
    """The finds in the order of their reranker, five seconds at most; as they are where it gives none.

    Outside any scope. Not bound to a run, as `asking.query_vectors`, and named like it in the ledger.
    """
    model_id, texts = reranker_of(found), found.texts()[:RERANKED]
    if model_id is None or len(texts) < 2:  # noqa: PLR2004 - one has no order
        return Reranked(found, {})
    call = RerankCall(
        who=who,
        model_id=model_id,
        request=RerankRequest("", found.text, tuple(_shown(chunk) for _, chunk in texts)),
        purpose="rerank_passages",
        data_class=highest([found.search.reach.data_class, *(chunk.data_class for _, chunk in texts)]),
        conversation_id=found.search.reach.conversation_id,
        step=step,
    )
    try:
        async with asyncio.timeout(SECONDS):
            made = await gateway.rerank(call)
    except (TimeoutError, VendorError, ModelNotFoundError, GuardrailRefusedError) as error:
        logger.warning("Passages were not reranked (%s): the search's order serves.", type(error).__name__)
        return Reranked(found, {}, _why(error))
    scores = {texts[at][1].chunk_id: share for at, share in _shares(made)}
    return Reranked(found.reordered(scores), scores)


def _shown(chunk: Stored) -> str:
    """A passage as a model that orders reads it: what it is of stands in front."""
    place = " > ".join((chunk.title, *chunk.heading))
    return beginning(f"{place}\n{chunk.text}", _CHARACTERS)


def _shares(made: RerankResult) -> list[tuple[int, float]]:
    """Scores of any range as shares between 0 and 1."""
    values = [score for _, score in made.scores]
    low, high = min(values), max(values)
    return [(at, (score - low) / (high - low) if high > low else 1.0) for at, score in made.scores]


def _why(error: Exception) -> Unordered:
    if isinstance(error, TimeoutError):
        return Unordered.SLOW
    if isinstance(error, GuardrailRefusedError | RefusedError):
        return Unordered.REFUSED
    return Unordered.MISSING if isinstance(error, ModelNotFoundError) else Unordered.FAILED
