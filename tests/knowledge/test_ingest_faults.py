"""What goes wrong while a document is read ends in a state with a reason, and costs nobody else anything."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.knowledge.builders import pdf, zipped
from tests.knowledge.conftest import Library, counts
from tests.metering.budgeting import budget_make

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.knowledge.models import Document
    from tests.knowledge.embedding_host import EmbeddingHost

LONG = "\n\n".join(f"# Part {number}\n\nRule {number} says {number * 7} things." for number in range(150))


def _update(document: Document, **values: Any) -> None:
    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    with tenant_scope(document.tenant_id):
        Document.objects.filter(id=document.id).update(**values)


def _expire(document: Document) -> None:
    """Its worker was killed a minute ago."""
    from django.utils import timezone

    _update(document, lease_until=timezone.now() - timedelta(minutes=1))


def _now(document: Document) -> None:
    """The pause before the next attempt is over."""
    from django.utils import timezone

    _update(document, due_at=timezone.now() - timedelta(minutes=1))


class Killed(BaseException):
    """Stands for SIGKILL: nothing of the code under test may catch it."""


def test_poison_is_tried_three_times_then_failed(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.knowledge import ingesting
    from apps.knowledge.sweeping import sweep

    document = library.add(library.base(library.cast.bob), "poison.md", "# Poison")
    other = library.add(library.base(library.cast.bob), "fine.md", "# Fine\n\nAll is well.")

    def killed(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(ingesting, "parse_sandboxed", killed)
        for attempt in range(1, 4):
            with pytest.raises(Killed):
                ingesting.ingest(document.tenant_id, document.id)
            assert library.row(document).attempts == attempt
            _expire(document)
    assert ingesting.ingest(document.tenant_id, document.id) is False
    assert sweep().failed >= 1
    row = library.row(document)
    assert (row.state, row.error_kind, row.may_retry) == ("failed", "attempts", True)
    assert "begun 3 times" in row.error_detail
    assert library.read(other).state == "ready"


def test_crash_of_the_parser_waits_and_is_tried_again(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.knowledge import ingesting
    from apps.knowledge.parsing.errors import ParseError, ParseErrorKind

    document = library.add(library.base(library.cast.bob), "odd.md", "# Odd")

    def crashes(*_: Any, **__: Any) -> None:
        raise ParseError(ParseErrorKind.CRASHED)

    monkeypatch.setattr(ingesting, "parse_sandboxed", crashes)
    assert library.read(document).state == "queued"
    assert ingesting.ingest(document.tenant_id, document.id) is False
    for _ in range(2):
        _now(document)
        library.read(document)
    row = library.row(document)
    assert (row.state, row.error_kind, row.attempts) == ("failed", "crashed", 3)


def test_killed_between_batches_pays_no_vector_twice(library: Library, embeddings: EmbeddingHost) -> None:
    from apps.knowledge import ingesting

    document = library.add(library.base(library.cast.bob), "long.md", LONG)
    asked: list[int] = []

    def third_call_kills() -> None:
        asked.append(1)
        if len(asked) == 3:
            embeddings.before = None
            _expire(document)
            _update(document, fence=99)

    embeddings.before = third_call_kills
    assert ingesting.ingest(document.tenant_id, document.id) is True
    lost = counts(document.tenant_id)
    assert (lost["Chunk"], lost["ChunkVector"], lost["TermCount"]) == (150, 128, 0)
    assert library.read(document).state == "ready"
    found = counts(document.tenant_id)
    assert (found["Chunk"], found["ChunkVector"], found["ChunkTerms"]) == (150, 150, 150)
    assert len(embeddings.texts) == 150 + 22
    assert len(set(embeddings.texts)) == 150


def test_delete_while_reading_leaves_nothing(library: Library, embeddings: EmbeddingHost) -> None:
    from apps.files.storage import storage
    from apps.knowledge.ingesting import ingest
    from apps.knowledge.services import document_delete
    from apps.tenants.scope import tenant_scope

    document = library.add(library.base(library.cast.bob), "long.md", LONG)
    key = library.row(document).file.storage_key

    def delete() -> None:
        embeddings.before = None
        with tenant_scope(document.tenant_id):
            document_delete(actor=None, document=document)

    embeddings.before = delete
    ingest(document.tenant_id, document.id)
    left = counts(document.tenant_id)
    assert {name: count for name, count in left.items() if count} == {"KnowledgeBase": 1}
    with pytest.raises(FileNotFoundError):
        storage().open(key)


def test_two_workers_one_reads(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.knowledge import ingesting
    from apps.knowledge.sandbox.runner import parse_sandboxed

    document = library.add(library.base(library.cast.bob), "a.md", "# A\n\nText of it.")
    real: Callable[..., Any] = parse_sandboxed
    seen: list[bool] = []

    def meanwhile(*arguments: Any, **named: Any) -> Any:
        seen.append(ingesting.ingest(document.tenant_id, document.id))
        return real(*arguments, **named)

    monkeypatch.setattr(ingesting, "parse_sandboxed", meanwhile)
    assert library.read(document).state == "ready"
    assert seen == [False]


def test_a_budget_without_room_leaves_words_and_says_so(library: Library, embeddings: EmbeddingHost) -> None:
    budget_make(library.cast, unit="tokens", amount=1)
    base = library.base(library.cast.bob)
    row = library.read(library.add(base, "a.md", "# Cap\n\nThe hotel cap is 190 pounds.", library.cast.bob))
    assert (row.state, row.may_retry, embeddings.texts) == ("ready", True, [])
    assert "a budget, a limit or a rule" in row.note


def test_model_away_three_times_leaves_words_and_a_note(
    library: Library, embeddings: EmbeddingHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.utils import timezone

    from apps.knowledge.services import document_retry
    from apps.llm.models import ConnectionHealth
    from apps.tenants.scope import tenant_scope

    monkeypatch.setattr("apps.llm.gateway.retry.FIRST_PAUSE", 0.01)
    base = library.base(library.cast.bob)
    document = library.add(base, "a.md", "# Cap\n\nThe hotel cap is 190 pounds.", library.cast.bob)
    embeddings.is_down = True
    for attempt in range(1, 3):
        row = library.read(document)
        assert (row.state, row.attempts) == ("queued", attempt)
        _now(document)
    row = library.read(document)
    assert (row.state, row.may_retry) == ("ready", True)
    assert "words only" in row.note
    assert [passage.title for passage in library.ask(library.cast.bob, "hotel cap?", base)] == ["Cap"]
    embeddings.is_down = False
    with tenant_scope(document.tenant_id):
        ConnectionHealth.objects.update(retry_at=timezone.now())
        document_retry(actor=None, document=document)
    assert counts(document.tenant_id)["TermCount"] > 0
    row = library.read(document)
    assert (row.state, row.note, row.attempts) == ("ready", "", 1)
    with tenant_scope(document.tenant_id):
        from apps.knowledge.models import TermCount

        assert set(TermCount.objects.values_list("chunks", flat=True)) == {1}


def test_no_model_is_noted(library: Library) -> None:
    from apps.llm.models import Model
    from apps.tenants.scope import tenant_scope

    with tenant_scope(library.cast.acme.id):
        Model.objects.filter(modality="embedding").update(is_enabled=False)
    document = library.read(library.add(library.base(library.cast.bob), "a.md", "# Cap\n\nIt is 190."))
    assert (document.state, counts(document.tenant_id)["ChunkVector"]) == ("ready", 0)
    assert "no embedding model" in document.note


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("locked.pdf", pdf("Secret", password="four words"), "encrypted"),
        ("broken.pdf", b"%PDF-1.7\n" + b"\x00garbage" * 200, "corrupt"),
        ("bomb.docx", zipped({"word/document.xml": b"\0" * 40_000_000}), "bomb"),
        ("other.docx", zipped({"a.txt": b"no document in here"}), "mismatch"),
    ],
)
def test_unreadable_file_fails_with_its_reason(library: Library, name: str, data: bytes, kind: str) -> None:
    document = library.read(library.add(library.base(library.cast.bob), name, data))
    assert (document.state, document.error_kind, document.attempts) == ("failed", kind, 1)
    assert document.error_detail
    assert document.may_retry is False


def test_waiting_documents_are_hinted_again(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.knowledge import sweeping

    base = library.base(library.cast.bob)
    waiting, lost, done = (library.add(base, f"{name}.md", f"# {name}") for name in ("a", "b", "c"))
    library.read(done)
    _now(waiting)
    _update(lost, state="reading", attempts=1)
    _expire(lost)
    hinted: list[Any] = []
    monkeypatch.setattr(sweeping, "hint", lambda tenant_id, document_id, fence: hinted.append(document_id))
    sweeping.sweep()
    assert {waiting.id, lost.id} <= set(hinted)
    assert done.id not in hinted
