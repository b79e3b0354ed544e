"""Finding candidates: tenant, access and both searches in one statement (docs/adr/0007).

Vectors and terms are searched exactly: no index approximates. Access is read in the same statement, so what
was unshared a moment ago cannot be found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from django.db import connection

from apps.knowledge.fields import sparse_text, vector_text
from apps.knowledge.lexical import DIMENSIONS, idf
from apps.knowledge.models import TermCount
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

MOST: Final = 200

_READABLE: Final = """
WITH readable AS MATERIALIZED (
  SELECT d.id, d.title, d.embedding_model_id, d.language, d.chunk_count
  FROM knowledge_knowledgebase b
  JOIN knowledge_document d ON d.tenant_id = b.tenant_id AND d.knowledge_base_id = b.id AND d.state = 'ready'
  WHERE b.tenant_id = %(tenant)s
    AND (b.conversation_id = %(conversation)s OR (b.conversation_id IS NULL AND b.id = ANY(%(bases)s)))
    AND EXISTS (SELECT 1 FROM accounts_user u
                WHERE u.tenant_id = b.tenant_id AND u.id = %(user)s AND u.is_active)
    AND (b.owner_id = %(user)s
         OR b.visibility = 'tenant'
         OR (b.visibility = 'teams' AND EXISTS (
               SELECT 1 FROM knowledge_knowledgebaseteam s
               JOIN accounts_team t ON t.tenant_id = s.tenant_id AND t.id = s.team_id
               WHERE s.tenant_id = b.tenant_id AND s.knowledge_base_id = b.id
                 AND (t.is_everyone OR EXISTS (
                        SELECT 1 FROM accounts_membership m
                        WHERE m.tenant_id = t.tenant_id AND m.team_id = t.id AND m.user_id = %(user)s)))))
)
"""
_SURVEY: Final = (
    _READABLE  # noqa: S608 - our own text, every value is a parameter
    + """
SELECT coalesce(array_agg(DISTINCT language), '{}'),
       (SELECT coalesce(sum(chunk_count), 0) FROM knowledge_document
        WHERE tenant_id = %(tenant)s AND state = 'ready')
FROM readable
"""
)
_FIND: Final = (
    _READABLE  # noqa: S608 - as above
    + """
