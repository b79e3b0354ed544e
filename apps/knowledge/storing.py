"""Rows of chunks: in before anyone sees them, counted when they are published, gone with their document.

All of it runs in the caller's scope and on sets; what is visible hangs on the document's state alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from apps.knowledge.chunking import embedding_text
from apps.knowledge.claiming import held, locked
from apps.knowledge.language import UNKNOWN, detect_language
from apps.knowledge.lexical import document_terms
from apps.knowledge.models import Chunk, ChunkTerms, ChunkVector, Document, DocumentState
from apps.tenants.models import new_id
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.knowledge.chunking import ChunkDraft
    from apps.knowledge.claiming import Claim
    from apps.knowledge.parsing.parsed import Parsed

_AT_ONCE: Final = 500
_SHORT: Final = 200
_OF_CHUNKS: Final = (
    "knowledge_chunkvector", "knowledge_posteddocument", "knowledge_chunkterms", "knowledge_chunk",
)  # fmt: skip

_COUNT = """
WITH unposted AS (
  DELETE FROM knowledge_posteddocument WHERE tenant_id = %(tenant)s AND document_id = ANY(%(documents)s)
)
INSERT INTO knowledge_termcount AS known (id, tenant_id, term, chunks)
SELECT gen_random_uuid(), %(tenant)s, found.term, %(sign)s * found.chunks
FROM (
  SELECT split_part(entry, ':', 1)::int - 1 AS term, count(*)::int AS chunks
  FROM knowledge_chunkterms t,
       unnest(string_to_array(split_part(ltrim(t.terms::text, '{'), '}', 1), ',')) AS entry
  WHERE t.tenant_id = %(tenant)s AND t.document_id = ANY(%(documents)s) AND entry <> ''
    AND (%(chunk)s::uuid IS NULL OR t.chunk_id = %(chunk)s)
  GROUP BY 1
) AS found
ORDER BY found.term
ON CONFLICT (tenant_id, term) DO UPDATE SET chunks = greatest(known.chunks + excluded.chunks, 0)
"""
# Terms in their order, so that two documents published at once never wait for each other in a circle. What
# the postings say of the documents holds no longer (apps.knowledge.posting).


class Edit(NamedTuple):
    """What a person did with a chunk, by what the file says: it lives on when the file is read again."""

    text: str
    is_excluded: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk ready to be stored, with its terms; made outside any transaction."""

    draft: ChunkDraft
    language: str
    terms: dict[int, float]
    edit: Edit | None = None


@dataclass(frozen=True, slots=True)
class Unembedded:
    """A stored chunk without a vector, and the text that one is made of."""

    chunk_id: UUID
    text: str


def edits_of(claimed: Claim) -> dict[str, Edit]:
    """What people did with the chunks of the version before, by the file's text."""
    if claimed.version_of_id is None:
        return {}
    edited = Chunk.objects.filter(Q(is_excluded=True) | ~Q(original=""), document_id=claimed.version_of_id)
    return {chunk.original or chunk.text: Edit(chunk.text, chunk.is_excluded) for chunk in edited}


def pieces_of(
    parsed: Parsed, drafts: Sequence[ChunkDraft], edits: Mapping[str, Edit] = MappingProxyType({})
) -> list[Piece]:
    """The chunks with language and terms. A short chunk's language is taken for its document's."""
    found = []
    for read in drafts:
        edit = edits.get(read.text)
        draft = replace(read, text=edit.text) if edit else read
        own = detect_language(draft.text) if len(draft.text) >= _SHORT else None
        language = parsed.language if own in {None, UNKNOWN} else own
        text = embedding_text(parsed.title, draft.heading, draft.text)
        is_excluded = edit is not None and edit.is_excluded
        terms = {} if is_excluded else document_terms(text, language)
        kept = edit and Edit("" if edit.text == read.text else read.text, is_excluded)
        found.append(Piece(draft, language or "", terms, kept))
    return found


def chunks_store(claimed: Claim, parsed: Parsed, pieces: Sequence[Piece]) -> None:
    """Make the document's rows exactly these, with what the file says of itself: it is not read again.

    Raises LostDocumentError.
    """
    document = locked(claimed)
    document.title, document.pages, document.loss = parsed.title, parsed.pages, parsed.loss
    document.language, document.read_as = parsed.language or "", list(parsed.read_as)
    document.chunk_count = len(pieces)
    document.save()
    chunks_drop([claimed.document_id])
    chunks = [_chunk(claimed.document_id, piece) for piece in pieces]
    Chunk.objects.bulk_create(chunks, batch_size=_AT_ONCE)
    ChunkTerms.objects.bulk_create(
        [
            ChunkTerms(document_id=claimed.document_id, chunk_id=chunk.id, terms=piece.terms)
            for chunk, piece in zip(chunks, pieces, strict=True)
            if piece.terms
        ],
        batch_size=_AT_ONCE,
    )


