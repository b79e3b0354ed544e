"""A whole search, as chats, trial searches and clients make it: open, ask the models, find, put in order.

On the engine's loop, outside any scope.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.knowledge.asking import query_vectors
from apps.knowledge.reranking import rerank
from apps.knowledge.retrieval import search_find, search_open
from apps.tenants.aio import in_scope

if TYPE_CHECKING:
    from apps.knowledge.candidates import Reach
    from apps.knowledge.reranking import Reranked
    from apps.knowledge.retrieval import Found
    from apps.llm.gateway import Caller


async def seek(who: Caller, reach: Reach, text: str) -> Reranked:
    """What the question finds in reach, in its last order."""
    return await rerank(who, await look(who, reach, text))


async def look(who: Caller, reach: Reach, text: str) -> Found:
    """What the question finds in reach, in the order of the search."""
    search = await in_scope(who.tenant_id, search_open, reach)
    vectors = await query_vectors(
        who,
        search.models,
        text,
        conversation_id=reach.conversation_id,
        data_class=reach.data_class,
    )
    return await in_scope(who.tenant_id, search_find, search, text, vectors)
