"""The statement that finds candidates: what may be read, in it by meaning and by words (docs/adr/0020).

Each leg is exact where few chunks are in reach. Beyond that, meaning is looked up in the index of the
organisation's own shelf and words in its postings; what has not come there yet is always searched exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from apps.knowledge.admission import ADMITTED
from apps.knowledge.narrowing import NARROWED
from apps.knowledge.posting import LEVEL, PLACE_BITS

if TYPE_CHECKING:
    from collections.abc import Sequence

READABLE: Final = f"""
WITH readable AS MATERIALIZED (
  SELECT d.id, d.knowledge_base_id, d.file_id, d.title, d.language, d.chunk_count,
         coalesce(%(instead)s::uuid, d.embedding_model_id) AS embedding_model_id
  FROM knowledge_knowledgebase b
  JOIN knowledge_document d ON d.tenant_id = b.tenant_id AND d.knowledge_base_id = b.id AND d.state = 'ready'
  WHERE b.tenant_id = %(tenant)s
    AND (b.conversation_id = %(conversation)s
      OR (b.conversation_id IS NULL AND b.id = ANY(%(bases)s) AND {NARROWED}))
    AND {ADMITTED}
)
"""  # noqa: S608 - our own text, every value is a parameter
NEAREST: Final = 200
"""Candidates of each leg."""
RESCORED: Final = 3
"""How many times as many as it wants are scored exactly of what a leg found in postings."""
POINTED: Final = 50
"""Candidates of each thing that a question points at."""

_EXACTLY: Final = """
  SELECT near.chunk_id FROM (
    SELECT v.chunk_id
    FROM knowledge_chunkvector v
    JOIN readable r ON r.id = v.document_id AND r.embedding_model_id = %(model_{n})s
    WHERE v.tenant_id = %(tenant)s AND v.shelf = ANY(%(exact)s) AND v.model_id = %(model_{n})s
      AND vector_dims(v.embedding) = {size}
    ORDER BY v.embedding <=> %(vector_{n})s::halfvec
    LIMIT {nearest}) AS near
"""
_BY_INDEX: Final = """
  UNION ALL SELECT near.chunk_id FROM (
    SELECT v.chunk_id
    FROM knowledge_chunkvector v
    WHERE v.tenant_id = %(tenant)s AND v.shelf = %(tenant)s AND v.model_id = %(model_{n})s
      AND vector_dims(v.embedding) = {size}
      AND (v.document_id IN (SELECT id FROM readable WHERE embedding_model_id = %(model_{n})s)) IS TRUE
    ORDER BY v.embedding::halfvec({size}) <=> %(vector_{n})s::halfvec({size})
    LIMIT {nearest}) AS near
"""
_FIND: Final = (
    READABLE  # noqa: S608 - our own text, every value is a parameter
    + """
