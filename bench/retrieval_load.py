"""Fill an installation with the organisations of bench.retrieval_fixture. Runs with a command's variables."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import psycopg

from bench.retrieval_fixture import MadeDocument, documents, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.retrieval_fixture import Source

MODEL: Final = UUID("0192d3a0-0000-7000-8000-000000000001")
HIDDEN: Final = 10
"""One document in ten is in a collection that the asking person may not read."""
SMALL_COLLECTION: Final = 40
"""One in forty is in a small collection."""


@dataclass(frozen=True, slots=True)
class Asker:
    """A person who may read two of the organisation's three collections."""

    tenant_id: UUID
    user_id: UUID
    main_id: UUID
    small_id: UUID
    chunks: int
    documents: int


def load(found: dict[str, Source], total: int) -> list[Asker]:
    """Make the 50 organisations, the largest first; Django must be set up."""
    with psycopg.connect(os.environ["MIGRATE_DATABASE_URL"]) as connection:
        askers = [_load(connection, found, number, size) for number, size in enumerate(sizes(total))]
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    return askers


def tend_all() -> None:
    """Move vectors to shelves and post words, as the upkeep does, until nothing is left."""
    from apps.knowledge.shelving import shelves_prepare
    from apps.knowledge.tending import tend
    from apps.tenants.platform import tenant_ids

    shelves_prepare()
    for tenant_id in tenant_ids():
        while tend(tenant_id):
            pass
    with psycopg.connect(os.environ["MIGRATE_DATABASE_URL"], autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _load(connection: Any, found: dict[str, Source], number: int, size: int) -> Asker:
    tenant_id, user_id, base_ids, file_id = _organisation(number)
    made = list(documents(found, size, number))
    connection.execute("SELECT set_config('app.tenant_id', %s, true)", [str(tenant_id)])
    rows = _Rows(connection, tenant_id, file_id)
    rows.store(made, base_ids)
    connection.execute(_COUNT, {"tenant": tenant_id})
    connection.commit()
    print(f"organisation {number + 1}: {size} chunks in {len(made)} documents", flush=True)
    return Asker(tenant_id, user_id, base_ids[0], base_ids[1], size, len(made))


def _organisation(number: int) -> tuple[UUID, UUID, tuple[UUID, UUID, UUID], UUID]:
    """The organisation, who asks, the collections (main, small, hidden) and a file for all documents."""
    from apps.accounts.services import tenant_bootstrap, user_create
    from apps.files.services import file_save
    from apps.knowledge.models import KnowledgeBase
    from apps.tenants.models import Tenant
    from apps.tenants.platform import PLATFORM, platform_scope
    from apps.tenants.scope import tenant_scope

    with platform_scope():
        tenant = Tenant.objects.using(PLATFORM).create(slug=f"bench-{number}")
    with tenant_scope(tenant.id):
        tenant_bootstrap(tenant_id=tenant.id, name=f"Bench {number}")
        asker = user_create(actor=None, email="a@bench.example", name="Asker", role="member")
        other = user_create(actor=None, email="b@bench.example", name="Other", role="member")
        bases = [
            KnowledgeBase.objects.create(name=name, visibility=visibility, owner=other)
            for name, visibility in (("Main", "tenant"), ("Small", "tenant"), ("Hidden", "private"))
        ]
        file = file_save(owner_id=None, name="bench.txt", media_type="text/plain", parts=(b"bench",))
        return tenant.id, asker.id, (bases[0].id, bases[1].id, bases[2].id), file.id


class _Rows:
    """The rows of one organisation, copied in table by table."""

    def __init__(self, connection: Any, tenant_id: UUID, file_id: UUID) -> None:
        self._connection, self._tenant_id, self._file_id = connection, tenant_id, file_id

    def store(self, made: list[MadeDocument], base_ids: tuple[UUID, UUID, UUID]) -> None:
        from apps.knowledge.fields import sparse_text, vector_text
        from apps.knowledge.lexical import DIMENSIONS
        from apps.tenants.models import new_id

        ids = [(new_id(), [new_id() for _ in document.chunks]) for document in made]
        both = list(zip(made, ids, strict=True))
        chunks = [
            (document_id, chunk_id, position, chunk, document.language)
            for document, (document_id, chunk_ids) in both
            for position, (chunk_id, chunk) in enumerate(zip(chunk_ids, document.chunks, strict=True))
        ]
        self._copy(
            "knowledge_document",
            _DOCUMENT,
            (
                self._document(number, document, document_id, base_ids)
                for number, (document, (document_id, _)) in enumerate(both)
            ),
        )
        self._copy(
            "knowledge_chunk",
            _CHUNK,
            (
                (id_, document_id, at, chunk.text, "[]", 0, len(chunk.text), language, False, "")
                for document_id, id_, at, chunk, language in chunks
            ),
        )
        self._copy(
            "knowledge_chunkvector",
            ("id", "document_id", "chunk_id", "model_id", "embedding"),
            (
                (new_id(), document_id, id_, MODEL, vector_text([round(float(x), 5) for x in chunk.vector]))
                for document_id, id_, _, chunk, _ in chunks
            ),
        )
        self._copy(
            "knowledge_chunkterms",
            ("id", "document_id", "chunk_id", "terms"),
            (
                (new_id(), document_id, id_, sparse_text(chunk.terms, DIMENSIONS))
                for document_id, id_, _, chunk, _ in chunks
            ),
        )

    def _document(
        self, number: int, document: MadeDocument, document_id: UUID, base_ids: tuple[UUID, UUID, UUID]
    ) -> tuple[Any, ...]:
        main, small, hidden = base_ids
        base_id = hidden if number % HIDDEN == 9 else small if number % SMALL_COLLECTION == 0 else main
        size = len(document.chunks)
        return (
            document_id, base_id, self._file_id, document.title[:200], "ready", size, document.language,
            MODEL,
        )  # fmt: skip

    def _copy(self, table: str, columns: tuple[str, ...], rows: Iterator[tuple[Any, ...]]) -> None:
        defaults = _defaults(columns) if table == "knowledge_document" else {}
        names = ", ".join(f'"{name}"' for name in ("tenant_id", *columns, *defaults))
        with (
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row((self._tenant_id, *row, *defaults.values()))


_DOCUMENT: Final = (
    "id", "knowledge_base_id", "file_id", "title", "state", "chunk_count", "language", "embedding_model_id",
)  # fmt: skip
_CHUNK: Final = (
    "id", "document_id", "position", "text", "heading", "start", "end", "language", "is_excluded", "original",
)  # fmt: skip
_EARLY: Final = "2026-11-01T00:00:00Z"
_COUNT: Final = """
INSERT INTO knowledge_termcount (id, tenant_id, term, chunks)
SELECT gen_random_uuid(), %(tenant)s, split_part(entry, ':', 1)::int - 1, count(*)::int
FROM knowledge_chunkterms t,
     unnest(string_to_array(split_part(ltrim(t.terms::text, '{'), '}', 1), ',')) AS entry
WHERE t.tenant_id = %(tenant)s AND entry <> ''
GROUP BY 3
"""


def _defaults(named: tuple[str, ...]) -> dict[str, Any]:
    """What a document's other columns hold that must hold something."""
    from django.db.models import DateTimeField, JSONField

    from apps.knowledge.models import Document

    found: dict[str, Any] = {}
    for field in Document._meta.local_fields:
        if field.null or field.column in {"tenant_id", *named}:
            continue
        value = field.get_default()
        if isinstance(field, DateTimeField):
            value = _EARLY
        found[str(field.column)] = "[]" if isinstance(field, JSONField) else value
    return found
