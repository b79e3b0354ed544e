"""A search by a client: begun in one scope, made by a worker, read in another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.knowledge import services
from apps.knowledge.models import SearchState, StoreFile, TrialSearch
from apps.knowledge.narrowing import Narrowing
from apps.knowledge.selectors import search_hits
from apps.knowledge.stores.matching import matches
from apps.knowledge.stores.services import store_touch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.knowledge.models import Chunk, KnowledgeBase


def search_begin(
    *, actor: Actor, base: KnowledgeBase, query: str, wanted: Mapping[str, Any] | None
) -> UUID | None:
    """The search's id; None where no file passes the filter. Raises as a trial search does."""
    narrowing = Narrowing()
    if wanted is not None:
        rows = StoreFile.objects.filter(document__knowledge_base=base)
        said = rows.values_list("document_id", "attributes")
        ids = tuple(id_ for id_, attributes in said if matches(wanted, attributes))
        if not ids:
            return None
        narrowing = Narrowing(document_ids=ids)
    search = services.trial_search_start(actor=actor, knowledge_base=base, query=query)
    search.narrowing = narrowing.stored()
    search.save(update_fields=["narrowing"])
    store_touch(base)
    return search.id


def search_read(*, actor: Actor, search_id: UUID) -> list[tuple[Chunk, float, StoreFile | None]] | None:
    """What was found and may still be read, best first; None while it is being made."""
    search = TrialSearch.objects.filter(id=search_id, user_id=actor.user_id).first()
    if search is None or search.state == SearchState.FAILED:
        return []
    if search.state != SearchState.DONE:
        return None
    hits = search_hits(actor, search)
    rows = StoreFile.objects.filter(document_id__in={chunk.document_id for chunk, *_ in hits})
    said = {row.document_id: row for row in rows}
    scores = {row["chunk_id"]: float(row["score"]) for row in search.found}
    return [(chunk, scores[str(chunk.id)], said.get(chunk.document_id)) for chunk, *_ in hits]