, dense AS MATERIALIZED (
  SELECT v.chunk_id, 1 - (v.embedding <=> %(vector)s::halfvec) AS score
  FROM knowledge_chunkvector v JOIN readable r ON r.id = v.document_id
  WHERE v.tenant_id = %(tenant)s AND r.embedding_model_id = %(model)s AND %(vector)s IS NOT NULL
  ORDER BY v.embedding <=> %(vector)s::halfvec
  LIMIT %(most)s
), lexical AS MATERIALIZED (
  SELECT t.chunk_id, -(t.terms <#> %(terms)s::sparsevec) AS score
  FROM knowledge_chunkterms t JOIN readable r ON r.id = t.document_id
  WHERE t.tenant_id = %(tenant)s AND t.terms <#> %(terms)s::sparsevec < 0
  ORDER BY t.terms <#> %(terms)s::sparsevec
  LIMIT %(most)s
), found AS (
  SELECT chunk_id, max(dense) AS dense, max(lexical) AS lexical
  FROM (SELECT chunk_id, score AS dense, NULL::float8 AS lexical FROM dense
        UNION ALL SELECT chunk_id, NULL, score FROM lexical) AS legs
  GROUP BY chunk_id
)
SELECT c.id, c.document_id, c.position, c.language, found.dense, found.lexical
FROM found JOIN knowledge_chunk c ON c.tenant_id = %(tenant)s AND c.id = found.chunk_id
JOIN readable r ON r.id = c.document_id
"""
)
_TEXTS: Final = (
    _READABLE
    + """
SELECT c.id, c.document_id, r.title, c.position, c.page, c.heading, c.start, c."end", c.text
FROM unnest(%(documents)s::uuid[], %(positions)s::int[]) AS wanted (document_id, position)
JOIN readable r ON r.id = wanted.document_id
JOIN knowledge_chunk c ON c.tenant_id = %(tenant)s AND c.document_id = r.id AND c.position = wanted.position
"""
)
_OPENINGS: Final = (
    _READABLE
    + """
SELECT c.id, c.document_id, r.title, c.position, c.page, c.heading, c.start, c."end", c.text
FROM readable r JOIN knowledge_chunk c ON c.tenant_id = %(tenant)s AND c.document_id = r.id
WHERE c.position < %(most)s
ORDER BY r.id, c.position
"""
)


@dataclass(frozen=True, slots=True)
class Reach:
    """Who asks, and where is looked: collections that they may read, and their chat's own."""

    user_id: UUID
    knowledge_base_ids: tuple[UUID, ...]
    conversation_id: UUID | None

    def values(self) -> dict[str, Any]:
        """The parameters of the access rule."""
        return {
            "tenant": current_tenant_id(),
            "user": self.user_id,
            "bases": list(self.knowledge_base_ids),
            "conversation": self.conversation_id,
        }


@dataclass(frozen=True, slots=True)
class Survey:
    """What can be searched: its languages, and how many chunks the organisation has in all."""

    languages: tuple[str | None, ...]
    chunks: int

    @property
    def is_empty(self) -> bool:
        return not self.languages


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found; `dense` is the cosine, `lexical` the BM25 score, None where a leg missed it."""

    chunk_id: UUID
    document_id: UUID
    position: int
    language: str | None
    dense: float | None
    lexical: float | None


@dataclass(frozen=True, slots=True)
class Stored:
    """A chunk's text with its place."""

    chunk_id: UUID
    document_id: UUID
    title: str
    position: int
    page: int | None
    heading: tuple[str, ...]
    start: int
    end: int
    text: str


def survey(reach: Reach) -> Survey:
    """What there is to search in."""
    rows = _rows(_SURVEY, reach.values())
    languages, chunks = rows[0]
    return Survey(tuple(language or None for language in languages), int(chunks))


def weights_of(terms: Sequence[int], chunks: int) -> dict[int, float]:
    """How much each term of a question weighs, by how rare it is in the organisation's chunks."""
    counted = TermCount.objects.filter(term__in=list(terms))
    counts = dict(counted.values_list("term", "chunks"))
    return {term: idf(chunks, counts.get(term, 0)) for term in terms}


def find(
    reach: Reach, *, weights: Mapping[int, float], vector: Sequence[float] | None, model_id: UUID | None
) -> list[Hit]:
    """The 200 nearest by meaning and the 200 best by words, together."""
    values = reach.values() | {
        "vector": None if vector is None or model_id is None else vector_text(vector),
        "model": model_id,
        "terms": sparse_text(weights, DIMENSIONS),
        "most": MOST,
    }
    return [
        Hit(chunk_id, document_id, position, language or None, dense, lexical)
        for chunk_id, document_id, position, language, dense, lexical in _rows(_FIND, values)
    ]


def texts(reach: Reach, places: Sequence[tuple[UUID, int]]) -> dict[tuple[UUID, int], Stored]:
    """The chunks at these places (document, position), as far as the person may still read them."""
    values = reach.values() | {
        "documents": [document_id for document_id, _ in places],
        "positions": [position for _, position in places],
    }
    found = (_stored(row) for row in _rows(_TEXTS, values))
    return {(chunk.document_id, chunk.position): chunk for chunk in found}


def openings(reach: Reach, *, most: int) -> list[Stored]:
    """The first chunks of each document in reach, in reading order."""
    return [_stored(row) for row in _rows(_OPENINGS, reach.values() | {"most": most})]


def _stored(row: Sequence[Any]) -> Stored:
    chunk_id, document_id, title, position, page, heading, start, end, text = row
    if isinstance(heading, str):
        heading = orjson.loads(heading)
    return Stored(chunk_id, document_id, title, position, page, tuple(heading), start, end, text)


def _rows(sql: str, values: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[Any] = cursor.fetchall()
    return rows
