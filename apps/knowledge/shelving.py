"""Large organisations' vectors on shelves of their own, with an index by meaning (docs/adr/0020).

A shelf is a partition of the table of vectors. All vectors begin on the shared one and are searched exactly;
those of a large organisation are moved, some documents at a time, to its own. At every moment each vector is
on one of both, so a move may be killed anywhere, is resumed by the next, and holds up nobody.
"""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, connections

from apps.knowledge.index_models import SHARED
from apps.knowledge.reembedding_models import UNDER_WAY
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.backends.base.base import BaseDatabaseWrapper

OWN_FROM: Final = 50_000
"""Vectors of ready documents from which an organisation gets a shelf of its own."""
SHARED_UNTIL: Final = 25_000
"""Fewer than these, and it goes back to the shared one."""
DOCUMENTS_AT_ONCE: Final = 20

_SHELVES: Final = """
SELECT right(c.relname, 32)::uuid
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'knowledge_chunkvector'::regclass AND c.relname ~ '_[0-9a-f]{32}$'
"""
_LARGE: Final = """
SELECT tenant_id FROM knowledge_document
WHERE state = 'ready' AND embedding_model_id IS NOT NULL
GROUP BY tenant_id HAVING sum(chunk_count) >= %(least)s
"""
_SIZES: Final = """
SELECT DISTINCT used.model_id, size.dimensions
FROM (
  SELECT DISTINCT knowledge_base_id, embedding_model_id AS model_id FROM knowledge_document
  WHERE tenant_id = %(tenant)s AND state = 'ready' AND embedding_model_id IS NOT NULL
  UNION SELECT knowledge_base_id, model_id FROM knowledge_reembedding
  WHERE tenant_id = %(tenant)s AND state = ANY(%(under_way)s)
) AS used CROSS JOIN LATERAL (
  SELECT vector_dims(v.embedding) AS dimensions
  FROM knowledge_document d JOIN knowledge_chunkvector v
    ON v.tenant_id = %(tenant)s AND v.document_id = d.id AND v.model_id = used.model_id
  WHERE d.tenant_id = %(tenant)s AND d.knowledge_base_id = used.knowledge_base_id
  LIMIT 1) AS size
ORDER BY 1, 2
"""
_MOVE: Final = """
WITH picked AS MATERIALIZED (
  SELECT d.id FROM knowledge_document d
  WHERE d.tenant_id = %(tenant)s AND d.state = 'ready' AND EXISTS (
    SELECT FROM knowledge_chunkvector v
    WHERE v.tenant_id = %(tenant)s AND v.document_id = d.id AND v.shelf = %(origin)s
      AND (%(models)s::uuid[] IS NULL OR v.model_id = ANY(%(models)s)))
  LIMIT %(most)s
  FOR UPDATE OF d SKIP LOCKED
)
UPDATE knowledge_chunkvector v SET shelf = %(target)s
FROM picked
WHERE v.tenant_id = %(tenant)s AND v.shelf = %(origin)s AND v.document_id = picked.id
  AND (%(models)s::uuid[] IS NULL OR v.model_id = ANY(%(models)s))
"""


def shelves() -> set[UUID]:
    """The organisations that have a shelf of their own; as the platform's role."""
    return {row[0] for row in _rows(connections[PLATFORM], _SHELVES)}


def shelves_prepare() -> set[UUID]:
    """Make the shelves and indexes that are wanted, drop what is empty or nobody's; who has a shelf then.

    As the platform's role. Raises OperationalError where a lock is not had within two seconds: the next call
    goes on.
    """
    with platform_scope():
        platform = connections[PLATFORM]
        large = {row[0] for row in _rows(platform, _LARGE, least=OWN_FROM)}
        kept = {row[0] for row in _rows(platform, _LARGE, least=SHARED_UNTIL)}
        made = shelves()
    for tenant_id in large - made:
        _call("SELECT knowledge_shelf_create(%(tenant)s)", tenant=tenant_id)
    for tenant_id in large | (made & kept):
        _index(tenant_id)
    for tenant_id in made - large - kept:
        _call("SELECT knowledge_shelf_drop(%(tenant)s)", tenant=tenant_id)
    with platform_scope():
        return shelves()


def vectors_move() -> int:
    """Move the vectors of some documents to the shelf where they belong; how many. In a scope of its own.

    Documents that are being changed are left for the next time.
    """
    tenant_id = current_tenant_id()
    own = _rows(
        connection, "SELECT to_regclass(%(name)s) IS NOT NULL", name=f"knowledge_chunkvector_{tenant_id.hex}"
    )
    if own != [(True,)]:
        return 0
    values: dict[str, Any] = {
        "origin": SHARED,
        "target": tenant_id,
        "models": _indexed(connection, tenant_id),
    }
    if not _rows(connection, _LARGE, least=SHARED_UNTIL):
        values = {"origin": tenant_id, "target": SHARED, "models": None}
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, values | {"tenant": tenant_id, "most": DOCUMENTS_AT_ONCE})
        moved: int = cursor.rowcount
    return moved


def _index(tenant_id: UUID) -> None:
    """Let the shelf have an index for each model and size that is searched or will be, and no other."""
    with platform_scope():
        found = _sizes(connections[PLATFORM], tenant_id)
    _call(
        "SELECT knowledge_shelf_index(%(tenant)s, %(models)s::uuid[], %(sizes)s::int[])",
        tenant=tenant_id,
        models=[model_id for model_id, _ in found],
        sizes=[size for _, size in found],
    )


def _indexed(using: BaseDatabaseWrapper, tenant_id: UUID) -> list[UUID]:
    """The models whose vectors the shelf has an index for."""
    names = {_index_name(tenant_id, *found): found[0] for found in _sizes(using, tenant_id)}
    made = _rows(using, "SELECT relname FROM pg_class WHERE relname = ANY(%(names)s)", names=list(names))
    return [names[name] for (name,) in made]


def _sizes(using: BaseDatabaseWrapper, tenant_id: UUID) -> list[tuple[UUID, int]]:
    return _rows(using, _SIZES, tenant=tenant_id, under_way=list(UNDER_WAY))


def _index_name(tenant_id: UUID, model_id: UUID, size: int) -> str:
    """As the function knowledge_shelf_index names it."""
    digest = md5(f"{tenant_id}/{model_id}/{size}".encode(), usedforsecurity=False).hexdigest()
    return f"knowledge_near_{digest}"


def _call(sql: str, **values: Any) -> None:
    with platform_scope():
        _rows(connections[PLATFORM], sql, **values)


def _rows(using: BaseDatabaseWrapper, sql: str, **values: Any) -> list[Any]:
    with using.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[Any] = cursor.fetchall()
    return rows
