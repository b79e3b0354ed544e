"""Large organisations, in small: shelves and postings find at any moment what exact search finds."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from django.db import connections

from apps.knowledge import candidates, posting, shelving
from apps.knowledge.lexical import document_terms, query_terms
from apps.knowledge.models import (
    SHARED,
    Chunk,
    ChunkTerms,
    ChunkVector,
    Document,
    KnowledgeBase,
    PostedDocument,
    Posting,
)
from apps.knowledge.storing import chunks_drop, terms_count
from apps.knowledge.tending import sweep_index, tend
from apps.tenants.models import Tenant, TenantHost
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import discard, tenant_scope
from launch.environment import clean_environment
from tests.environment import ENVIRONMENT, ROOT
from tests.factories import organisation_make
from tests.knowledge.dying_upkeep import STAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.accounts.models import User
    from apps.knowledge.candidates import Hit
    from tests.factories import Organisation

SIZE = 24
DOCUMENTS, CHUNKS = 30, 6
WORDS = [f"word{number}" for number in range(60)]
MODEL = UUID(int=7)


class Firm:
    """An organisation whose chunks say random words, and the person who asks it."""

    def __init__(self, organisation: Organisation, seed: int, documents: int = DOCUMENTS) -> None:
        from apps.accounts.services import user_create
        from apps.files.services import file_save

        self.id, self.chance = organisation.id, random.Random(seed)
        with tenant_scope(self.id):
            self.asker: User = user_create(actor=None, email="a@x.example", name="A", role="member")
            self.base = KnowledgeBase.objects.create(name="All", visibility="tenant")
            self.file = file_save(owner_id=None, name="a.txt", media_type="text/plain", parts=(b"a",))
            self.documents = [self._document() for _ in range(documents)]

    def vector(self) -> list[float]:
        return [self.chance.gauss(0, 1) for _ in range(SIZE)]

    def _document(self) -> Document:
        document = Document.objects.create(
            knowledge_base=self.base,
            file=self.file,
            title="Paper",
            state="ready",
            chunk_count=CHUNKS,
            language="en",
            embedding_model_id=MODEL,
        )
        for position in range(CHUNKS):
            text = " ".join(self.chance.choices(WORDS, range(1, len(WORDS) + 1), k=20))
            chunk = Chunk.objects.create(document=document, position=position, text=text, start=0, end=9)
            ChunkTerms.objects.create(document=document, chunk=chunk, terms=document_terms(text, None))
            ChunkVector.objects.create(
                document=document, chunk=chunk, model_id=MODEL, embedding=self.vector()
            )
        terms_count([document.id], sign=1)
        return document

    def asked(self, *, exact: bool = False) -> list[list[Hit]]:
        """What five questions find."""
        chance = random.Random(1)
        reach = candidates.Reach(self.asker.id, (self.base.id,), None)
        found = []
        with tenant_scope(self.id):
            for _ in range(5):
                weights = candidates.weights_of(query_terms(" ".join(chance.choices(WORDS, k=3))), 180)
                vector = [chance.gauss(0, 1) for _ in range(SIZE)]
                chunks = 0 if exact else candidates.survey(reach).reach
                found.append(candidates.find(reach, weights=weights, vectors={MODEL: vector}, chunks=chunks))
        return found

    def vectors(self) -> dict[UUID, int]:
        """How many vectors are on which shelf."""
        with tenant_scope(self.id):
            shelves = list(ChunkVector.objects.values_list("shelf", flat=True))
        return {shelf: shelves.count(shelf) for shelf in set(shelves)}


def _tops(found: list[list[Hit]]) -> list[tuple[list[UUID], list[UUID]]]:
    """The ten best of each question, by meaning and by words."""

    def best(hits: list[Hit], name: str) -> list[UUID]:
        scored = [(-getattr(hit, name), hit.chunk_id) for hit in hits if getattr(hit, name) is not None]
        return [chunk_id for _, chunk_id in sorted(scored)[:10]]

    return [(best(hits, "dense"), best(hits, "lexical")) for hits in found]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred chunks are many."""
    monkeypatch.setattr(shelving, "OWN_FROM", 100)
    monkeypatch.setattr(shelving, "SHARED_UNTIL", 50)
    monkeypatch.setattr(shelving, "DOCUMENTS_AT_ONCE", 4)
    monkeypatch.setattr(posting, "UNPOSTED_MOST", 20)
    monkeypatch.setattr(posting, "SEGMENT_MOST", 60)
    monkeypatch.setattr(candidates, "UNPOSTED_MOST", 20)
    monkeypatch.setattr(candidates, "EXACT_MOST", 40)


