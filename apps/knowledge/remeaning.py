"""Vectors for passages of documents that are ready: changed ones, and all of them for another model.

Safe to run twice or side by side: a batch is kept under the lock of its documents, and only as far as their
texts are still those that were embedded.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from apps.knowledge import failures
from apps.knowledge.batching import Batches
from apps.knowledge.chunking import embedding_text
from apps.knowledge.classing import highest_class
from apps.knowledge.embedding import UnfitVectorError, fitted, passage_call
from apps.knowledge.models import Chunk, ChunkVector, Document, DocumentState
from apps.knowledge.serving import plan_of
from apps.knowledge.storing import Unembedded
from apps.llm import gateway
from apps.llm.gateway import GuardrailRefusedError, ModelNotFoundError, VendorError
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.knowledge.embedding import EmbeddingModel
    from apps.llm.gateway import Caller

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Missing(Unembedded):
    """A passage of a document that is ready, without a vector."""

    document_id: UUID
    title: str
    position: int


def embed_missing(tenant_id: UUID, document_id: UUID) -> int:
    """Embed what has no vector of the models that its collection has; how many. The note goes."""
    with tenant_scope(tenant_id):
        ready = Document.objects.select_related("knowledge_base").filter(state=DocumentState.READY)
        document = ready.filter(id=document_id, embedding_model_id__isnull=False).first()
        if document is None:
            return 0
        plan = plan_of(document.knowledge_base, document.uploaded_by_id)
        waiting = {model: missing([document.id], model.id) for model in plan.models}
    made: list[int] = []
    try:
        for model, rows in waiting.items():
            Batches(rows).each(partial(_embed, model=model, who=plan.who, made=made))
    except (VendorError, ModelNotFoundError, GuardrailRefusedError, UnfitVectorError) as error:
        logger.warning("A changed passage has no vector yet: %s", type(error).__name__)
        return sum(made)
    with tenant_scope(tenant_id):
        Document.objects.filter(id=document_id, note=failures.PASSAGE_CHANGED).update(note="")
    return sum(made)


def missing(document_ids: Sequence[UUID], model_id: UUID) -> list[Missing]:
    """What of these documents has no vector of the model, by document and in reading order; in a scope."""
    rows = without_vector(model_id).filter(document_id__in=document_ids)
    return [
        Missing(
            chunk.id,
            embedding_text(chunk.document.title, tuple(chunk.heading), chunk.text),
            chunk.document_id,
            chunk.document.title,
            chunk.position,
        )
        for chunk in rows.select_related("document").order_by("document_id", "position")
    ]


def without_vector(model_id: UUID) -> QuerySet[Chunk]:
    """Passages that could be searched by the model and have no vector of it."""
    has = Exists(ChunkVector.objects.filter(chunk_id=OuterRef("pk"), model_id=model_id))
    return Chunk.objects.filter(~has, is_excluded=False, document__state=DocumentState.READY)


def vectors_keep(model_id: UUID, batch: Sequence[Missing], vectors: Sequence[Sequence[float]]) -> int:
    """Keep what is still missing of a paid batch; how many. In the caller's scope; locks the documents."""
    ids = {row.document_id for row in batch}
    locked = Document.objects.select_for_update().filter(id__in=ids, state=DocumentState.READY)
    ready = list(locked.order_by("id").values_list("id", flat=True))
    now = {row.chunk_id: row.text for row in missing(ready, model_id)}
    fresh = [
        ChunkVector(document_id=row.document_id, chunk_id=row.chunk_id, model_id=model_id, embedding=vector)
        for row, vector in zip(batch, vectors, strict=True)
        if now.get(row.chunk_id, "").startswith(row.text)
    ]
    return len(ChunkVector.objects.bulk_create(fresh))


def _embed(batch: list[Missing], *, model: EmbeddingModel, who: Caller, made: list[int]) -> None:
    with tenant_scope(who.tenant_id):
        data_class = highest_class({row.document_id for row in batch})
    call = passage_call(who, model, (row.text for row in batch), data_class=data_class)
    vectors = gateway.embed_sync(call).vectors
    with tenant_scope(who.tenant_id):
        made.append(vectors_keep(model.id, batch, [fitted(vector) for vector in vectors]))
