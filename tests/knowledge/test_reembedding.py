"""Another embedding model for a collection: beside the old one, then in one step; nothing is paid twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.knowledge.changing import HASHED, found, move, offer, serving, start, turn, update, vectors
from tests.knowledge.conftest import Library

if TYPE_CHECKING:
    from apps.knowledge.models import Document, KnowledgeBase
    from tests.knowledge.embedding_host import EmbeddingHost

TEXT = "# Cap\n\nThe hotel cap is 190 pounds.\n\n# Leave\n\nThirty days of leave."


@pytest.fixture
def base(library: Library) -> KnowledgeBase:
    """Bob's collection with a document of two passages, read by MiniLM."""
    base = library.base(library.cast.bob)
    library.read(library.add(base, "rules.md", TEXT, library.cast.bob))
    return base


def _texts_of(embeddings: EmbeddingHost, begun: int) -> int:
    return len(embeddings.texts) - begun


def test_old_vectors_serve_until_all_new_ones_are_there(
    library: Library, base: KnowledgeBase, embeddings: EmbeddingHost
) -> None:
    model = offer(library)
    minilm, _ = serving(base)
    change = start(library, base, model)
    assert (change.state, change.chunks_total) == ("queued", 2)
    seen: list[object] = []

    def look() -> None:
        embeddings.before = None
        seen.extend([serving(base), found(library, base, "How much may a hotel cost?")[0]])

    embeddings.before = look
    done = turn(change)
    assert seen[0] == (minilm, {minilm})
    assert "190" in str(seen[1])
    assert (done.state, done.chunks_done, done.chunks_total, done.is_clean) == ("done", 2, 2, True)
    assert done.tokens > 0
    assert serving(base) == (model.id, {model.id})
    assert vectors(base) == {model.id: 2}
    assert "190" in found(library, base, "What is the hotel cap in pounds?")[0]


def test_new_and_edited_documents_get_vectors_of_both(
    library: Library, base: KnowledgeBase, embeddings: EmbeddingHost
) -> None:
    from apps.knowledge.inspecting import chunk_correct
    from apps.knowledge.models import Chunk
    from apps.knowledge.remeaning import embed_missing
    from apps.tenants.scope import tenant_scope

    model = offer(library)
    minilm, _ = serving(base)
    change = start(library, base, model)
    library.read(library.add(base, "new.md", "# Dogs\n\nDogs may come on Fridays."))
    assert vectors(base) == {minilm: 3, model.id: 1}
    with tenant_scope(base.tenant_id):
        chunk = Chunk.objects.get(text__contains="190")
        chunk_correct(actor=library.actor(library.cast.bob), chunk=chunk, text="The hotel cap is 210 pounds.")
    assert vectors(base) == {minilm: 2, model.id: 1}
    assert embed_missing(base.tenant_id, chunk.document_id) == 3
    assert vectors(base) == {minilm: 3, model.id: 3}
    asked = len(embeddings.texts)
    assert turn(change).state == "done"
    assert _texts_of(embeddings, asked) == 0, "what has a vector is not asked for again"
    assert vectors(base) == {model.id: 3}


def test_document_that_was_read_across_the_switch_is_read_for_the_new_model(
    library: Library, base: KnowledgeBase, embeddings: EmbeddingHost
) -> None:
    model = offer(library)
    late = library.add(base, "late.md", "# Late\n\nIt comes late.")

    def change() -> None:
        embeddings.before = None
        assert turn(start(library, base, model)).state == "done"

    embeddings.before = change
    document: Document = library.read(late)
    assert (document.state, document.note, document.embedding_model_id) == ("ready", "", model.id)
    assert vectors(base) == {model.id: 3}