def chunks_drop(document_ids: Sequence[UUID]) -> None:
    """Delete the documents' chunks with their vectors and terms."""
    values: dict[str, Any] = {"tenant": current_tenant_id(), "documents": list(document_ids)}
    with connection.cursor() as cursor:
        for table in _OF_CHUNKS:
            cursor.execute(
                f"DELETE FROM {table} WHERE tenant_id = %(tenant)s AND document_id = ANY(%(documents)s)",  # noqa: S608 - our own names
                values,
            )


def models_set(claimed: Claim, model_ids: Sequence[UUID]) -> None:
    """Have it searched by the first of the models, and drop vectors of any that is not named.

    Raises LostDocumentError.
    """
    document = locked(claimed)
    ChunkVector.objects.filter(document_id=document.id).exclude(model_id__in=model_ids).delete()
    Document.objects.filter(id=document.id).update(embedding_model_id=model_ids[0] if model_ids else None)


def chunks_unembedded(claimed: Claim, model_id: UUID) -> list[Unembedded]:
    """What still has no vector of this model, in reading order; raises LostDocumentError."""
    document = locked(claimed)
    has = Exists(ChunkVector.objects.filter(chunk_id=OuterRef("pk"), model_id=model_id))
    rows = Chunk.objects.filter(~has, document_id=document.id, is_excluded=False).order_by("position")
    return [
        Unembedded(chunk_id, embedding_text(document.title, tuple(heading), text))
        for chunk_id, heading, text in rows.values_list("id", "heading", "text")
    ]


def vectors_store(
    claimed: Claim, model_id: UUID, chunk_ids: Sequence[UUID], vectors: Sequence[Sequence[float]]
) -> None:
    """Keep a paid batch at once; raises LostDocumentError."""
    document = locked(claimed)
    ChunkVector.objects.bulk_create(
        [
            ChunkVector(document_id=document.id, chunk_id=chunk_id, model_id=model_id, embedding=vector)
            for chunk_id, vector in zip(chunk_ids, vectors, strict=True)
        ]
    )


def pages_note(claimed: Claim, done: int, total: int) -> None:
    """Show how far it is read; nothing when it is no longer ours."""
    held(claimed).update(pages_read=done, pages=total)


def document_publish(claimed: Claim, *, note: str) -> Document:
    """Let everything be found, in this transaction; raises LostDocumentError.

    With a note its words alone are searched; vectors that were paid for wait for another try.
    """
    document = locked(claimed)
    if note:
        document.embedding_model_id = None
    terms_count([document.id], sign=1)
    document.state = DocumentState.READY
    document.note = note
    document.error_kind = document.error_detail = ""
    document.lease_until = None
    document.save()
    return document


def document_requeue(claimed: Claim, *, seconds: float) -> None:
    """Let it be tried again after a while; nothing when it is no longer ours."""
    _mine(claimed).update(
        state=DocumentState.QUEUED,
        lease_until=None,
        due_at=Now() + timedelta(seconds=seconds),
        updated_at=Now(),
    )


def document_yield(claimed: Claim, *, note: str = "", seconds: float = 0.0) -> None:
    """Let others of the queue go first, a turn that is no attempt; nothing when it is no longer ours.

    `note` says what it waits for.
    """
    _mine(claimed).update(
        state=DocumentState.QUEUED,
        attempts=0,
        lease_until=None,
        note=note,
        due_at=Now() + timedelta(seconds=seconds),
        updated_at=Now(),
    )


def document_fail(claimed: Claim, *, kind: str, detail: str) -> None:
    """End it as failed with a reason; its chunks go. Nothing when it is no longer ours."""
    failed = _mine(claimed).update(
        state=DocumentState.FAILED,
        error_kind=kind,
        error_detail=detail[:500],
        lease_until=None,
        chunk_count=0,
        updated_at=Now(),
    )
    if failed:
        chunks_drop([claimed.document_id])


def terms_count(document_ids: Sequence[UUID], *, sign: int, chunk_id: UUID | None = None) -> None:
    """Add (1) or take away (-1) the documents' chunks, or only one of them, in the count of each term."""
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "documents": list(document_ids),
        "sign": sign,
        "chunk": chunk_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)


def _mine(claimed: Claim) -> QuerySet[Document]:
    return Document.objects.filter(id=claimed.document_id, fence=claimed.fence, state=DocumentState.READING)


def _chunk(document_id: UUID, piece: Piece) -> Chunk:
    draft, edit = piece.draft, piece.edit
    return Chunk(
        id=new_id(),
        document_id=document_id,
        position=draft.position,
        text=draft.text,
        page=draft.place.page,
        is_slide=draft.place.is_slide,
        sheet=draft.place.sheet,
        first_row=draft.place.first_row,
        last_row=draft.place.last_row,
        heading=list(draft.heading),
        start=draft.start,
        end=draft.end,
        language=piece.language,
        original=edit.text if edit else "",
        is_excluded=edit.is_excluded if edit else False,
    )
