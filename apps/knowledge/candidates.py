"""Finding candidates: tenant, access and both searches in one statement (docs/adr/0007).

Vectors and terms are searched exactly: no index approximates. Access is read in the same statement, so what
was unshared a moment ago cannot be found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from django.db import connection

from apps.knowledge.admission import ADMITTED
from apps.knowledge.fields import sparse_text, vector_text
from apps.knowledge.lexical import DIMENSIONS, idf
from apps.knowledge.models import TermCount
from apps.knowledge.narrowing import NARROWED, WIDE
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from apps.knowledge.narrowing import Narrowing

MOST: Final = 200
MOST_POINTED: Final = 50

_READABLE: Final = f"""
WITH readable AS MATERIALIZED (
  SELECT d.id, d.knowledge_base_id, d.file_id, d.title, d.embedding_model_id, d.language, d.chunk_count
  FROM knowledge_knowledgebase b
  JOIN knowledge_document d ON d.tenant_id = b.tenant_id AND d.knowledge_base_id = b.id AND d.state = 'ready'
  WHERE b.tenant_id = %(tenant)s
    AND (b.conversation_id = %(conversation)s
      OR (b.conversation_id IS NULL AND b.id = ANY(%(bases)s) AND {NARROWED}))
    AND {ADMITTED}
)
"""  # noqa: S608 - our own text, every value is a parameter
_SURVEY: Final = (
    _READABLE  # noqa: S608 - as above
    + """
SELECT coalesce(array_agg(DISTINCT language), '{}'), coalesce(array_agg(DISTINCT embedding_model_id), '{}'),
       coalesce(array_agg(DISTINCT knowledge_base_id), '{}'),
       (SELECT coalesce(sum(chunk_count), 0) FROM knowledge_document
        WHERE tenant_id = %(tenant)s AND state = 'ready')
FROM readable
"""
)
_FIND: Final = (
    _READABLE  # noqa: S608 - as above
    + """
