"""The work behind Test search: the question's vector, then the same retrieval that answers use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import timezone

from apps.knowledge.asking import query_vectors
from apps.knowledge.models import SearchState, TrialSearch
from apps.knowledge.retrieval import models_asked, retrieve
from apps.knowledge.serving import caller_of
from apps.llm.loop import run_on_loop
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

LIMIT: Final = 8


def search(tenant_id: UUID, search_id: UUID) -> None:
    """Make the search that the row asks for; nothing when it was made already or is gone."""
    with tenant_scope(tenant_id):
        rows = TrialSearch.objects.select_related("knowledge_base")
        row = rows.filter(id=search_id, state=SearchState.QUEUED).first()
        if row is None:
            return
        bases = (row.knowledge_base_id,)
        models = models_asked(actor_user_id=row.user_id, knowledge_base_ids=bases)
        who = caller_of(row.knowledge_base, row.user_id)
    vectors = run_on_loop(query_vectors(who, models, row.query))
    with tenant_scope(tenant_id):
        passages = retrieve(
            actor_user_id=row.user_id,
            knowledge_base_ids=bases,
            query_text=row.query,
            query_vectors=vectors,
            limit=LIMIT,
        )
        found = [
            {"chunk_id": str(passage.chunk_id), "score": round(passage.score, 3)} for passage in passages
        ]
        TrialSearch.objects.filter(id=search_id, state=SearchState.QUEUED).update(
            state=SearchState.DONE, found=found, finished_at=timezone.now()
        )
