"""Upkeep of what large organisations are searched by: shelves, postings. In turns, beside everything else.

The maintenance process prepares shelves as the platform's role, since only it may, and hints; a worker moves
vectors and posts words in the organisation's own scope. A hint that is lost is given again within a minute.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from django.db import connections

from apps.knowledge.hinting import hint_tending
from apps.knowledge.index_models import SHARED
from apps.knowledge.posting import documents_pick, documents_post, segments_dissolve, untended
from apps.knowledge.shelving import shelves_prepare, vectors_move
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

TURN_S: Final = 5.0
"""A turn at moving vectors; posting a segment is another. Documents that wait to be read come between."""

_UNMOVED: Final = """
SELECT t.id FROM unnest(%(tenants)s::uuid[]) AS t (id)
WHERE EXISTS (SELECT FROM knowledge_document d JOIN knowledge_chunkvector v
  ON v.tenant_id = t.id AND v.document_id = d.id AND v.model_id = d.embedding_model_id
    AND v.shelf = %(shared)s
  WHERE d.tenant_id = t.id AND d.state = 'ready')
"""


def tend(tenant_id: UUID) -> bool:
    """Take a turn at what waits in the organisation; whether anything is left.

    May be killed at any point, and run side by side.
    """
    with tenant_scope(tenant_id):
        segments_dissolve()
        picked = documents_pick()
    if picked:
        with tenant_scope(tenant_id):
            documents_post(picked)
        return True
    ends = time.monotonic() + TURN_S
    while time.monotonic() < ends:
        with tenant_scope(tenant_id):
            if not vectors_move():
                return False
    return True


def sweep_index() -> int:
    """Prepare shelves and hint where something waits; in how many organisations. As the platform's role."""
    own = shelves_prepare()
    with platform_scope(), connections[PLATFORM].cursor() as cursor:
        waiting = untended()
        cursor.execute(_UNMOVED, {"tenants": list(own), "shared": SHARED})
        waiting |= {row[0] for row in cursor.fetchall()}
    for tenant_id in waiting:
        hint_tending(tenant_id)
    return len(waiting)
