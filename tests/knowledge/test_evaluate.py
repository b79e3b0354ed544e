"""What `manage.py evaluate` prints, and that it leaves nothing behind."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from apps.knowledge.evaluation.measures import mean, percentile, quality_of
from apps.knowledge.evaluation.sets import UnreadableSetError, read_set
from tests.knowledge.conftest import Library, counts

if TYPE_CHECKING:
    from pathlib import Path

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


def test_several_organisations_and_none_named(library: Library, folder: Path) -> None:
    with pytest.raises(CommandError, match="--tenant"):
        _run(str(folder))


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("corpus.jsonl", "{", "Line 1 of .* is not JSON"),
        ("corpus.jsonl", "{}", "neither 'id' nor '_id'"),
        ("queries.jsonl", "", "no question with a right document"),
        ("qrels/test.tsv", "q1\td1\t1\nq2\td2\tmuch", "Line 2 of .* ends with no number"),
    ],
)
def test_broken_set_is_named(folder: Path, name: str, text: str, words: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(UnreadableSetError, match=words):
        read_set(folder)


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
