"""kill -9 at every stage of ingestion, with real processes: nothing missing, nothing twice, paid once."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from launch.environment import clean_environment
from tests.environment import ENVIRONMENT, ROOT
from tests.knowledge.conftest import Library, counts
from tests.knowledge.dying import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from apps.knowledge.models import Document
    from tests.knowledge.embedding_host import EmbeddingHost

RULES = 70
TEXT = "\n\n".join(f"# Part {number}\n\nRule {number} is {number * 7}." for number in range(RULES))
BATCH = 64
TOKENS = 7
"""Tokens that the embedding host counts for a text."""


@contextmanager
def readers(url: str) -> Iterator[Callable[[dict[str, str]], int]]:
    """Have work done by a process that dies at a stage; its exit code."""
    variables = {"ATRIUM_ROLE": "ingest", "ATRIUM_MODEL_SERVER_URL": url, "ATRIUM_MODEL_SERVER_KEY": "local"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.knowledge.dying"],
        env=clean_environment(ENVIRONMENT | variables),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout
    assert stdout.readline() == "ready\n"

    def read(asked: dict[str, str]) -> int:
        stdin.write(json.dumps(asked) + "\n")
        stdin.flush()
        return int(stdout.readline())

    try:
        yield read
    finally:
        stdin.close()
        process.wait(10)
        stdout.close()


@pytest.fixture(scope="module")
def read(_embeddings: EmbeddingHost) -> Iterator[Callable[[Document, str], int]]:
    with readers(_embeddings.url) as reader:

        def read_document(document: Document, stage: str) -> int:
            asked = {"tenant": str(document.tenant_id), "document": str(document.id), "stage": stage}
            return reader(asked)

        yield read_document


def _lose(document: Document) -> list[Any]:
    """Its lease runs out; what the sweeper hints."""
    from django.utils import timezone

    from apps.knowledge.models import Document, DocumentState
    from apps.tenants.scope import tenant_scope

    with tenant_scope(document.tenant_id):
        Document.objects.filter(id=document.id, state=DocumentState.READING).update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )
    return _swept()


def _swept() -> list[Any]:
    from apps.knowledge import sweeping

    hinted: list[Any] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sweeping, "hint", lambda tenant_id, document_id, fence: hinted.append(document_id))
        sweeping.sweep()
    return hinted


def _ledger(document: Document) -> list[tuple[str, int]]:
    """State and input tokens of each call that embedded for the organisation."""
    from apps.metering.models import UsageRecord
    from apps.tenants.scope import tenant_scope

    with tenant_scope(document.tenant_id):
        rows = UsageRecord.objects.filter(purpose="ingest").order_by("created_at")
        return list(rows.values_list("state", "tokens_input"))


def _term_counts(document: Document) -> dict[int, int]:
    from apps.knowledge.models import TermCount
    from apps.tenants.scope import tenant_scope

    with tenant_scope(document.tenant_id):
        return dict(TermCount.objects.values_list("term", "chunks"))


@pytest.mark.parametrize("stage", STAGES)
def test_killed_at_a_stage_ends_ready_and_whole(
    library: Library, embeddings: EmbeddingHost, read: Callable[[Document, str], int], stage: str
) -> None:
    document = library.add(library.base(library.cast.bob), "long.md", TEXT)
    twin = library.add(library.base(library.cast.mallory), "long.md", TEXT)
    assert library.read(twin).state == "ready"
    embeddings.texts.clear()
    assert read(document, stage) == -9
    row = library.row(document)
    if stage == "published":
        assert row.state == "ready"
        assert document.id not in _lose(document)
    else:
        assert (row.state, row.attempts) == ("reading", 1)
        assert library.read(document).state == "reading", "a lease that still runs is taken from nobody"
        assert document.id in _lose(document)
    assert read(document, "") == 0
    row = library.row(document)
    assert (row.state, row.chunk_count, row.note, row.error_kind) == ("ready", RULES, "", "")
    found = counts(document.tenant_id)
    assert (found["Chunk"], found["ChunkVector"], found["ChunkTerms"]) == (RULES, RULES, RULES)
    assert _term_counts(document) == _term_counts(twin)
    again = BATCH if stage in {"paid", "keeping"} else 0
    assert len(embeddings.texts) == RULES + again, "only a batch whose answer was lost is asked for again"
    assert sum(tokens for _, tokens in _ledger(document)) == (RULES + again) * TOKENS
    assert {state for state, _ in _ledger(document)} == {"settled"}


@pytest.mark.parametrize("stage", ["stored", "publishing"])
def test_killed_new_version_leaves_the_old_one_until_it_is_whole(
    library: Library, read: Callable[[Document, str], int], stage: str
) -> None:
    import io

    from apps.knowledge.versioning import document_replace
    from apps.tenants.scope import tenant_scope

    bob = library.cast.bob
    base = library.base(bob)
    document = library.read(library.add(base, "cap.md", "# Cap\n\nThe hotel cap is 190 pounds."))
    with tenant_scope(document.tenant_id):
        new = io.BytesIO(b"# Cap\n\nThe hotel cap is 240 pounds.")
        version = document_replace(actor=None, document=document, name="cap.md", stream=new)
    assert read(version, stage) == -9
    assert "190" in library.ask(bob, "What is the hotel cap?", base)[0].text
    assert version.id in _lose(version)
    assert read(version, "") == 0
    (found,) = library.ask(bob, "What is the hotel cap?", base)
    assert (found.document_id, "240" in found.text) == (document.id, True)
    rows = counts(document.tenant_id)
    assert (rows["Document"], rows["Chunk"], rows["ChunkVector"], rows["ChunkTerms"]) == (2, 2, 1, 1)
    assert set(_term_counts(document).values()) <= {0, 1}


def test_poison_kills_three_readers_and_no_other_document(
    library: Library, read: Callable[[Document, str], int]
) -> None:
    base = library.base(library.cast.bob)
    poison, fine = (
        library.add(base, "poison.md", TEXT),
        library.add(base, "fine.md", "# Fine\n\nAll is well."),
    )
    for attempt in range(1, 4):
        assert read(poison, "parsed") == -9
        assert library.row(poison).attempts == attempt
        _lose(poison)
    assert read(fine, "") == 0
    row = library.row(poison)
    assert (row.state, row.error_kind, row.may_retry) == ("failed", "attempts", True)
    assert library.row(fine).state == "ready"
    assert read(poison, "") == 0
    assert (library.row(poison).state, library.row(poison).attempts) == ("failed", 3)
    assert counts(poison.tenant_id)["Chunk"] == library.row(fine).chunk_count


def test_deleted_after_its_reader_died_leaves_nothing(
    library: Library, read: Callable[[Document, str], int]
) -> None:
    from apps.files.storage import storage
    from apps.knowledge.services import document_delete
    from apps.tenants.scope import tenant_scope

    document = library.add(library.base(library.cast.bob), "long.md", TEXT)
    key = library.row(document).file.storage_key
    assert read(document, "batched") == -9
    with tenant_scope(document.tenant_id):
        document_delete(actor=None, document=document)
    assert read(document, "") == 0
    left = {name: count for name, count in counts(document.tenant_id).items() if count}
    assert left == {"KnowledgeBase": 1}
    with pytest.raises(FileNotFoundError):
        storage().open(key)


def test_deleted_while_the_parser_runs_leaves_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.files.storage import storage
    from apps.knowledge.ingesting import ingest
    from apps.knowledge.sandbox import runner
    from apps.knowledge.services import document_delete
    from apps.tenants.scope import tenant_scope

    document = library.add(library.base(library.cast.bob), "long.md", TEXT)
    key = library.row(document).file.storage_key
    real = runner._read

    def deleted(*arguments: Any) -> Any:
        with tenant_scope(document.tenant_id):
            document_delete(actor=None, document=document)
        return real(*arguments)

    monkeypatch.setattr(runner, "_read", deleted)
    assert ingest(document.tenant_id, document.id) is True
    left = {name: count for name, count in counts(document.tenant_id).items() if count}
    assert left == {"KnowledgeBase": 1}
    assert _ledger(document) == []
    with pytest.raises(FileNotFoundError):
        storage().open(key)


def test_batches_shrink_to_what_the_host_takes(library: Library, embeddings: EmbeddingHost) -> None:
    embeddings.most = 20
    document = library.read(library.add(library.base(library.cast.bob), "long.md", TEXT))
    assert (document.state, document.note) == ("ready", "")
    assert sorted(embeddings.texts) == sorted(set(embeddings.texts))
    assert len(embeddings.texts) == RULES
    assert sum(tokens for state, tokens in _ledger(document) if state == "settled") == RULES * TOKENS


def test_batch_holds_no_more_tokens_than_the_strictest_host() -> None:
    from uuid import uuid4

    from apps.knowledge.batching import MOST_TOKENS, Batches
    from apps.knowledge.storing import Unembedded
    from apps.llm.gateway.estimate import tokens_of_texts

    batches = Batches([Unembedded(uuid4(), "漢" * 1000) for _ in range(60)])
    sizes = []
    while batch := batches.first():
        assert tokens_of_texts(row.text for row in batch) <= MOST_TOKENS
        sizes.append(len(batch))
        batches.drop(len(batch))
    assert sizes == [16, 16, 16, 12]