, asked AS MATERIALIZED (
  SELECT a.model_id, a.vector::halfvec AS vector
  FROM unnest(%(models)s::uuid[], %(vectors)s::text[]) AS a (model_id, vector)
), dense AS MATERIALIZED (
  SELECT near.chunk_id
  FROM asked CROSS JOIN LATERAL (
    SELECT v.chunk_id FROM knowledge_chunkvector v JOIN readable r ON r.id = v.document_id
    WHERE v.tenant_id = %(tenant)s AND r.embedding_model_id = asked.model_id
      AND v.model_id = asked.model_id AND vector_dims(v.embedding) = vector_dims(asked.vector)
    ORDER BY v.embedding <=> asked.vector
    LIMIT %(most)s) AS near
), lexical AS MATERIALIZED (
  SELECT scored.chunk_id
  FROM (SELECT t.chunk_id, t.terms <#> %(terms)s::sparsevec AS distance
        FROM knowledge_chunkterms t JOIN readable r ON r.id = t.document_id
        WHERE t.tenant_id = %(tenant)s
        ORDER BY distance LIMIT %(most)s) AS scored
  WHERE scored.distance < 0
), pointed AS MATERIALIZED (
  SELECT near.chunk_id
  FROM unnest(%(pointed)s::text[]) AS p (terms) CROSS JOIN LATERAL (
    SELECT t.chunk_id FROM knowledge_chunkterms t JOIN readable r ON r.id = t.document_id
    WHERE t.tenant_id = %(tenant)s
    ORDER BY t.terms <#> p.terms::sparsevec
    LIMIT %(most_pointed)s) AS near
), called AS MATERIALIZED (
  SELECT t.chunk_id
  FROM readable r
  JOIN files_file f ON f.tenant_id = %(tenant)s AND f.id = r.file_id AND lower(f.name) = ANY(%(names)s)
  JOIN knowledge_chunkterms t ON t.tenant_id = %(tenant)s AND t.document_id = r.id
  WHERE cardinality(%(names)s::text[]) > 0
  ORDER BY t.terms <#> %(terms)s::sparsevec
  LIMIT %(most_pointed)s
), found AS (
  SELECT chunk_id FROM dense UNION SELECT chunk_id FROM lexical
  UNION SELECT chunk_id FROM pointed UNION SELECT chunk_id FROM called
)
SELECT c.id, c.document_id, c.position, c.language, asked.model_id,
       1 - (v.embedding <=> asked.vector), nullif(-(t.terms <#> %(terms)s::sparsevec), 0),
       r.knowledge_base_id,
       CASE WHEN cardinality(%(pointed)s::text[]) = 0 THEN ''
         ELSE concat_ws(E'\\n', (SELECT name FROM files_file WHERE tenant_id = %(tenant)s AND id = r.file_id),
                        r.title, c.heading, c.text) END
FROM found JOIN knowledge_chunk c ON c.tenant_id = %(tenant)s AND c.id = found.chunk_id
JOIN readable r ON r.id = c.document_id
LEFT JOIN asked ON asked.model_id = r.embedding_model_id
LEFT JOIN knowledge_chunkvector v
  ON v.tenant_id = %(tenant)s AND v.chunk_id = found.chunk_id AND v.model_id = asked.model_id
    AND vector_dims(v.embedding) = vector_dims(asked.vector)
LEFT JOIN knowledge_chunkterms t ON t.tenant_id = %(tenant)s AND t.chunk_id = found.chunk_id
"""
)
_TEXTS: Final = (
    _READABLE
    + """
SELECT c.id, c.document_id, r.title, c.position, c.page, c.heading, c.start, c."end", c.text
FROM unnest(%(documents)s::uuid[], %(positions)s::int[]) AS wanted (document_id, position)
JOIN readable r ON r.id = wanted.document_id
JOIN knowledge_chunk c ON c.tenant_id = %(tenant)s AND c.document_id = r.id AND c.position = wanted.position
WHERE NOT c.is_excluded
"""
)
_OPENINGS: Final = (
    _READABLE
    + """
SELECT c.id, c.document_id, r.title, c.position, c.page, c.heading, c.start, c."end", c.text
FROM readable r JOIN knowledge_chunk c
  ON c.tenant_id = %(tenant)s AND c.document_id = r.id AND NOT c.is_excluded
WHERE c.position < %(most)s
ORDER BY r.id, c.position
"""
)


@dataclass(frozen=True, slots=True)
class Reach:
    """Who asks, and where is looked: collections that they may read, narrowed, and their chat's own."""

    user_id: UUID
    knowledge_base_ids: tuple[UUID, ...]
    conversation_id: UUID | None
    narrowing: Narrowing = WIDE

    def values(self) -> dict[str, Any]:
        """The parameters of the access rule."""
        return {
            "tenant": current_tenant_id(),
            "user": self.user_id,
            "bases": list(self.knowledge_base_ids),
            "conversation": self.conversation_id,
            **self.narrowing.values(),
        }


@dataclass(frozen=True, slots=True)
class Survey:
    """What can be searched: its languages, embedding models, collections; how many chunks the tenant has."""

    languages: tuple[str | None, ...]
    model_ids: tuple[UUID, ...]
    knowledge_base_ids: tuple[UUID, ...]
    chunks: int

    @property
    def is_empty(self) -> bool:
        return not self.languages


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that either leg found; `dense` is the cosine, `lexical` the BM25 score.

    A score is None where the chunk has no vector of a model that was asked (`model_id`) or none of the words.
    `says` is its file's name, title, heading and text where the question points at something
    (apps.knowledge.pointing).
    """

    chunk_id: UUID
    document_id: UUID
    position: int
    language: str | None
    model_id: UUID | None
    dense: float | None
    lexical: float | None
    knowledge_base_id: UUID | None = None
    says: str = ""


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
    languages, model_ids, base_ids, chunks = rows[0]
    return Survey(
        tuple(language or None for language in languages),
        tuple(filter(None, model_ids)),
        tuple(base_ids),
        int(chunks),
    )


def weights_of(terms: Sequence[int], chunks: int) -> dict[int, float]:
    """How much each term of a question weighs, by how rare it is in the organisation's chunks."""
    counted = TermCount.objects.filter(term__in=list(terms))
    counts = dict(counted.values_list("term", "chunks"))
    return {term: idf(chunks, counts.get(term, 0)) for term in terms}


def find(
    reach: Reach,
    *,
    weights: Mapping[int, float],
    vectors: Mapping[UUID, Sequence[float]],
    pointed: Sequence[Mapping[int, float]] = (),
    names: Sequence[str] = (),
) -> list[Hit]:
    """The 200 nearest by meaning, for each model with a vector of the question, and the 200 best by words.

    Of each set of terms that is pointed at, also the 50 best by these alone; of files of these names (lower
    case) the 50 best by words.
    """
    values = reach.values() | {
        "models": list(vectors),
        "vectors": [vector_text(vector) for vector in vectors.values()],
        "terms": sparse_text(weights, DIMENSIONS),
        "pointed": [sparse_text(terms, DIMENSIONS) for terms in pointed],
        "names": list(names),
        "most": MOST,
        "most_pointed": MOST_POINTED,
    }
    return [
        Hit(chunk_id, document_id, position, language or None, *others)
        for chunk_id, document_id, position, language, *others in _rows(_FIND, values)
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
