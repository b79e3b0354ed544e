"""Finding candidates: tenant, access and both searches in one statement (docs/adr/0007 and 0020).

Access is read in the same statement, so what was unshared a moment ago cannot be found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from django.db import connection

from apps.guardrails.classes import DataClass
from apps.knowledge.admission import CLASSED
from apps.knowledge.fields import sparse_text, vector_text
from apps.knowledge.legs import NEAREST, READABLE, find_statement
from apps.knowledge.lexical import DIMENSIONS, idf
from apps.knowledge.models import SHARED, TermCount
from apps.knowledge.narrowing import WIDE
from apps.knowledge.posting import UNPOSTED_MOST
from apps.knowledge.spots import Spot
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from apps.knowledge.narrowing import Narrowing

EXACT_MOST: Final = 30_000
"""Vectors in reach that are compared one by one; beyond, the index of the own shelf is used."""
PLACES_ALWAYS: Final = 20_000
PLACES_MOST: Final = 40_000
STRONG: Final = 0.25
"""Places in postings that a question reads, the strongest first: the former, then up to the latter only from
lists that add so much of what the strongest adds, as where all of its words are common."""

_CLASS: Final = f"""
(SELECT {CLASSED} FROM knowledge_document d
 JOIN knowledge_knowledgebase b ON b.tenant_id = d.tenant_id AND b.id = d.knowledge_base_id
 WHERE d.tenant_id = %(tenant)s AND d.id = r.id)
"""  # noqa: S608 - our own text, every value is a parameter
_INDEX_SETTINGS: Final = f"""
SELECT set_config('hnsw.ef_search', '{NEAREST}', true),
       set_config('hnsw.iterative_scan', 'relaxed_order', true)
"""

_SURVEY: Final = (
    READABLE  # noqa: S608 - our own text, every value is a parameter
    + """
SELECT coalesce(array_agg(DISTINCT language), '{}'), coalesce(array_agg(DISTINCT embedding_model_id), '{}'),
       coalesce(array_agg(DISTINCT knowledge_base_id), '{}'),
       (SELECT coalesce(sum(chunk_count), 0) FROM knowledge_document
        WHERE tenant_id = %(tenant)s AND state = 'ready'),
       coalesce(sum(chunk_count), 0)
FROM readable
"""
)
_TEXTS: Final = (
    READABLE
    + """
SELECT c.id, c.document_id, r.title, c.position,
       c.page, c.is_slide, c.sheet, c.first_row, c.last_row, c.heading, c.start, c."end", c.text,
"""
    + _CLASS
    + """
FROM unnest(%(documents)s::uuid[], %(positions)s::int[]) AS wanted (document_id, position)
JOIN readable r ON r.id = wanted.document_id
JOIN knowledge_chunk c ON c.tenant_id = %(tenant)s AND c.document_id = r.id AND c.position = wanted.position
WHERE NOT c.is_excluded
"""
)
_OPENINGS: Final = (
    READABLE
    + """
SELECT c.id, c.document_id, r.title, c.position,
       c.page, c.is_slide, c.sheet, c.first_row, c.last_row, c.heading, c.start, c."end", c.text,
"""
    + _CLASS
    + """
FROM readable r JOIN knowledge_chunk c
  ON c.tenant_id = %(tenant)s AND c.document_id = r.id AND NOT c.is_excluded
WHERE c.position < %(most)s
ORDER BY r.id, c.position
"""
)


@dataclass(frozen=True, slots=True)
class Reach:
    """Who asks, and where is looked: collections that they may read, narrowed, and their chat's own.

    `instead` is a model whose vectors are searched in place of those that the documents name, `data_class`
    that of the question, which models are asked with.
    """

    user_id: UUID
    knowledge_base_ids: tuple[UUID, ...]
    conversation_id: UUID | None
    narrowing: Narrowing = WIDE
    instead: UUID | None = None
    data_class: DataClass | None = None

    def values(self) -> dict[str, Any]:
        """The parameters of the access rule."""
        return {
            "tenant": current_tenant_id(),
            "user": self.user_id,
            "bases": list(self.knowledge_base_ids),
            "conversation": self.conversation_id,
            "instead": self.instead,
            **self.narrowing.values(),
        }


@dataclass(frozen=True, slots=True)
class Survey:
    """What can be searched: its languages, embedding models, collections and how many chunks (`reach`).

    `chunks` is how many the tenant has in all.
    """

    languages: tuple[str | None, ...]
    model_ids: tuple[UUID, ...]
    knowledge_base_ids: tuple[UUID, ...]
    chunks: int
    reach: int

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
    place: Spot
    heading: tuple[str, ...]
    start: int
    end: int
    text: str
    data_class: DataClass


def survey(reach: Reach) -> Survey:
    """What there is to search in."""
    rows = _rows(_SURVEY, reach.values())
    languages, model_ids, base_ids, chunks, in_reach = rows[0]
    return Survey(
        tuple(language or None for language in languages),
        tuple(filter(None, model_ids)),
        tuple(base_ids),
        int(chunks),
        int(in_reach),
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
    chunks: int,
    pointed: Sequence[Mapping[int, float]] = (),
    names: Sequence[str] = (),
) -> list[Hit]:
    """The 200 nearest by meaning, for each model with a vector of the question, and the 200 best by words.

    Of each set of terms that is pointed at, also the 50 best by these alone; of files of these names (lower
    case) the 50 best by words. `chunks` are those in reach: of few, the search is exact.
    """
    questions = (weights, *pointed)
    by_index = chunks > EXACT_MOST
    shelves = [SHARED, current_tenant_id()]
    values = reach.values() | {
        "models": list(vectors),
        "vectors": [vector_text(vector) for vector in vectors.values()],
        "shelves": shelves,
        "exact": shelves[:1] if by_index else shelves,
        "questions": [sparse_text(terms, DIMENSIONS) for terms in questions],
        "of_questions": [number for number, terms in enumerate(questions, start=1) for _ in terms],
        "terms": [term for terms in questions for term in terms],
        "weights": [weight for terms in questions for weight in terms.values()],
        "by_postings": chunks > UNPOSTED_MOST,
        "places_always": PLACES_ALWAYS,
        "places": PLACES_MOST,
        "strong": STRONG,
        "names": list(names),
        "says": bool(pointed),
    }
    for number, (model_id, vector) in enumerate(vectors.items()):
        values |= {f"model_{number}": model_id, f"vector_{number}": vector_text(vector)}
    if by_index:
        _rows(_INDEX_SETTINGS, {})
    statement = find_statement([len(vector) for vector in vectors.values()], by_index=by_index)
    return [
        Hit(chunk_id, document_id, position, language or None, *others)
        for chunk_id, document_id, position, language, *others in _rows(statement, values)
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
    chunk_id, document_id, title, position, *place, heading, start, end, text, data_class = row
    if isinstance(heading, str):
        heading = orjson.loads(heading)
    span = (tuple(heading), start, end)
    stands = Spot(*place)
    return Stored(chunk_id, document_id, title, position, stands, *span, text, DataClass(data_class))


def _rows(sql: str, values: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[Any] = cursor.fetchall()
    return rows