@pytest.fixture
def firm(small: None, acme: Organisation) -> Iterator[Firm]:
    """One large enough for a shelf, which is dropped in the end."""
    made = Firm(acme, 1)
    yield made
    _forget(made.id)


def _forget(tenant_id: UUID) -> None:
    with platform_scope():
        TenantHost.objects.using(PLATFORM).filter(tenant_id=tenant_id).delete()
        Tenant.objects.using(PLATFORM).filter(id=tenant_id).delete()
    shelving.shelves_prepare()


def _shelves() -> set[UUID]:
    with platform_scope():
        return shelving.shelves()


def test_moved_and_posted_finds_what_exact_search_finds(firm: Firm, globex: Organisation) -> None:
    other = Firm(globex, 2, documents=3)
    before = _tops(firm.asked(exact=True))
    others = _tops(other.asked())
    assert firm.id in shelving.shelves_prepare()
    assert globex.id not in _shelves()
    seen = [_tops(firm.asked()) == before]
    while tend(firm.id):
        seen.append(_tops(firm.asked()) == before)
    assert len(seen) >= DOCUMENTS * CHUNKS // 60
    assert set(seen) == {True}
    assert firm.vectors() == {firm.id: DOCUMENTS * CHUNKS}
    with tenant_scope(firm.id):
        assert PostedDocument.objects.filter(is_complete=True).count() == DOCUMENTS
    assert _tops(firm.asked(exact=True)) == before
    assert (_tops(other.asked()), other.vectors()) == (others, {SHARED: 18})


def test_statement_uses_index_and_postings_of_a_large_organisation(firm: Firm) -> None:
    shelving.shelves_prepare()
    while tend(firm.id):
        pass
    plan = _plan(firm)
    assert "knowledge_near_" in plan
    assert "on knowledge_posting p" in plan
    assert f"knowledge_chunkvector_{firm.id.hex}" in plan


def test_a_query_that_names_no_shelf_reads_none_of_other_organisations(
    firm: Firm, globex: Organisation
) -> None:
    shelving.shelves_prepare()
    with tenant_scope(globex.id):
        assert firm.id.hex not in ChunkVector.objects.filter(chunk_id=uuid4()).explain()
    with tenant_scope(firm.id):
        assert firm.id.hex in ChunkVector.objects.filter(chunk_id=uuid4()).explain()


def _plan(firm: Firm) -> str:
    plans: list[str] = []

    def explained(execute: Any, sql: str, values: Any, many: Any, context: dict[str, Any]) -> Any:
        if sql.lstrip().startswith("WITH readable") and "found AS (" in sql:
            ask = context["cursor"].execute
            ask("SELECT set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true)")
            ask(f"EXPLAIN {sql}", values)
            plans.append("\n".join(row[0] for row in context["cursor"].fetchall()))
        return execute(sql, values, many, context)

    with connections["default"].execute_wrapper(explained):
        firm.asked()
    return plans[-1]


def test_what_was_changed_is_searched_anew_and_what_was_deleted_is_not_found(firm: Firm) -> None:
    while tend(firm.id):
        pass
    changed, gone = firm.documents[0], firm.documents[1]
    with tenant_scope(firm.id):
        chunk = Chunk.objects.get(document=changed, position=0)
        terms_count([changed.id], sign=-1, chunk_id=chunk.id)
        ChunkTerms.objects.filter(chunk=chunk).delete()
        ChunkTerms.objects.create(document=changed, chunk=chunk, terms=document_terms("zebra", None))
        terms_count([changed.id], sign=1, chunk_id=chunk.id)
        assert not PostedDocument.objects.filter(document=changed).exists()
        terms_count([gone.id], sign=-1)
        chunks_drop([gone.id])
        Document.objects.filter(id=gone.id).delete()
        reach = candidates.Reach(firm.asker.id, (firm.base.id,), None)
        weights = candidates.weights_of(query_terms("zebra"), 180)
        found = candidates.find(reach, weights=weights, vectors={}, chunks=10_000)
    assert [hit.chunk_id for hit in found] == [chunk.id]
    hits = firm.asked()
    assert _tops(hits) == _tops(firm.asked(exact=True))
    assert gone.id not in {hit.document_id for found in hits for hit in found}


def test_attempt_that_died_between_its_steps_is_taken_up(firm: Firm) -> None:
    before = _tops(firm.asked(exact=True))
    with tenant_scope(firm.id):
        picked = posting.documents_pick()
    assert picked
    assert _tops(firm.asked()) == before
    with tenant_scope(firm.id):
        posting.documents_post(picked)
        discard()
    assert _tops(firm.asked()) == before
    with tenant_scope(firm.id):
        assert not Posting.objects.exists()
    while tend(firm.id):
        pass
    with tenant_scope(firm.id):
        assert posting.documents_post(picked) == 0
        assert PostedDocument.objects.filter(is_complete=True).count() == DOCUMENTS
    assert _tops(firm.asked()) == before


