"""The work behind Test search: the same search that answers use, with the reasons for its order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from apps.knowledge.candidates import Reach
from apps.knowledge.models import SearchState, TrialSearch
from apps.knowledge.narrowing import Narrowing
from apps.knowledge.seeking import seek
from apps.knowledge.serving import caller_of
from apps.llm.loop import run_on_loop
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from apps.knowledge.reranking import Reranked


def search(tenant_id: UUID, search_id: UUID) -> None:
    """Make the search that the row asks for; nothing when it was made already or is gone."""
    with tenant_scope(tenant_id):
        rows = TrialSearch.objects.select_related("knowledge_base")
        row = rows.filter(id=search_id, state=SearchState.QUEUED).first()
        if row is None:
            return
        who = caller_of(row.knowledge_base, row.user_id)
        bases = (row.knowledge_base_id, *map(UUID, row.beside))
        reach = Reach(row.user_id, bases, None, Narrowing.of(row.narrowing))
    sought = run_on_loop(seek(who, reach, row.query))
    with tenant_scope(tenant_id):
        TrialSearch.objects.filter(id=search_id, state=SearchState.QUEUED).update(
            state=SearchState.DONE,
            found=_told(sought),
            notes=[str(sought.why)] if sought.why else [],
            finished_at=timezone.now(),
        )


def _told(sought: Reranked) -> list[dict[str, Any]]:
    """The passages by their chunks, with what put each at its place."""
    found = []
    for passage in sought.found.passages():
        why = sought.found.why[passage.chunk_id]
        told: dict[str, float | None] = {
            "meaning": why.meaning,
            "words": why.words,
            "pointed": why.pointed,
            "reranker": sought.scores.get(passage.chunk_id),
        }
        found.append(
            {
                "chunk_id": str(passage.chunk_id),
                "score": round(passage.score, 3),
                **{name: None if share is None else round(share, 3) for name, share in told.items()},
            }
        )
    return found
