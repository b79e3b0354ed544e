"""Vectors for passages that people changed in documents that are ready. Safe to run twice or side by side."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from apps.knowledge import failures
from apps.knowledge.batching import Batches
from apps.knowledge.chunking import embedding_text
from apps.knowledge.embedding import embedding_models, fitted, passage_call
from apps.knowledge.models import Chunk, ChunkVector, Document, DocumentState
from apps.knowledge.storing import Unembedded
from apps.llm import gateway
from apps.llm.gateway import Caller, GuardrailRefusedError, ModelNotFoundError, VendorError
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

    from apps.knowledge.embedding import EmbeddingModel

logger = logging.getLogger(__name__)


def embed_missing(tenant_id: UUID, document_id: UUID) -> int:
    """Embed what has no vector, with the model of the document's others; how many. The note goes."""
    with tenant_scope(tenant_id):
        document = Document.objects.filter(id=document_id, state=DocumentState.READY).first()
        if document is None or document.embedding_model_id is None:
            return 0
        model = embedding_models([document.embedding_model_id]).get(document.embedding_model_id)
        waiting = _waiting(document)
    if model is None:
        return 0
    batches = Batches(waiting)
    made = 0
    try:
        while batch := batches.first():
            made += _embed(document, model, batch)
            batches.drop(len(batch))
    except (VendorError, ModelNotFoundError, GuardrailRefusedError) as error:
        logger.warning("A changed passage has no vector yet: %s", type(error).__name__)
        return made
    with tenant_scope(tenant_id):
        Document.objects.filter(id=document_id, note=failures.PASSAGE_CHANGED).update(note="")
    return made


def _waiting(document: Document) -> list[Unembedded]:
    has = Exists(ChunkVector.objects.filter(chunk_id=OuterRef("pk")))
    rows = Chunk.objects.filter(~has, document=document, is_excluded=False).order_by("position")
    return [
        Unembedded(chunk.id, embedding_text(document.title, tuple(chunk.heading), chunk.text))
        for chunk in rows
    ]


def _embed(document: Document, model: EmbeddingModel, batch: list[Unembedded]) -> int:
    who = Caller(document.tenant_id, None, document.uploaded_by_id)
    vectors = gateway.embed_sync(passage_call(who, model, (row.text for row in batch))).vectors
    with tenant_scope(document.tenant_id):
        now = Document.objects.select_for_update().filter(
            id=document.id, state=DocumentState.READY, embedding_model_id=model.id
        )
        if not now.exists():
            return 0
        still = {row.chunk_id: row.text for row in _waiting(document)}
        fresh = [
            ChunkVector(document=document, chunk_id=row.chunk_id, model_id=model.id, embedding=fitted(vector))
            for row, vector in zip(batch, vectors, strict=True)
            if still.get(row.chunk_id) == row.text
        ]
        ChunkVector.objects.bulk_create(fresh)
        return len(fresh)
