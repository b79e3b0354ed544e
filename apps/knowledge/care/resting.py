"""Which passages of its documents a verified answer rests on, so that it is cited as any answer is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models import Sum

from apps.knowledge.candidates import weights_of
from apps.knowledge.care.answer_models import VerifiedSource
from apps.knowledge.citations import Passage, cite
from apps.knowledge.fields import sparse_text
from apps.knowledge.language import detect_language
from apps.knowledge.lexical import DIMENSIONS, query_terms
from apps.knowledge.models import Chunk, Document, DocumentState
from apps.rest.errors import invalid
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from apps.knowledge.care.answer_models import VerifiedAnswer

MOST_PASSAGES: Final = 20
_COMPARED: Final = 12
"""Passages of each document that are held against the answer's claims: those nearest by words."""
_UNWRITTEN: Final = 1_000
"""Numbers from here on are in no marker, so each claim is given the passage that really says it."""

_NEAREST: Final = """
SELECT c.id FROM knowledge_chunkterms t
JOIN knowledge_chunk c ON c.tenant_id = t.tenant_id AND c.id = t.chunk_id
WHERE t.tenant_id = %(tenant)s AND t.document_id = %(document)s AND NOT c.is_excluded
ORDER BY t.terms <#> %(terms)s::sparsevec, c.position
LIMIT %(most)s
"""

_FOLLOW: Final = """
UPDATE knowledge_verifiedsource s
SET chunk_id = c.id, page = c.page, is_slide = c.is_slide, sheet = c.sheet, heading = c.heading,
    first_row = c.first_row, last_row = c.last_row
FROM knowledge_chunk c
WHERE s.tenant_id = %(tenant)s AND s.document_id = %(document)s
  AND c.tenant_id = %(tenant)s AND c.document_id = %(document)s AND c.text = s.quote AND NOT c.is_excluded
"""


def sources_write(answer: VerifiedAnswer, documents: Sequence[Document]) -> None:
    """Rest the answer on these documents as they are now; raises ProblemError 400 for one without passages.

    For each claim the passage that says it; of a document that says none, its nearest by words.
    """
    VerifiedSource.objects.filter(answer=answer).delete()
    VerifiedSource.objects.bulk_create(
        VerifiedSource(
            answer=answer,
            position=position,
            document_id=chunk.document_id,
            title=chunk.document.title,
            page=chunk.page,
            is_slide=chunk.is_slide,
            sheet=chunk.sheet,
            first_row=chunk.first_row,
            last_row=chunk.last_row,
            heading=chunk.heading,
            chunk_id=chunk.id,
            quote=chunk.text,
        )
        for position, chunk in enumerate(_behind(answer.text, documents))
    )


def sources_follow(document_id: UUID) -> None:
    """After a document was read again: sources whose passage still stands there word for word go with it."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, {"tenant": current_tenant_id(), "document": document_id})


def _behind(text: str, documents: Sequence[Document]) -> list[Chunk]:
    """In the order of the text, then of the documents."""
    if not documents:
        return []
    near = _near(text, documents)
    chunks = [chunk for found in near.values() for chunk in found]
    passages = [
        Passage(number, str(chunk.id), chunk.document.title, chunk.page, chunk.text)
        for number, chunk in enumerate(chunks, start=_UNWRITTEN)
    ]
    said = {chunks[citation.number - _UNWRITTEN]: None for citation in cite(text, passages)}
    room = MOST_PASSAGES - len(documents)
    chosen = list(said)[:room] if room else []
    met = {chunk.document_id for chunk in chosen}
    return chosen + [found[0] for document_id, found in near.items() if document_id not in met]


def _near(text: str, documents: Sequence[Document]) -> Mapping[UUID, list[Chunk]]:
    """The passages of each document that share most of the text's rare words, nearest first."""
    language = detect_language(text)
    total = Document.objects.filter(state=DocumentState.READY).aggregate(total=Sum("chunk_count"))["total"]
    near = {}
    for document in documents:
        weights = weights_of(query_terms(text, *{language, document.language or None}), total or 0)
        values: dict[str, Any] = {
            "tenant": current_tenant_id(),
            "document": document.id,
            "terms": sparse_text(weights, DIMENSIONS),
            "most": _COMPARED,
        }
        with connection.cursor() as cursor:
            cursor.execute(_NEAREST, values)
            ids = [row[0] for row in cursor.fetchall()]
        found = Chunk.objects.select_related("document").in_bulk(ids)
        if not found:
            message = f"{document.title} has no passage to rest on."
            raise invalid([{"field": "document_ids", "message": message}])
        near[document.id] = [found[id_] for id_ in ids]
    return near
