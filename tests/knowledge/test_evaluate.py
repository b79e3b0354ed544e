"""What `manage.py evaluate` prints, and that it leaves nothing behind."""

from __future__ import annotations

import io
import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from apps.knowledge.evaluation.measures import mean, percentile, quality_of
from apps.knowledge.evaluation.sets import UnreadableSetError, read_corpus, read_questions, read_set
from tests.knowledge.conftest import Library, counts

if TYPE_CHECKING:
    from pathlib import Path

    from apps.knowledge.models import KnowledgeBase
    from tests.knowledge.embedding_host import EmbeddingHost

CORPUS = (
    {"_id": "d1", "title": "Cranes", "text": "A crane lifts heavy loads with a hook and a rope."},
    {"_id": "d2", "title": "Bread", "text": "Sourdough rises overnight before it goes into the oven."},
    {"_id": "d3", "title": "", "text": "Part KX-4471 holds the pump of the cooling circuit."},
)
QUERIES = (
    {"_id": "q1", "text": "What lifts heavy loads?"},
    {"_id": "q2", "text": "KX-4471"},
    {"_id": "q3", "text": "Nobody judged this"},
)
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td3\t1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A set as BEIR publishes them: judgments in a folder of their own, ids with an underscore."""
    for name, rows in (("corpus", CORPUS), ("queries", QUERIES)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels/test.tsv").write_text(QRELS)
    return tmp_path


def _run(*words: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("evaluate", *words, "--json", stdout=out)
    text = out.getvalue()
    assert text.count("\n") == 1
    found: dict[str, Any] = json.loads(text)
    return found


def test_figures_of_a_set_and_nothing_left(library: Library, folder: Path) -> None:
    acme = library.cast.acme
    before = counts(acme.id)
    found = _run(str(folder), "--tenant", acme.slug)
    assert (found["documents"], found["chunks"], found["queries"]) == (3, 3, 2)
    perfect = {"ndcg@10": 1.0, "recall@10": 1.0, "mrr@10": 1.0}
    assert found["hybrid"] == found["lexical"] == perfect
    assert found["chunks_per_s"] > 0
    assert 0 < found["query_ms"]["p50"] <= found["query_ms"]["p95"]
    assert counts(acme.id) == before


def test_language_and_model_can_be_named(library: Library, folder: Path) -> None:
    slug = library.cast.acme.slug
    found = _run(str(folder), "--tenant", slug, "--language", "en", "--embedding", "all-minilm-l6-v2")
    assert (found["language"], found["embedding"], found["hybrid"]["ndcg@10"]) == (
        "en",
        "all-minilm-l6-v2",
        1.0,
    )
    with pytest.raises(CommandError, match="no embedding model 'nothing'"):
        _run(str(folder), "--tenant", slug, "--embedding", "nothing")


def test_failure_leaves_nothing_either(library: Library, folder: Path, embeddings: EmbeddingHost) -> None:
    acme = library.cast.acme
    before = counts(acme.id)
    embeddings.is_down = True
    with pytest.raises(CommandError, match="Nothing was kept"):
        _run(str(folder), "--tenant", acme.slug)
    assert counts(acme.id) == before


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("corpus.jsonl", "{", "Line 1 of .* is not JSON"),
        ("corpus.jsonl", "{}", "neither 'id' nor '_id'"),
        ("queries.jsonl", "", "no question with a right document"),
        ("corpus.jsonl", '["d1"]', "Line 1 of .* is not an object"),
        ("qrels/test.tsv", "q1\td1\t1\nq2\td2\tmuch", "Line 2 of .* ends with no number"),
        ("qrels/test.tsv", "q1\tother\t1", "no judged document is in corpus.jsonl"),
        ("queries.jsonl", "\udcff", "is not UTF-8"),
    ],
)
def test_broken_set_is_named(folder: Path, name: str, text: str, words: str) -> None:
    (folder / name).write_text(text, errors="surrogateescape")
    with pytest.raises(UnreadableSetError, match=words):
        read_set(folder)


def test_what_is_no_set_is_told_what_one_is(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSetError, match=r"has no judgments\. A set is a folder with corpus.jsonl"):
        read_questions(tmp_path)
    with pytest.raises(UnreadableSetError, match=r"has no corpus.jsonl\. A set is a folder"):
        read_corpus(tmp_path)


@pytest.mark.parametrize(
    "qrels",
    [
        "corpus-id\tquery-id\tscore\nd1\tq1\t2\n",
        "query_id doc_id relevance\nq1 d1 2",
        'q1, d1, 2\r\n"q1", "d2", 0\r\n',
        "q1 0 d1 2\nq1 0 d,2 0\n",
        "\ufeffq1\tQ0\td1\t2.0\n",
    ],
)
def test_judgments_are_read_however_their_columns_stand(folder: Path, qrels: str) -> None:
    (folder / "qrels/test.tsv").write_text(qrels, newline="")
    assert read_set(folder).judgments == {"q1": {"d1": 2.0}}


WILD = "\n".join(
    json.dumps(row)
    for row in (
        {"_id": 1, "title": None, "text": "A crane lifts heavy loads with a hook and a rope."},
        {"_id": 1, "title": "Again", "text": "The same id a second time is left out."},
        {"_id": 2, "text": "Sourdough rises overnight before it goes into the oven."},
        {"_id": 3, "title": "Only a title about the archive lamp", "text": ""},
        {"_id": 4, "title": "", "text": ""},
        {"_id": 5, "title": "التقرير", "text": "تعمل المضخة في دائرة التبريد ليلا ونهارا.\u0000"},
        {"_id": 6, "text": "Net sales of the division rose by four percent. " * 2_200},
        {"_id": "same", "text": "What lifts heavy loads?"},
    )
)
ASKED = "\n".join(
    json.dumps(row)
    for row in (
        {"_id": 11, "text": "What lifts heavy loads?", "metadata": {}},
        {"_id": 12, "text": "Where is the archive lamp?"},
        {"_id": 13, "text": "كيف تعمل المضخة؟"},
        {"_id": 14, "text": "How did net sales of the division change?\ud800\x00"},
        {"_id": 15, "text": ""},
        {"_id": "same", "text": "What lifts heavy loads?"},
        {"_id": 99, "text": "Nobody judged this."},
    )
)
JUDGED = "11 0 1 2\n11 0 2 0\n12 0 3 1\n13 0 5 3\n14 0 6 1\n15 0 1 1\nsame 0 1 1\n77 0 1 1\n"


def test_a_set_as_found_in_the_wild_is_measured(library: Library, tmp_path: Path) -> None:
    acme = library.cast.acme
    for name, text in (("corpus.jsonl", WILD), ("queries.jsonl", ASKED), ("qrels.txt", JUDGED)):
        (tmp_path / name).write_text(text)
    before = counts(acme.id)
    found = _run(str(tmp_path), "--tenant", acme.slug)
    assert (found["documents"], found["queries"]) == (7, 6)
    assert found["chunks"] > 100
    assert found["hybrid"]["recall@10"] == round(5 / 6, 4)
    assert found["hybrid"]["mrr@10"] == 0.75
    assert counts(acme.id) == before


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_nothing_is_left(
    library: Library,
    folder: Path,
    embeddings: EmbeddingHost,
    monkeypatch: pytest.MonkeyPatch,
    sent: signal.Signals,
) -> None:
    from apps.knowledge.evaluation import shelf

    acme = library.cast.acme
    before = counts(acme.id)
    remove = shelf._remove_some

    def interrupt() -> None:
        embeddings.before = None
        os.kill(os.getpid(), sent)

    def impatiently(base: KnowledgeBase) -> bool:
        os.kill(os.getpid(), signal.SIGINT)
        return remove(base)

    embeddings.before = interrupt
    monkeypatch.setattr(shelf, "_remove_some", impatiently)
    with pytest.raises(SystemExit) as ended:
        _run(str(folder), "--tenant", acme.slug)
    assert ended.value.code == 128 + sent
    assert counts(acme.id) == before
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_a_killed_evaluation_left_is_removed_by_the_next(library: Library, folder: Path) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from apps.knowledge.embedding import embedding_model
    from apps.knowledge.evaluation.shelf import Shelf
    from apps.knowledge.models import KnowledgeBase
    from apps.tenants.scope import tenant_scope

    acme = library.cast.acme
    before = counts(acme.id)
    with tenant_scope(acme.id):
        model = embedding_model()
    assert model is not None
    killed = Shelf(acme.id, library.cast.bob.id, model, None)
    killed.__enter__()
    killed.fill(read_set(folder).entries)
    _run(str(folder), "--tenant", acme.slug)
    with tenant_scope(acme.id):
        assert KnowledgeBase.objects.update(updated_at=timezone.now() - timedelta(hours=2)) == 1
    _run(str(folder), "--tenant", acme.slug)
    assert counts(acme.id) == before


def test_measures() -> None:
    gains = {"a": 2.0, "b": 1.0}
    assert quality_of(["a", "b"], gains).named() == {"ndcg@10": 1.0, "recall@10": 1.0, "mrr@10": 1.0}
    late = quality_of(["x", "a"], gains)
    assert (round(late.ndcg, 4), late.recall, late.mrr) == (
        round((2 / 1.58496) / (2 + 1 / 1.58496), 4),
        0.5,
        0.5,
    )
    assert quality_of([f"x{n}" for n in range(10)] + ["a"], gains).named() == {
        "ndcg@10": 0.0,
        "recall@10": 0.0,
        "mrr@10": 0.0,
    }
    assert mean([late, late]) == late
    assert (percentile([3.0, 1.0, 2.0], 0.5), percentile([1.0], 0.95)) == (2.0, 1.0)
