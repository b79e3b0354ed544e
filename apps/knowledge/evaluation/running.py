"""One evaluation: a judged set into a throw-away base, each question through the search that answers use."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from apps.knowledge.candidates import Reach
from apps.knowledge.embedding import query_call
from apps.knowledge.evaluation.measures import CUT, Quality, mean, percentile, quality_of
from apps.knowledge.evaluation.shelf import BATCH, Shelf
from apps.knowledge.retrieval import rank, search_open
from apps.llm import gateway
from apps.llm.gateway import Caller
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

    from apps.knowledge.candidates import Hit
    from apps.knowledge.embedding import EmbeddingModel
    from apps.knowledge.evaluation.sets import JudgedSet
    from apps.knowledge.ranking import Ranking

LEGS: Final = ("hybrid", "dense", "lexical")
_TIMED: Final = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a set's questions found. `unanswered` is the share for which nothing passed the floor."""

    documents: int
    chunks: int
    questions: int
    legs: dict[str, Quality]
    unanswered: float
    chunks_per_second: float
    query_ms: dict[str, float]

    def figures(self) -> dict[str, Any]:
        """The outcome as JSON has it."""
        return {
            "documents": self.documents,
            "chunks": self.chunks,
            "queries": self.questions,
            **{leg: quality.named() for leg, quality in self.legs.items()},
            "unanswered": round(self.unanswered, 4),
            "chunks_per_s": round(self.chunks_per_second, 1),
            "query_ms": {name: round(value, 1) for name, value in self.query_ms.items()},
        }


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and by what a set is asked: `language` None tells it of each chunk and question."""

    tenant_id: UUID
    user_id: UUID
    model: EmbeddingModel
    language: str | None


def evaluate(judged: JudgedSet, setting: Setting) -> Outcome:
    """Fill, ask, measure, remove; outside any scope. Raises VendorError and its kin of the gateway.

    The first hundred questions are embedded one by one, as people ask them, and timed; the rest in batches.
    """
    with Shelf(setting.tenant_id, setting.user_id, setting.model, setting.language) as shelf:
        began = time.perf_counter()
        shelf.fill(judged.entries)
        filled = time.perf_counter() - began
        reach = Reach(setting.user_id, (), shelf.conversation_id)
        qualities: dict[str, list[Quality]] = {leg: [] for leg in LEGS}
        seconds: list[float] = []
        unanswered = 0
        for id_, found in _answers(judged.questions, setting, reach, seconds):
            unanswered += not found.usable
            for leg, hits in _rankings(found).items():
                qualities[leg].append(quality_of(_documents(hits, shelf), judged.judgments[id_]))
    return Outcome(
        documents=len(judged.entries),
        chunks=shelf.chunks,
        questions=len(judged.questions),
        legs={leg: mean(rows) for leg, rows in qualities.items()},
        unanswered=unanswered / len(judged.questions),
        chunks_per_second=shelf.chunks / filled,
        query_ms={name: 1000 * percentile(seconds, share) for name, share in (("p50", 0.5), ("p95", 0.95))},
    )


def _answers(
    questions: dict[str, str], setting: Setting, reach: Reach, seconds: list[float]
) -> Iterator[tuple[str, Ranking]]:
    """What each question finds, by its id; the time of those that are asked alone goes into `seconds`."""
    rows = list(questions.items())
    for id_, question in rows[:_TIMED]:
        began = time.perf_counter()
        vector = _vectors([question], setting)[0]
        found = _asked(question, vector, setting, reach)
        seconds.append(time.perf_counter() - began)
        yield id_, found
    for start in range(_TIMED, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        vectors = _vectors([question for _, question in batch], setting)
        for (id_, question), vector in zip(batch, vectors, strict=True):
            yield id_, _asked(question, vector, setting, reach)


def _vectors(questions: Sequence[str], setting: Setting) -> list[list[float]]:
    who = Caller(setting.tenant_id, None, setting.user_id)
    return gateway.embed_sync(query_call(who, setting.model, *questions)).vectors


def _asked(question: str, vector: list[float], setting: Setting, reach: Reach) -> Ranking:
    with tenant_scope(setting.tenant_id):
        search = search_open(reach)
        return rank(search, question, {setting.model.id: vector}, language=setting.language)


def _rankings(found: Ranking) -> dict[str, list[Hit]]:
    """The finds as all of the search orders them, and as each leg alone would."""
    hits = [hit for hit, _ in found.ordered]
    near = [hit for hit in hits if hit.dense is not None]
    worded = [hit for hit in hits if hit.lexical is not None]
    return {
        "hybrid": hits,
        "dense": sorted(near, key=lambda hit: (-(hit.dense or 0), str(hit.chunk_id))),
        "lexical": sorted(worded, key=lambda hit: (-(hit.lexical or 0), str(hit.chunk_id))),
    }


def _documents(hits: Iterable[Hit], shelf: Shelf) -> list[str]:
    """The set's ids of the first ten documents that the chunks are of."""
    found: dict[str, None] = {}
    for hit in hits:
        found[shelf.entry_of[hit.document_id]] = None
        if len(found) == CUT:
            break
    return list(found)
