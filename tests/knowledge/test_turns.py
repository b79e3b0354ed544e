"""A large document is embedded in turns: others of the queue wait for one turn of it, never for all of it."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.knowledge.conftest import Library, counts
from tests.knowledge.dying import STAGES_OF_TURNS
from tests.knowledge.test_ingest_killed import readers

if TYPE_CHECKING:
    from apps.knowledge.models import Document
    from tests.knowledge.embedding_host import EmbeddingHost

RULES = 150
LARGE = "\n\n".join(f"# Part {number}\n\nRule {number} is {number * 7}." for number in range(RULES))
SMALL = "# Cap\n\nThe hotel cap is 190 pounds."


def _due(document: Document) -> None:
    """Its pause is over."""
    from django.utils import timezone

    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    with tenant_scope(document.tenant_id):
        Document.objects.filter(id=document.id).update(due_at=timezone.now() - timedelta(seconds=1))


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any, Any]]:
    """What was hinted after turns, and turns of one batch."""
    from apps.knowledge import ingesting

    sent: list[tuple[Any, Any, Any]] = []
    monkeypatch.setattr(ingesting, "TURN_S", 0.0)
    monkeypatch.setattr(ingesting, "hint", lambda *key: sent.append(key))
    return sent


def test_turns_read_the_file_once_and_pay_each_passage_once(
    library: Library,
    embeddings: EmbeddingHost,
    hints: list[tuple[Any, Any, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from apps.knowledge import ingesting

    document = library.add(library.base(library.cast.bob), "large.md", LARGE)
    row = library.read(document)
    assert (row.state, row.attempts, row.chunk_count) == ("queued", 0, RULES)
    assert hints == [(document.tenant_id, document.id, 1)]
    assert counts(document.tenant_id)["TermCount"] == 0, "nothing is found before all is there"
    monkeypatch.setattr(ingesting, "parse_sandboxed", None)
    assert library.read(document).state == "queued"
    row = library.read(document)
    assert (row.state, row.chunk_count, row.note) == ("ready", RULES, "")
    assert (len(embeddings.texts), len(set(embeddings.texts))) == (RULES, RULES)
    found = counts(document.tenant_id)
    assert (found["Chunk"], found["ChunkVector"], found["ChunkTerms"]) == (RULES, RULES, RULES)


def test_hints_from_before_a_turn_are_no_turns(
    library: Library, embeddings: EmbeddingHost, hints: list[tuple[Any, Any, Any]]
) -> None:
    from apps.knowledge.ingesting import ingest

    document = library.add(library.base(library.cast.bob), "large.md", LARGE)
    assert ingest(document.tenant_id, document.id, 0) is True
    for _ in range(3):
        assert ingest(document.tenant_id, document.id, 0) is False
    assert len(embeddings.texts) == 64
    assert ingest(*hints[-1]) is True
    assert len(embeddings.texts) == 128


def test_organisations_limit_lets_others_go_first(
    library: Library, embeddings: EmbeddingHost, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.llm import gateway
    from apps.llm.errors import RateLimitedError
    from apps.metering.rates.rules import Bucket, Refusal

    base = library.base(library.cast.bob)
    document = library.add(base, "large.md", LARGE)
    real = gateway.embed_sync

    def refused(call: Any) -> Any:
        if len(embeddings.texts) >= 64:
            raise RateLimitedError(Refusal(Bucket("k", "team", "requests", 1), 30))
        return real(call)

    with monkeypatch.context() as patched:
        patched.setattr(gateway, "embed_sync", refused)
        begun = time.monotonic()
        for _ in range(4):
            row = library.read(document)
            assert (row.state, row.attempts) == ("queued", 0), "waiting is no attempt"
            _due(document)
        assert time.monotonic() - begun < 10, "nobody sleeps in the queue"
        page = signed_in(library.cast.bob).get(f"/knowledge/{base.id}").content.decode()
        assert "limit a minute for the embedding model is reached. It goes on by itself" in page
    row = library.read(document)
    assert (row.state, row.note, len(embeddings.texts)) == ("ready", "", RULES)


def test_organisations_limit_holds_a_change_of_model_and_nobody_else(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.llm import gateway
    from apps.llm.errors import RateLimitedError
    from apps.metering.rates.rules import Bucket, Refusal
    from tests.knowledge.changing import offer, start, turn, update

    base = library.base(library.cast.bob)
    library.read(library.add(base, "small.md", SMALL))
    change = start(library, base, offer(library))

    def refused(_: Any) -> Any:
        raise RateLimitedError(Refusal(Bucket("k", "team", "requests", 1), 30))

    with monkeypatch.context() as patched:
        patched.setattr(gateway, "embed_sync", refused)
        for _ in range(4):
            held = turn(change)
            assert (held.state, held.attempts) == ("queued", 0), "waiting is no attempt"
            assert "limit a minute for the new model is reached" in held.error
            update(change, due_at=held.updated_at)
    assert turn(change).state == "done"


@pytest.mark.parametrize("stage", STAGES_OF_TURNS)
def test_killed_at_a_turns_end_goes_on(library: Library, embeddings: EmbeddingHost, stage: str) -> None:
    from tests.knowledge.test_ingest_killed import _lose

    document = library.add(library.base(library.cast.bob), "large.md", LARGE)
    with readers(embeddings.url) as reader:
        asked = {"tenant": str(document.tenant_id), "document": str(document.id)}
        assert reader(asked | {"stage": stage}) == -9
        row = library.row(document)
        assert row.state == ("reading" if stage == "yielding" else "queued")
        if row.state == "queued":
            from django.utils import timezone

            from apps.knowledge.models import Document
            from apps.tenants.scope import tenant_scope

            with tenant_scope(document.tenant_id):
                past = timezone.now() - timedelta(seconds=9)
                Document.objects.filter(id=document.id).update(due_at=past)
        assert document.id in _lose(document), "the sweeper hints it again"
        assert reader(asked | {"stage": ""}) == 0
    row = library.row(document)
    assert (row.state, row.chunk_count, len(embeddings.texts)) == ("ready", RULES, RULES)


def test_small_document_of_others_is_ready_long_before_a_large_one(
    library: Library, embeddings: EmbeddingHost, tmp_path: Any
) -> None:
    from apps.knowledge.tasks import ingest_document
    from tests.knowledge.test_ingest_process import _await, _worker

    large = library.add(library.base(library.cast.bob), "large.md", LARGE * 6)
    small = library.add(library.base(library.cast.mallory), "small.md", SMALL)
    embeddings.before = lambda: time.sleep(0.4)
    with _worker(tmp_path, embeddings.url, app="tests.knowledge.hasty"):
        for _ in range(5):
            ingest_document.apply_async((str(large.tenant_id), str(large.id), 0))
        _await(lambda: len(embeddings.texts) >= 64)
        ingest_document.apply_async((str(small.tenant_id), str(small.id), 0))
        _await(lambda: library.row(small).state == "ready")
        assert library.row(large).state != "ready"
        assert len(embeddings.texts) < RULES * 3, "the small one waited for a turn or two"
        embeddings.before = None
        _await(lambda: library.row(large).state == "ready")
    assert len(embeddings.texts) == library.row(large).chunk_count + 1
