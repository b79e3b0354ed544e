"""The work behind Test search: the question's vector, then the same retrieval that answers use."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from django.utils import timezone

from apps.knowledge.embedding import embedding_model
from apps.knowledge.models import SearchState, TrialSearch
from apps.knowledge.retrieval import retrieve
from apps.llm import gateway
from apps.llm.gateway import Caller, EmbedCall, GuardrailRefusedError, ModelNotFoundError, VendorError
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

    from apps.knowledge.embedding import EmbeddingModel

LIMIT: Final = 8

logger = logging.getLogger(__name__)


def search(tenant_id: UUID, search_id: UUID) -> None:
    """Make the search that the row asks for; nothing when it was made already or is gone."""
    with tenant_scope(tenant_id):
        row = TrialSearch.objects.filter(id=search_id, state=SearchState.QUEUED).first()
        model = embedding_model()
    if row is None:
        return
    vector = _vector(tenant_id, row, model) if model else None
    with tenant_scope(tenant_id):
        passages = retrieve(
            actor_user_id=row.user_id,
            knowledge_base_ids=(row.knowledge_base_id,),
            query_text=row.query,
            query_vector=vector,
            limit=LIMIT,
        )
        found = [
            {"chunk_id": str(passage.chunk_id), "score": round(passage.score, 3)} for passage in passages
        ]
        TrialSearch.objects.filter(id=search_id, state=SearchState.QUEUED).update(
            state=SearchState.DONE, found=found, finished_at=timezone.now()
        )


def _vector(tenant_id: UUID, row: TrialSearch, model: EmbeddingModel) -> list[float] | None:
    call = EmbedCall(
        who=Caller(tenant_id, None, row.user_id),
        model_id=model.id,
        texts=(row.query,),
        purpose="query",
        side="query",
        dimensions=model.dimensions,
    )
    try:
        return gateway.embed_sync(call).vectors[0]
    except (VendorError, ModelNotFoundError, GuardrailRefusedError) as error:
        logger.warning("A trial search has no vector: %s", type(error).__name__)
        return None
