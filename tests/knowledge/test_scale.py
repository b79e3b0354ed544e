"""Large organisations, in small: shelves and postings find at any moment what exact search finds."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from django.db import connections

from apps.knowledge import candidates, posting, shelving
from apps.knowledge.lexical import document_terms, query_terms
from apps.knowledge.models import SHARED, Chunk, ChunkTerms, ChunkVector, Document, PostedDocument, Posting
from apps.knowledge.storing import chunks_drop, terms_count
from apps.knowledge.tending import sweep_index, tend
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import discard, tenant_scope
from launch.environment import clean_environment
from tests.environment import ENVIRONMENT, ROOT
from tests.factories import organisation_make
from tests.knowledge.dying_upkeep import STAGES
from tests.knowledge.large import CHUNKS, DOCUMENTS, SIZE, Firm, firm, forget, shelves, small, tops

if TYPE_CHECKING:
    from tests.factories import Organisation

__all__ = ["firm", "small"]


def test_moved_and_posted_finds_what_exact_search_finds(firm: Firm, globex: Organisation) -> None:
    other = Firm(globex, 2, documents=3)
    before = tops(firm.asked(exact=True))
    others = tops(other.asked())
    assert firm.id in shelving.shelves_prepare()
    assert globex.id not in shelves()
    seen = [tops(firm.asked()) == before]
    while tend(firm.id):
        seen.append(tops(firm.asked()) == before)
    assert len(seen) >= DOCUMENTS * CHUNKS // 60
    assert set(seen) == {True}
    assert firm.vectors() == {firm.id: DOCUMENTS * CHUNKS}
    with tenant_scope(firm.id):
        assert PostedDocument.objects.filter(is_complete=True).count() == DOCUMENTS
    assert tops(firm.asked(exact=True)) == before
    assert (tops(other.asked()), other.vectors()) == (others, {SHARED: 18})


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
    assert tops(hits) == tops(firm.asked(exact=True))
    assert gone.id not in {hit.document_id for found in hits for hit in found}


def test_attempt_that_died_between_its_steps_is_taken_up(firm: Firm) -> None:
    before = tops(firm.asked(exact=True))
    with tenant_scope(firm.id):
        picked = posting.documents_pick()
    assert picked
    assert tops(firm.asked()) == before
    with tenant_scope(firm.id):
        posting.documents_post(picked)
        discard()
    assert tops(firm.asked()) == before
    with tenant_scope(firm.id):
        assert not Posting.objects.exists()
    while tend(firm.id):
        pass
    with tenant_scope(firm.id):
        assert posting.documents_post(picked) == 0
        assert PostedDocument.objects.filter(is_complete=True).count() == DOCUMENTS
    assert tops(firm.asked()) == before


def test_upkeep_that_was_killed_leaves_everything_to_be_found_and_goes_on(firm: Firm) -> None:
    before = tops(firm.asked(exact=True))
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
    assert tops(firm.asked()) == before
    assert firm.vectors() == {SHARED: DOCUMENTS * CHUNKS}
    while tend(firm.id):
        assert tops(firm.asked()) == before
    assert firm.vectors() == {firm.id: DOCUMENTS * CHUNKS}
    with tenant_scope(firm.id):
        assert PostedDocument.objects.filter(is_complete=True).count() == DOCUMENTS
    assert tops(firm.asked()) == before


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
    assert gone.id in shelves()
    forget(gone.id)
    assert gone.id not in shelves()


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
    assert tops(firm.asked()) == tops(firm.asked(exact=True))
