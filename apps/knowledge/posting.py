"""Lists of where each term stands, so that a question over many chunks reads few of them (docs/adr/0020).

Chunks beyond the newest ten thousand are posted in segments: for each term, the places of each level of
weight (impact-ordered postings: Anh and Moffat, 2005). A question reads the lists that can add most to a
score, up to a number of places, and what comes out best is scored exactly. What is not posted is scored one
by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import connection, connections

from apps.knowledge.index_models import PostedDocument
from apps.tenants.platform import PLATFORM
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from uuid import UUID

UNPOSTED_MOST: Final = 10_000
"""So many chunks are searched one by one, in 8 ms; when there are more, they are posted."""
SEGMENT_MOST: Final = 20_000
"""Chunks of one segment, more only where a document has more: its postings are made in some seconds."""
LEVEL: Final = 0.15
"""Weights of a term in a chunk (0 to 2.2) that differ by less are taken for the same when lists are read."""
PLACE_BITS: Final = 20
_MOST_LEVEL: Final = 15

_PICK: Final = """
WITH waiting AS (
  SELECT d.id, d.chunk_count, sum(d.chunk_count) OVER (ORDER BY d.id) AS upto
  FROM knowledge_document d
  WHERE d.tenant_id = %(tenant)s AND d.state = 'ready' AND d.chunk_count > 0 AND NOT EXISTS (
    SELECT FROM knowledge_posteddocument p WHERE p.tenant_id = d.tenant_id AND p.document_id = d.id)
), segment AS (
  SELECT 1 + greatest(
    (SELECT coalesce(max(segment), 0) FROM knowledge_posting WHERE tenant_id = %(tenant)s),
    (SELECT coalesce(max(number) >> %(bits)s, 0) FROM knowledge_posteddocument WHERE tenant_id = %(tenant)s)
  ) AS number
)
INSERT INTO knowledge_posteddocument (id, tenant_id, document_id, number, is_complete)
SELECT gen_random_uuid(), %(tenant)s, w.id,
       (segment.number << %(bits)s) + row_number() OVER (ORDER BY w.id), false
FROM waiting w, segment
WHERE w.upto - w.chunk_count < %(most)s AND (SELECT sum(chunk_count) FROM waiting) >= %(least)s
RETURNING id
"""
_POST: Final = """
INSERT INTO knowledge_posting (id, tenant_id, segment, term, level, size, places)
SELECT gen_random_uuid(), %(tenant)s, segment, term, level, count(*), array_agg(place)
FROM (
  SELECT p.number >> %(bits)s AS segment, (p.number << %(bits)s) + c.position AS place,
         split_part(entry, ':', 1)::int - 1 AS term,
         least(floor(split_part(entry, ':', 2)::real / %(level)s), %(most_level)s)::int AS level
  FROM knowledge_posteddocument p
  JOIN knowledge_chunkterms t ON t.tenant_id = %(tenant)s AND t.document_id = p.document_id
  JOIN knowledge_chunk c ON c.tenant_id = %(tenant)s AND c.id = t.chunk_id
  CROSS JOIN unnest(string_to_array(split_part(ltrim(t.terms::text, '{'), '}', 1), ',')) AS entry
  WHERE p.tenant_id = %(tenant)s AND p.id = ANY(%(picked)s) AND entry <> ''
) AS stands
GROUP BY segment, term, level
ORDER BY segment, term, level
"""
_HALF_GONE: Final = """
WITH RECURSIVE held AS (
  (SELECT tenant_id, segment FROM knowledge_posting WHERE {of} ORDER BY tenant_id, segment LIMIT 1)
  UNION ALL
  SELECT p.tenant_id, p.segment FROM held CROSS JOIN LATERAL (
    SELECT tenant_id, segment FROM knowledge_posting
    WHERE {of} AND (tenant_id, segment) > (held.tenant_id, held.segment)
    ORDER BY tenant_id, segment LIMIT 1) AS p
)
SELECT held.tenant_id, held.segment
FROM held LEFT JOIN knowledge_posteddocument d
  ON d.tenant_id = held.tenant_id AND d.number >> %(bits)s = held.segment
GROUP BY 1, 2
HAVING count(d.id) * 2 < coalesce(max(d.number & ((1::bigint << %(bits)s) - 1)), 1)
"""
_UNPOSTED: Final = """
SELECT d.tenant_id FROM knowledge_document d
WHERE d.state = 'ready' AND NOT EXISTS (SELECT FROM knowledge_posteddocument p
  WHERE p.tenant_id = d.tenant_id AND p.document_id = d.id AND p.is_complete)
GROUP BY 1 HAVING sum(d.chunk_count) >= %(least)s
"""
_UNPOST: Final = """
WITH gone AS (
  DELETE FROM knowledge_posteddocument
  WHERE tenant_id = %(tenant)s AND number >> %(bits)s = ANY(%(segments)s)
)
DELETE FROM knowledge_posting WHERE tenant_id = %(tenant)s AND segment = ANY(%(segments)s)
"""


def untended() -> set[UUID]:
    """Where chunks wait to be posted or segments to be dissolved; as the platform's role."""
    with connections[PLATFORM].cursor() as cursor:
        cursor.execute(_UNPOSTED, {"least": UNPOSTED_MOST})
        found = {row[0] for row in cursor.fetchall()}
        cursor.execute(_HALF_GONE.replace("{of}", "true"), {"bits": PLACE_BITS})
        return found | {row[0] for row in cursor.fetchall()}


def documents_pick() -> list[UUID]:
    """Give numbers to the next segment's documents; none while few chunks wait. In a scope of its own.

    What an earlier attempt picked and did not post is picked anew. Documents that are being changed are
    waited for: each change holds its document's row until it is committed, and the new row refers to it.
    """
    PostedDocument.objects.filter(is_complete=False).delete()
    return [row[0] for row in _run(_PICK, most=SEGMENT_MOST, least=UNPOSTED_MOST)]


def documents_post(picked: list[UUID]) -> int:
    """Write the postings of documents picked before, in a scope after it; how many documents they are.

    One that was changed meanwhile has lost its row and stays unposted. Nothing is kept when none has one.
    """
    _run(_POST, picked=picked, level=LEVEL, most_level=_MOST_LEVEL)
    return PostedDocument.objects.filter(id__in=picked, is_complete=False).update(is_complete=True)


def segments_dissolve() -> int:
    """Unpost the segments of which half of the documents are gone; how many. Their chunks wait anew."""
    segments = [segment for _, segment in _run(_HALF_GONE.replace("{of}", "tenant_id = %(tenant)s"))]
    if segments:
        _run(_UNPOST, segments=segments)
    return len(segments)


def _run(sql: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values | {"tenant": current_tenant_id(), "bits": PLACE_BITS})
        return cursor.fetchall() if cursor.description else []