def test_upkeep_that_was_killed_leaves_everything_to_be_found_and_goes_on(firm: Firm) -> None:
    before = _tops(firm.asked(exact=True))
    shelving.shelves_prepare()
    died = subprocess.run(
        [sys.executable, "-m", "tests.knowledge.dying_upkeep", str(firm.id)],
        env=clean_environment(ENVIRONMENT),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert died.stdout.split() == ["-9"] * len(STAGES)
    assert _tops(firm.asked()) == before
    assert firm.vectors() == {SHARED: DOCUMENTS * CHUNKS}
    while tend(firm.id):
        assert _tops(firm.asked()) == before
    assert firm.vectors() == {firm.id: DOCUMENTS * CHUNKS}
    with tenant_scope(firm.id):
        assert PostedDocument.objects.filter(is_complete=True).count() == DOCUMENTS
    assert _tops(firm.asked()) == before


def test_document_that_is_being_changed_is_left_and_nobody_waits(firm: Firm) -> None:
    shelving.shelves_prepare()
    busy = firm.documents[0]
    writer = connections["default"].copy()
    writer.ensure_connection()
    try:
        with writer.connection.transaction(), writer.connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.tenant_id', %s, true)", [str(firm.id)])
            cursor.execute("SELECT 1 FROM knowledge_document WHERE id = %s FOR UPDATE", [busy.id])
            while True:
                with tenant_scope(firm.id):
                    if not shelving.vectors_move():
                        break
            assert firm.vectors() == {firm.id: (DOCUMENTS - 1) * CHUNKS, SHARED: CHUNKS}
            cursor.execute(
                "UPDATE knowledge_chunkvector SET model_id = model_id WHERE document_id = %s", [busy.id]
            )
            assert cursor.rowcount == CHUNKS
    finally:
        writer.close()
    with tenant_scope(firm.id):
        assert shelving.vectors_move() == CHUNKS


def test_shelf_of_an_organisation_that_shrank_or_is_gone_goes(firm: Firm, monkeypatch: Any) -> None:
    shelving.shelves_prepare()
    while tend(firm.id):
        pass
    monkeypatch.setattr(shelving, "OWN_FROM", 1000)
    monkeypatch.setattr(shelving, "SHARED_UNTIL", 900)
    assert firm.id in shelving.shelves_prepare()
    while tend(firm.id):
        pass
    assert firm.vectors() == {SHARED: DOCUMENTS * CHUNKS}
    assert firm.id not in shelving.shelves_prepare()
    monkeypatch.setattr(shelving, "OWN_FROM", 100)
    gone = organisation_make("gone")
    with platform_scope():
        connections[PLATFORM].cursor().execute("SELECT knowledge_shelf_create(%s)", [gone.id])
    assert gone.id in _shelves()
    _forget(gone.id)
    assert gone.id not in _shelves()


def test_vectors_of_the_next_model_get_their_index_before_they_are_searched(firm: Firm) -> None:
    from apps.knowledge.models import Reembedding, ReembeddingState

    shelving.shelves_prepare()
    while tend(firm.id):
        pass
    following = uuid4()
    with tenant_scope(firm.id):
        Reembedding.objects.create(
            knowledge_base=firm.base, model_id=following, model_name="next", state=ReembeddingState.RUNNING
        )
        chunk = Chunk.objects.get(document=firm.documents[0], position=0)
        ChunkVector.objects.create(
            document=firm.documents[0], chunk=chunk, model_id=following, embedding=[1.0] * 2 * SIZE
        )
        assert shelving.vectors_move() == 0
    shelving.shelves_prepare()
    with tenant_scope(firm.id):
        assert shelving.vectors_move() == 1
    assert firm.vectors() == {firm.id: DOCUMENTS * CHUNKS + 1}


def test_the_sweep_hints_only_where_something_waits(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    hinted: list[UUID] = []
    monkeypatch.setattr("apps.knowledge.tending.hint_tending", hinted.append)
    sweep_index()
    assert firm.id in hinted
    while tend(firm.id):
        pass
    hinted.clear()
    sweep_index()
    assert firm.id not in hinted
    with tenant_scope(firm.id):
        gone = [document.id for document in firm.documents[:20]]
        terms_count(gone, sign=-1)
        chunks_drop(gone)
        Document.objects.filter(id__in=gone).delete()
    sweep_index()
    assert firm.id in hinted
    with tenant_scope(firm.id):
        held = Posting.objects.count()
    tend(firm.id)
    with tenant_scope(firm.id):
        assert Posting.objects.count() < held
    assert _tops(firm.asked()) == _tops(firm.asked(exact=True))
