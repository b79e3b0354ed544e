"""A question's vectors: one for each embedding model that read what is searched."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from apps.knowledge.embedding import query_call
from apps.llm import gateway
from apps.llm.gateway import GuardrailRefusedError, ModelNotFoundError, VendorError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from apps.guardrails.classes import DataClass
    from apps.knowledge.embedding import EmbeddingModel
    from apps.llm.gateway import Caller, EmbedCall

logger = logging.getLogger(__name__)


async def query_vectors(
    who: Caller,
    models: Iterable[EmbeddingModel],
    text: str,
    *,
    conversation_id: UUID | None = None,
    data_class: DataClass | None = None,
    step: str = "",
) -> dict[UUID, list[float]]:
    """The vectors by model; a model that does not answer is left out, its texts are found by their words.

    All are asked at once, outside any scope. Not bound to a run: looking something up is not yet the
    beginning of an answer. `data_class` is that of the question, `step` names the calls in the ledger.
    """
    asked = list(models)
    calls = (
        replace(
            query_call(who, model, text, conversation_id=conversation_id), step=step, data_class=data_class
        )
        for model in asked
    )
    found = await asyncio.gather(*map(_vector, calls))
    return {model.id: vector for model, vector in zip(asked, found, strict=True) if vector is not None}


async def _vector(call: EmbedCall) -> list[float] | None:
    try:
        made = await gateway.embed(call)
    except (VendorError, ModelNotFoundError, GuardrailRefusedError) as error:
        logger.warning("A query has no vector (%s): its words are searched.", type(error).__name__)
        return None
    return made.vectors[0]