def test_provider_that_fails_leaves_the_old_index_and_a_reason(
    library: Library, base: KnowledgeBase, embeddings: EmbeddingHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.utils import timezone

    from apps.audit.models import AuditEvent
    from apps.llm.models import ConnectionHealth
    from apps.tenants.scope import tenant_scope

    monkeypatch.setattr("apps.llm.gateway.retry.FIRST_PAUSE", 0.01)
    model = offer(library)
    minilm, _ = serving(base)
    change = start(library, base, model)
    embeddings.is_down = True
    for _ in range(2):
        waiting = turn(change)
        assert waiting.state == "queued"
        assert waiting.due_at > timezone.now()
        assert turn(change).attempts == waiting.attempts, "not before the pause is over"
        update(change, due_at=timezone.now() - timedelta(seconds=1))
    failed = turn(change)
    assert failed.state == "failed"
    assert "did not answer" in failed.error
    assert "searched with its present model as before" in failed.error
    assert serving(base) == (minilm, {minilm})
    embeddings.is_down = False
    with tenant_scope(base.tenant_id):
        ConnectionHealth.objects.update(retry_at=timezone.now())
    move(library, failed, "resume")
    assert turn(change).state == "done"
    with tenant_scope(base.tenant_id):
        actions = AuditEvent.objects.filter(target_type="reembedding").order_by("created_at")
        assert [event.action for event in actions] == [
            f"reembedding.{verb}" for verb in ("started", "failed", "resumed", "switched")
        ]


def test_paused_sends_and_keeps_nothing(
    library: Library, base: KnowledgeBase, embeddings: EmbeddingHost
) -> None:
    model = offer(library)
    minilm, _ = serving(base)
    change = start(library, base, model)
    move(library, change, "pause")
    asked = len(embeddings.texts)
    assert turn(change).state == "paused"
    library.read(library.add(base, "new.md", "# Dogs\n\nDogs may come."))
    assert _texts_of(embeddings, asked) == 1, "a paused change costs nothing"
    move(library, change, "resume")

    def pause() -> None:
        embeddings.before = None
        move(library, change, "pause")

    embeddings.before = pause
    assert turn(change).state == "paused"
    assert vectors(base) == {minilm: 3}, "its worker writes nothing more"
    move(library, change, "resume")
    assert turn(change).state == "done"
    assert vectors(base) == {model.id: 3}


def test_cancelled_change_leaves_the_collection_as_it_was(library: Library, base: KnowledgeBase) -> None:
    from apps.rest.errors import ProblemError

    model = offer(library)
    minilm, _ = serving(base)
    change = start(library, base, model)
    library.read(library.add(base, "more.md", "# Cats\n\nCats may not."))
    with pytest.raises(ProblemError, match="under way"):
        start(library, base, offer(library, "hashed-16"))
    move(library, change, "cancel")
    assert vectors(base) == {minilm: 3, model.id: 1}
    over = turn(change)
    assert (over.state, over.is_clean) == ("cancelled", True)
    assert vectors(base) == {minilm: 3}
    assert serving(base) == (minilm, {minilm})
    with pytest.raises(ProblemError, match="cancelled"):
        move(library, change, "resume")


def test_model_of_a_team_serves_only_what_that_team_alone_has(
    library: Library, embeddings: EmbeddingHost
) -> None:
    from apps.knowledge.models import KnowledgeBaseTeam
    from apps.metering.models import UsageRecord
    from apps.rest.errors import ProblemError
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    model = offer(library, HASHED, cast.engineering)
    private = library.base(cast.bob)
    with pytest.raises(ProblemError) as refused:
        start(library, private, model)
    assert refused.value.status == 400
    shared = library.base(cast.bob, "teams", cast.engineering)
    library.read(library.add(shared, "rules.md", TEXT, cast.bob))
    change = start(library, shared, model)
    with tenant_scope(cast.acme.id):
        KnowledgeBaseTeam.objects.create(knowledge_base=shared, team=cast.sales)
    asked = len(embeddings.texts)
    stopped = turn(change)
    assert stopped.state == "failed"
    assert "may not use it" in stopped.error
    assert _texts_of(embeddings, asked) == 0, "nothing goes to a model that one of the teams is not granted"
    with tenant_scope(cast.acme.id):
        KnowledgeBaseTeam.objects.filter(knowledge_base=shared, team=cast.sales).delete()
    move(library, stopped, "resume")
    assert turn(change).state == "done"
    with tenant_scope(cast.acme.id):
        paid = UsageRecord.objects.filter(purpose="reembedding").values_list("team_id", flat=True)
        assert set(paid) == {cast.engineering.id}


def test_model_that_was_taken_away_leaves_words(library: Library, base: KnowledgeBase) -> None:
    from apps.llm.models import Grant
    from apps.tenants.scope import tenant_scope

    minilm, _ = serving(base)
    offer(library)
    with tenant_scope(base.tenant_id):
        Grant.objects.filter(model_id=minilm).delete()
    document = library.read(library.add(base, "new.md", "# Dogs\n\nDogs may come on Fridays."))
    assert document.state == "ready"
    assert "may not be used now" in document.note
    assert vectors(base) == {minilm: 2}
    assert "Dogs" in found(library, base, "dogs Fridays")[0]


def test_default_of_the_organisation_begins_new_collections(library: Library, base: KnowledgeBase) -> None:
    from apps.knowledge.reembedding.services import embedding_default_set
    from apps.tenants.scope import tenant_scope

    minilm, _ = serving(base)
    model = offer(library)
    with tenant_scope(base.tenant_id):
        embedding_default_set(actor=library.actor(library.cast.alice), model_id=model.id)
    library.read(library.add(base, "new.md", "# Dogs\n\nDogs may come."))
    assert serving(base) == (minilm, {minilm})
    other = library.base(library.cast.bob)
    library.read(library.add(other, "new.md", "# Dogs\n\nDogs may come."))
    assert serving(other) == (model.id, {model.id})


def test_cost_is_told_before(library: Library, base: KnowledgeBase) -> None:
    from apps.knowledge.reembedding.selectors import embedding_of
    from apps.tenants.scope import tenant_scope

    offer(library, "hashed-16", price=(Decimal(500), Decimal(0), "EUR"))
    with tenant_scope(base.tenant_id):
        shown = embedding_of(type(base).objects.get(id=base.id))
    costs = {choice.model.slug: str(choice.cost) for choice in shown.choices}
    assert shown.size.chunks == 2
    assert 10 < shown.size.tokens < 40
    assert costs["all-minilm-l6-v2"] == "free of charge"
    assert costs["hashed-16"] == "about 0.02 EUR"
    assert [choice.model.slug for choice in shown.choices if choice.is_serving] == ["all-minilm-l6-v2"]


def test_documents_of_one_turn_leave_room_for_others(
    library: Library, base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.knowledge.reembedding import working

    monkeypatch.setattr(working, "TURN_S", -1.0)
    monkeypatch.setattr(working, "_DOCUMENTS", 1)
    library.read(library.add(base, "new.md", "# Dogs\n\nDogs may come."))
    change = start(library, base, offer(library))
    assert turn(change).state == "queued"
    assert turn(change).state == "done"


def test_german_collection_is_suggested_the_multilingual_model(library: Library) -> None:
    from apps.knowledge.reembedding.selectors import embedding_of
    from apps.tenants.scope import tenant_scope

    base = library.base(library.cast.bob)
    text = "# Urlaub\n\nWer länger als sechs Monate bei uns arbeitet, hat Anspruch auf dreißig Tage Urlaub."
    library.read(library.add(base, "urlaub.md", text))
    with tenant_scope(base.tenant_id):
        suggested = embedding_of(type(base).objects.get(id=base.id)).suggested
    assert suggested is not None
    assert suggested.slug == "multilingual-e5-small"


def test_waiting_change_is_hinted_again(
    library: Library, base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.utils import timezone

    from apps.knowledge.reembedding import sweeping

    change = start(library, base, offer(library))
    hinted: list[object] = []
    monkeypatch.setattr(
        sweeping, "hint", lambda tenant_id, reembedding_id, fence: hinted.append(reembedding_id)
    )
    sweeping.sweep_reembeddings()
    assert change.id not in hinted, "its own hint is on the way"
    update(change, due_at=timezone.now() - timedelta(seconds=6))
    sweeping.sweep_reembeddings()
    assert change.id in hinted
