"""The moment in which a new version takes the place of the old one: one transaction, the document's id stays.

The old version's chunks go to a row of their own with the state `replaced`: no search finds them, and the
citations that quoted them still open them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import F

from apps.knowledge.care.resting import sources_follow
from apps.knowledge.claiming import LostDocumentError
from apps.knowledge.models import Chunk, ChunkTerms, ChunkVector, Document, DocumentState
from apps.knowledge.storing import terms_count
from apps.tenants.models import new_id

if TYPE_CHECKING:
    from uuid import UUID

_OF_CONTENT: Final = (
    "file_id", "title", "pages", "chunk_count", "language", "embedding_model_id", "note", "version",
    "chunk_size", "uploaded_by_id", "scan_language", "read_as", "loss",
)  # fmt: skip


def current_lock(document_id: UUID) -> Document:
    """The document whose new version is about to be published; raises LostDocumentError when it is gone.

    Locked before its new version, in the order in which deletion locks them.
    """
    current = Document.objects.select_for_update().filter(id=document_id).first()
    if current is None:
        raise LostDocumentError
    return current


def version_switch(current: Document, made: Document) -> None:
    """Serve `made`, published in this transaction, as `current`; the old content is kept apart."""
    if current.state == DocumentState.READY:
        terms_count([current.id], sign=-1)
        ChunkVector.objects.filter(document_id=current.id).delete()
        ChunkTerms.objects.filter(document_id=current.id).delete()
        _keep(current)
    else:
        Chunk.objects.filter(document_id=current.id).delete()
    for model in (Chunk, ChunkVector, ChunkTerms):
        model.objects.filter(document_id=made.id).update(document_id=current.id)
    for name in _OF_CONTENT:
        setattr(current, name, getattr(made, name))
    current.state = DocumentState.READY
    current.error_kind = current.error_detail = ""
    current.attempts, current.lease_until = made.attempts, None
    current.save()
    Document.objects.filter(id=current.id).update(fence=F("fence") + 1)
    made.delete()
    sources_follow(current.id)


def _keep(current: Document) -> None:
    """Move the old content to a row of its own."""
    kept = Document(
        id=new_id(),
        knowledge_base_id=current.knowledge_base_id,
        folder=current.folder,
        state=DocumentState.REPLACED,
        version_of_id=current.id,
        **{name: getattr(current, name) for name in _OF_CONTENT},
    )
    kept.save(force_insert=True)
    Document.objects.filter(id=kept.id).update(created_at=current.created_at)
    Chunk.objects.filter(document_id=current.id).update(document_id=kept.id)