, asked AS MATERIALIZED (
  SELECT a.model_id, a.vector::halfvec AS vector
  FROM unnest(%(models)s::uuid[], %(vectors)s::text[]) AS a (model_id, vector)
), questions AS MATERIALIZED (
  SELECT q.number, q.terms::sparsevec AS terms,
         CASE WHEN q.number = 1 THEN {nearest} ELSE {pointed} END AS most
  FROM unnest(%(questions)s::text[]) WITH ORDINALITY AS q (terms, number)
), numbered AS MATERIALIZED (
  SELECT r.id, p.number
  FROM readable r LEFT JOIN knowledge_posteddocument p
    ON %(by_postings)s AND p.tenant_id = %(tenant)s AND p.document_id = r.id AND p.is_complete
), dense AS MATERIALIZED ({dense}), words AS MATERIALIZED (
  SELECT scored.chunk_id
  FROM questions q CROSS JOIN LATERAL (
    SELECT t.chunk_id, t.terms <#> q.terms AS distance
    FROM knowledge_chunkterms t JOIN numbered r ON r.id = t.document_id AND r.number IS NULL
    WHERE t.tenant_id = %(tenant)s
    ORDER BY distance LIMIT q.most) AS scored
  WHERE scored.distance < 0
), lists AS MATERIALIZED (
  SELECT a.question, p.places, p.size, a.weight * {level} * (p.level + 0.5) AS adds
  FROM unnest(%(of_questions)s::int[], %(terms)s::int[], %(weights)s::real[]) AS a (question, term, weight)
  JOIN knowledge_posting p ON p.tenant_id = %(tenant)s AND p.term = a.term
  WHERE %(by_postings)s
), read AS MATERIALIZED (
  SELECT question, places, adds
  FROM (SELECT question, places, adds, sum(size) OVER strongest - size AS already,
               first_value(adds) OVER strongest AS most
        FROM lists
        WINDOW strongest AS (PARTITION BY question ORDER BY adds DESC ROWS UNBOUNDED PRECEDING)) AS ordered
  WHERE already < %(places_always)s OR (already < %(places)s AND adds >= %(strong)s * most)
), posted AS MATERIALIZED (
  SELECT scored.chunk_id
  FROM questions q CROSS JOIN LATERAL (
    SELECT t.chunk_id, t.terms <#> q.terms AS distance
    FROM (
      SELECT r.id, (strongest.place & ((1 << {bits}) - 1))::int AS position
      FROM (
        SELECT stood.place
        FROM (SELECT place, sum(adds) AS score FROM read CROSS JOIN unnest(read.places) AS place
              WHERE read.question = q.number GROUP BY place) AS stood
        WHERE (stood.place >> {bits} IN (SELECT number FROM numbered WHERE number IS NOT NULL)) IS TRUE
        ORDER BY stood.score DESC LIMIT {rescored} * q.most) AS strongest
      JOIN numbered r ON r.number = strongest.place >> {bits}) AS best
    JOIN knowledge_chunk c
      ON c.tenant_id = %(tenant)s AND c.document_id = best.id AND c.position = best.position
    JOIN knowledge_chunkterms t ON t.tenant_id = %(tenant)s AND t.chunk_id = c.id
    ORDER BY distance LIMIT q.most) AS scored
  WHERE %(by_postings)s
), called AS MATERIALIZED (
  SELECT t.chunk_id
  FROM readable r
  JOIN files_file f ON f.tenant_id = %(tenant)s AND f.id = r.file_id AND lower(f.name) = ANY(%(names)s)
  JOIN knowledge_chunkterms t ON t.tenant_id = %(tenant)s AND t.document_id = r.id
  CROSS JOIN (SELECT terms FROM questions WHERE number = 1) AS q
  WHERE cardinality(%(names)s::text[]) > 0
  ORDER BY t.terms <#> q.terms
  LIMIT {pointed}
), found AS (
  SELECT chunk_id FROM dense UNION SELECT chunk_id FROM words
  UNION SELECT chunk_id FROM posted UNION SELECT chunk_id FROM called
)
SELECT c.id, c.document_id, c.position, c.language, asked.model_id,
       1 - (v.embedding <=> asked.vector), nullif(-(t.terms <#> q.terms), 0), r.knowledge_base_id,
       CASE WHEN NOT %(says)s THEN ''
         ELSE concat_ws(E'\\n', (SELECT name FROM files_file WHERE tenant_id = %(tenant)s AND id = r.file_id),
                        r.title, c.heading, c.text) END
FROM found JOIN knowledge_chunk c ON c.tenant_id = %(tenant)s AND c.id = found.chunk_id
JOIN readable r ON r.id = c.document_id
CROSS JOIN (SELECT terms FROM questions WHERE number = 1) AS q
LEFT JOIN asked ON asked.model_id = r.embedding_model_id
LEFT JOIN knowledge_chunkvector v
  ON v.tenant_id = %(tenant)s AND v.chunk_id = found.chunk_id AND v.model_id = asked.model_id
    AND v.shelf = ANY(%(shelves)s) AND vector_dims(v.embedding) = vector_dims(asked.vector)
LEFT JOIN knowledge_chunkterms t ON t.tenant_id = %(tenant)s AND t.chunk_id = found.chunk_id
"""
)


def find_statement(sizes: Sequence[int], *, by_index: bool) -> str:
    """The statement for vectors of these sizes: `vector_0` of `model_0` and so on, in their order.

    `by_index` looks at the organisation's own shelf by its index: `exact` then names the shared one only.
    """
    leg = _EXACTLY + (_BY_INDEX if by_index else "")
    legs = [leg.replace("{n}", str(n)).replace("{size}", str(size)) for n, size in enumerate(sizes)]
    return (
        _FIND.replace("{dense}", "UNION ALL".join(legs) or "SELECT NULL::uuid AS chunk_id WHERE false")
        .replace("{nearest}", str(NEAREST))
        .replace("{pointed}", str(POINTED))
        .replace("{rescored}", str(RESCORED))
        .replace("{level}", str(LEVEL))
        .replace("{bits}", str(PLACE_BITS))
    )
