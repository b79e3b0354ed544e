"""Passages as people mend them: left out of every search, or with the words put right.

Only in documents that are ready. Words count at once, within this transaction; the vector is made by a task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models.functions import Now

from apps.audit.services import record
from apps.knowledge import failures
from apps.knowledge.chunking import embedding_text
from apps.knowledge.hinting import hint_embedding_after_commit
from apps.knowledge.lexical import document_terms
from apps.knowledge.models import Chunk, ChunkTerms, ChunkVector, Document, DocumentState
from apps.knowledge.storing import terms_count
from apps.rest.errors import ProblemError, invalid
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

LONGEST: Final = 4000


def chunk_exclude(*, actor: Actor, chunk: Chunk, is_excluded: bool) -> Chunk:
    """Leave the passage out of every search and answer, or take it in again."""
    document, chunk = _locked(chunk)
    if chunk.is_excluded == is_excluded:
        return chunk
    chunk.is_excluded = is_excluded
    _write(document, chunk)
    _note(actor, "chunk.excluded" if is_excluded else "chunk.included", chunk)
    return chunk


def chunk_correct(*, actor: Actor, chunk: Chunk, text: str) -> Chunk:
    """Put other words in the passage's place; the file's own words bring it back. Raises ProblemError 400."""
    text = text.replace("\r\n", "\n").replace("\0", "").strip()
    if not text or len(text) > LONGEST:
        raise invalid([{"field": "text", "message": f"Write from 1 to {LONGEST:,} characters."}])
    document, chunk = _locked(chunk)
    if chunk.text == text:
        return chunk
    original = chunk.original or chunk.text
    chunk.text, chunk.original = text, "" if text == original.strip() else original
    _write(document, chunk)
    _note(actor, "chunk.corrected", chunk)
    return chunk


def _locked(chunk: Chunk) -> tuple[Document, Chunk]:
    document = (
        Document.objects.select_for_update().filter(id=chunk.document_id, state=DocumentState.READY).first()
    )
    if document is None:
        raise ProblemError(
            409,
            "wrong_state",
            "This passage can not be changed now",
            "Its document is being read again or was replaced. Nothing was changed.",
        )
    return document, Chunk.objects.select_related("document__file", "document__knowledge_base").get(
        id=chunk.id
    )


def _write(document: Document, chunk: Chunk) -> None:
    """Save it with terms that fit, and have its vector made."""
    terms_count([document.id], sign=-1, chunk_id=chunk.id)
    ChunkTerms.objects.filter(chunk=chunk).delete()
    ChunkVector.objects.filter(chunk=chunk).delete()
    chunk.save(update_fields=["text", "original", "is_excluded"])
    if chunk.is_excluded:
        return
    text = embedding_text(document.title, tuple(chunk.heading), chunk.text)
    terms = document_terms(text, chunk.language or None)
    if terms:
        ChunkTerms.objects.create(document=document, chunk=chunk, terms=terms)
        terms_count([document.id], sign=1, chunk_id=chunk.id)
    if document.embedding_model_id is not None:
        changed = Document.objects.filter(id=document.id)
        changed.update(note=failures.PASSAGE_CHANGED, updated_at=Now())
        hint_embedding_after_commit(current_tenant_id(), document.id)


def _note(actor: Actor, action: str, chunk: Chunk) -> None:
    after = {"document": str(chunk.document_id), "position": chunk.position}
    record(actor=actor, action=action, target_type="chunk", target_id=chunk.id, after=after)
