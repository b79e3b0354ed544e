"""Asking the organisations of bench.retrieval_load: times, plans, and what exact search would have found."""

from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from apps.knowledge import candidates
from apps.knowledge.candidates import Reach
from apps.knowledge.embedding import EmbeddingModel
from apps.knowledge.questions import prepare_query
from apps.knowledge.ranking import ranking
from apps.tenants.scope import tenant_scope
from bench.retrieval_fixture import LANGUAGES, SEED, vectors_of
from bench.retrieval_load import MODEL, Asker

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from apps.knowledge.candidates import Hit

CUT: Final = 10
_SHARES: Final = {"cranfield": 40, "xquad/en": 25, "xquad/de": 15, "xquad/ar": 8, "xquad/zh": 12}
_KNOWN: Final = EmbeddingModel(MODEL, "all-minilm-l6-v2", "all-minilm-l6-v2", frozenset({"en"}))


@dataclass(frozen=True, slots=True)
class Asked:
    """A real question with its real vector."""

    text: str
    vector: list[float]


@dataclass(frozen=True, slots=True)
class Answer:
    """The ten best by meaning, by words and by both; seconds of the statement and of all three statements."""

    dense: list[UUID]
    lexical: list[UUID]
    hybrid: list[UUID]
    find_s: float
    whole_s: float


def questions(sets: Path, folder: Path, count: int) -> list[Asked]:
    """So many questions of the sets, always the same; their vectors are kept in `folder`."""
    kept = folder / f"questions-{count}.json"
    if not kept.exists():
        chance = random.Random(SEED)
        texts = []
        for name in LANGUAGES:
            rows = [json.loads(line) for line in (sets / name / "queries.jsonl").read_text().splitlines()]
            texts += [row["text"] for row in chance.sample(rows, max(1, count * _SHARES[name] // 100))]
        chance.shuffle(texts)
        found = [
            {"text": text, "vector": vector.tolist()}
            for text, vector in zip(texts, vectors_of(texts), strict=True)
        ]
        kept.write_text(json.dumps(found), encoding="utf-8")
    return [Asked(**row) for row in json.loads(kept.read_text(encoding="utf-8"))]


def classes(askers: list[Asker]) -> dict[str, list[tuple[Asker, tuple[UUID, ...]]]]:
    """Whom to ask about what, by the size of the organisation, and small collections of the largest."""
    largest = askers[0]
    by_size = {
        "largest, all": [largest],
        "5,000 to 18,000": [asker for asker in askers[1:] if asker.chunks >= 5_000],
        "1,000 to 2,100": [asker for asker in askers if 1_000 <= asker.chunks < 5_000],
        "500 to 612": [asker for asker in askers if 500 <= asker.chunks < 1_000],
        "under 500": [asker for asker in askers if asker.chunks < 500],
    }
    found: dict[str, list[tuple[Asker, tuple[UUID, ...]]]] = {
        name: [(asker, (asker.main_id, asker.small_id)) for asker in those]
        for name, those in by_size.items()
        if those
    }
    return found | {"largest, a small collection": [(largest, (largest.small_id,))]}


def measure(askers: list[Asker], asked: list[Asked]) -> list[dict[str, Any]]:
    """The figures of each class, printed as they come."""
    figures = []
    for name, those in classes(askers).items():
        rows = [(*those[place % len(those)], question) for place, question in enumerate(asked)]
        for row in rows:
            answer(*row)
        found = [answer(*row) for row in rows]
        exact = [answer(*row, exact=True) for row in rows]
        figures.append(_figures(name, found, exact))
        print(_line(figures[-1]), flush=True)
    return figures


def answer(asker: Asker, base_ids: tuple[UUID, ...], question: Asked, *, exact: bool = False) -> Answer:
    """Ask once, in a scope of its own."""
    reach = Reach(asker.user_id, base_ids, None)
    with tenant_scope(asker.tenant_id):
        began = time.perf_counter()
        surveyed = candidates.survey(reach)
        words = prepare_query(question.text, surveyed.languages)
        weights = candidates.weights_of(words.terms, surveyed.chunks)
        readings = {term for reading in words.readings for term in reading}
        before = time.perf_counter()
        hits = candidates.find(
            reach,
            weights={term: weight for term, weight in weights.items() if term in readings},
            vectors={MODEL: question.vector},
            chunks=0 if exact else surveyed.reach,
            pointed=[{term: weights[term] for term in terms} for terms in words.pointed],
            names=words.files,
        )
        ended = time.perf_counter()
        ordered = ranking(hits, words, weights, {MODEL: _KNOWN}).ordered
    hybrid = [hit.chunk_id for hit, _ in ordered[:CUT]]
    return Answer(_best(hits, "dense"), _best(hits, "lexical"), hybrid, ended - before, ended - began)


def plan(asker: Asker, question: Asked) -> str:
    """PostgreSQL's plan of the statement for everything that the asker may read, analysed."""
    plans: list[str] = []

    def explained(execute: Any, sql: str, values: Any, many: Any, context: dict[str, Any]) -> Any:
        if sql.lstrip().startswith("WITH readable") and "found AS (" in sql:
            context["cursor"].execute(f"EXPLAIN (ANALYZE, COSTS OFF) {sql}", values)
            plans.append("\n".join(row[0] for row in context["cursor"].fetchall()))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(explained):
        answer(asker, (asker.main_id, asker.small_id), question)
    return plans[-1]


def _best(hits: list[Hit], name: str) -> list[UUID]:
    scored = [(-getattr(hit, name), hit.chunk_id) for hit in hits if getattr(hit, name) is not None]
    return [chunk_id for _, chunk_id in sorted(scored)[:CUT]]


def _figures(name: str, found: list[Answer], exact: list[Answer]) -> dict[str, Any]:
    pairs = list(zip(found, exact, strict=True))
    return {
        "class": name,
        "questions": len(found),
        "fewest": min(len(each.hybrid) for each in found),
        "missing": sum(len(each.hybrid) < len(by.hybrid) for each, by in pairs),
        **{
            f"recall_{leg}": round(
                sum(_share(getattr(a, leg), getattr(b, leg)) for a, b in pairs) / len(pairs), 4
            )
            for leg in ("hybrid", "dense", "lexical")
        },
        **{f"find_p{at}_ms": _at([each.find_s for each in found], at) for at in (50, 95)},
        **{f"whole_p{at}_ms": _at([each.whole_s for each in found], at) for at in (50, 95)},
        **{f"exact_p{at}_ms": _at([each.find_s for each in exact], at) for at in (50, 95)},
    }


def _share(found: list[UUID], exact: list[UUID]) -> float:
    return len(set(found) & set(exact)) / len(exact) if exact else 1.0


def _at(seconds: list[float], percent: int) -> float:
    return round(1000 * sorted(seconds)[min(len(seconds) - 1, len(seconds) * percent // 100)], 1)


def _line(row: dict[str, Any]) -> str:
    return (
        f"{row['class']:28s} recall@10 {row['recall_hybrid']:.4f} (meaning {row['recall_dense']:.4f}, "
        f"words {row['recall_lexical']:.4f})  at least {row['fewest']} found, {row['missing']} short  "
        f"statement {row['find_p50_ms']} / {row['find_p95_ms']} ms  with survey {row['whole_p50_ms']} / "
        f"{row['whole_p95_ms']} ms  exact {row['exact_p50_ms']} / {row['exact_p95_ms']} ms"
    )
