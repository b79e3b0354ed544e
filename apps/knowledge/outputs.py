"""Documents, files and chunks as clients see them: plain dictionaries, described by api.serializers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.guardrails.classes import DataClass
from apps.knowledge.models import DocumentState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.knowledge.models import Chunk, Document, KnowledgeBase, TrialSearch

REASONS = ("meaning", "words", "pointed", "reranker")
_OF_FILE = {DocumentState.QUEUED: "reading"}


def error_of(document: Document) -> dict[str, str] | None:
    """Why it failed, in words; None unless it did."""
    if document.state != DocumentState.FAILED:
        return None
    return {"kind": document.error_kind, "detail": document.error_detail}


def file_output(document: Document) -> dict[str, Any]:
    """An attachment: its file and how far it was read."""
    file = document.file
    return {
        "id": file.id,
        "name": file.name,
        "size": file.size,
        "media_type": file.media_type,
        "document_id": document.id,
        "state": _OF_FILE.get(DocumentState(document.state), document.state),
        "error": error_of(document),
        "data_class": document.held_class.slug,
        "pages": document.pages or None,
    }


def origin_of(document: Document) -> dict[str, Any] | None:
    """The source that brought the document and the way back to it there; None for an upload."""
    item = next(iter(document.source_items.all()), None)
    if item is None:
        return None
    return {"id": item.source_id, "name": item.source.name, "kind": item.source.kind, "link": item.link}


def document_output(document: Document) -> dict[str, Any]:
    """A document of a collection; needs `file`, `uploaded_by` and `source_items__source` loaded."""
    by = document.uploaded_by
    return {
        "id": document.id,
        "knowledge_base_id": document.knowledge_base_id,
        "title": document.title,
        "name": document.file.name,
        "size": document.file.size,
        "media_type": document.file.media_type,
        "state": document.state,
        "error": error_of(document),
        "note": document.remark,
        "is_retryable": document.may_retry,
        "pages": document.pages or None,
        "pages_read": document.pages_read if document.state == DocumentState.READING else None,
        "chunks": document.chunk_count,
        "language": document.language or None,
        "scan_language": document.scan_language,
        "read_as": document.read_as,
        "folder": document.folder,
        "version": document.version,
        "version_of": document.version_of_id,
        "chunk_size": document.chunk_size,
        "tags": document.tags,
        "dated": document.dated,
        "data_class": document.held_class.slug,
        "class_reason": document.class_reason,
        "uploaded_by": {"id": by.id, "name": by.name} if by else None,
        "origin": origin_of(document),
        "created_at": document.created_at,
        "updated_at": document.updated_at,
    }


def knowledge_base_output(knowledge_base: KnowledgeBase, *, may_change: bool) -> dict[str, Any]:
    """A collection; needs `owner`, `teams__team` and the counts of selectors.with_counts loaded."""
    owner = knowledge_base.owner
    return {
        "id": knowledge_base.id,
        "name": knowledge_base.name,
        "description": knowledge_base.description,
        "visibility": knowledge_base.visibility,
        "data_class": DataClass(knowledge_base.data_class).slug,
        "teams": [{"id": row.team_id, "name": row.team.name} for row in knowledge_base.teams.all()],
        "people": [{"id": row.user_id, "name": row.user.name} for row in knowledge_base.people.all()],
        "owner": {"id": owner.id, "name": owner.name} if owner else None,
        "scan_language": knowledge_base.scan_language,
        "documents": getattr(knowledge_base, "documents_total", 0),
        "failed": getattr(knowledge_base, "documents_failed", 0),
        "may_change": may_change,
        "created_at": knowledge_base.created_at,
        "updated_at": knowledge_base.updated_at,
    }


def chunk_output(chunk: Chunk, before: str, after: str) -> dict[str, Any]:
    """A passage with the text around it; a chat's own collection has no name to show."""
    document = chunk.document
    base = document.knowledge_base
    return {
        "id": chunk.id,
        "document": {
            "id": document.id,
            "title": document.title,
            "media_type": document.file.media_type,
            "data_class": document.held_class.slug,
            "knowledge_base": None if base.conversation_id else {"id": base.id, "name": base.name},
            "origin": origin_of(document),
        },
        "page": chunk.page,
        "place": chunk.place.label,
        "heading": chunk.heading,
        "text": chunk.text,
        "before": before,
        "after": after,
    }


def search_output(search: TrialSearch, hits: Sequence[tuple[Chunk, dict[str, Any]]]) -> dict[str, Any]:
    """A trial search with what it found, best first."""
    return {
        "id": search.id,
        "query": search.query,
        "state": search.state,
        "narrowing": search.narrowing,
        "notes": search.notes,
        "results": [
            {
                "chunk_id": chunk.id,
                "document_id": chunk.document_id,
                "document_title": chunk.document.title,
                "knowledge_base_id": chunk.document.knowledge_base_id,
                "page": chunk.page,
                "place": chunk.place.label,
                "heading": chunk.heading,
                "text": chunk.text,
                "data_class": chunk.document.held_class.slug,
                "score": why["score"],
                "why": {name: why.get(name) for name in REASONS},
            }
            for chunk, why in hits
        ],
    }
