"""A question's vectors: one for each embedding model that read what is searched."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from apps.knowledge.embedding import query_call
from apps.llm import gateway
from apps.llm.gateway import GuardrailRefusedError, ModelNotFoundError, VendorError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from apps.knowledge.embedding import EmbeddingModel
    from apps.llm.gateway import Caller

logger = logging.getLogger(__name__)


async def query_vectors(
    who: Caller, models: Iterable[EmbeddingModel], text: str, *, conversation_id: UUID | None = None
) -> dict[UUID, list[float]]:
    """The vectors by model; a model that does not answer is left out, its texts are found by their words.

    Outside any scope. Not bound to a run: looking something up is not yet the beginning of an answer.
    """
    found = {}
    for model in models:
        try:
            made = await gateway.embed(query_call(who, model, text, conversation_id=conversation_id))
        except (VendorError, ModelNotFoundError, GuardrailRefusedError) as error:
            logger.warning("A query has no vector (%s): its words are searched.", type(error).__name__)
        else:
            found[model.id] = made.vectors[0]
    return found
