"""One evaluation: a judged set into a throw-away base, each question through the search that answers use."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from apps.knowledge.candidates import Reach
from apps.knowledge.embedding import query_call
from apps.knowledge.evaluation.measures import CUT, Quality, mean, percentile, quality_of
from apps.knowledge.evaluation.shelf import BATCH, Shelf
from apps.knowledge.reranking import rerank
from apps.knowledge.retrieval import rank, search_find, search_open
from apps.knowledge.tuning import DEFAULT
from apps.llm import gateway
from apps.llm.gateway import Caller, ErrorKind, VendorError
from apps.llm.loop import run_on_loop
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

    from apps.knowledge.candidates import Hit
    from apps.knowledge.embedding import EmbeddingModel
    from apps.knowledge.evaluation.sets import JudgedSet
    from apps.knowledge.ranking import Ranking

LEGS: Final = ("hybrid", "dense", "lexical")
RERANKED: Final = "reranked"
_TIMED: Final = 100
_NOTHING: Final = Quality(0.0, 0.0, 0.0)


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
    reranker_id: UUID | None = None

    @property
    def who(self) -> Caller:
        """In whose name models are asked."""
        return Caller(self.tenant_id, None, self.user_id)


def evaluate(judged: JudgedSet, setting: Setting) -> Outcome:
    """Fill, ask, measure, remove; outside any scope. Raises VendorError and its kin of the gateway.

    The first hundred questions are embedded one by one, as people ask them, and timed; the rest in batches.
    """
    with Shelf(setting.tenant_id, setting.user_id, setting.model, setting.language) as shelf:
        began = time.perf_counter()
        shelf.fill(judged.entries)
        filled = time.perf_counter() - began
        asked = _Asked(judged, setting, shelf)
        asked.all()
    return Outcome(
        documents=len(judged.entries),
        chunks=shelf.chunks,
        questions=len(judged.questions),
        legs={leg: mean(rows) for leg, rows in asked.qualities.items()},
        unanswered=asked.unanswered / len(judged.questions),
        chunks_per_second=shelf.chunks / filled,
        query_ms={
            name: 1000 * percentile(asked.seconds or [0.0], share)
            for name, share in (("p50", 0.5), ("p95", 0.95))
        },
    )


class _Asked:
    """The questions of a set, asked one after another; what they found."""

    def __init__(self, judged: JudgedSet, setting: Setting, shelf: Shelf) -> None:
        self._judged = judged
        self._setting = setting
        self._shelf = shelf
        self._reach = Reach(setting.user_id, (), shelf.conversation_id)
        self._same = {entry.id: entry.text for entry in judged.entries}
        legs = (*LEGS, RERANKED) if setting.reranker_id else LEGS
        self.qualities: dict[str, list[Quality]] = {leg: [] for leg in legs}
        self.seconds: list[float] = []
        self.unanswered = 0

    def all(self) -> None:
        """Ask each; one without a word finds nothing."""
        rows = [(id_, text) for id_, text in self._judged.questions.items() if text]
        for rankings in self.qualities.values():
            rankings.extend([_NOTHING] * (len(self._judged.questions) - len(rows)))
        self.unanswered += len(self._judged.questions) - len(rows)
        for id_, question in rows[:_TIMED]:
            began = time.perf_counter()
            found = self._ranking(question, self._vectors([question])[0])
            self.seconds.append(time.perf_counter() - began)
            self._keep(id_, found)
        for start in range(_TIMED, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            for (id_, question), vector in zip(
                batch, self._vectors([text for _, text in batch]), strict=True
            ):
                self._keep(id_, self._ranking(question, vector))
            self._shelf.touch()

    def _keep(self, id_: str, rankings: dict[str, Sequence[Hit]]) -> None:
        gains = self._judged.judgments[id_]
        for leg, hits in rankings.items():
            self.qualities[leg].append(quality_of(self._documents(id_, hits), gains))

    def _vectors(self, questions: Sequence[str]) -> list[list[float]]:
        return gateway.embed_sync(query_call(self._setting.who, self._setting.model, *questions)).vectors

    def _ranking(self, question: str, vector: list[float]) -> dict[str, Sequence[Hit]]:
        """The finds as all of the search orders them, as each leg alone would, and as a reranker does."""
        setting = self._setting
        vectors = {setting.model.id: vector}
        with tenant_scope(setting.tenant_id):
            found = rank(search_open(self._reach), question, vectors, language=setting.language)
        self.unanswered += not found.usable
        rankings: dict[str, Sequence[Hit]] = dict(_rankings(found))
        if setting.reranker_id:
            rankings[RERANKED] = self._reranked(question, vectors, setting.reranker_id)
        return rankings

    def _reranked(self, question: str, vectors: dict[UUID, list[float]], reranker_id: UUID) -> Sequence[Hit]:
        setting = self._setting
        with tenant_scope(setting.tenant_id):
            search = search_open(self._reach)
            tuned = replace(DEFAULT, reranker_id=reranker_id)
            search = replace(search, tunings=dict.fromkeys(search.surveyed.knowledge_base_ids, tuned))
            found = search_find(search, question, vectors, language=setting.language)
        ordered = run_on_loop(rerank(setting.who, found))
        if ordered.why:
            raise VendorError(ErrorKind.UNAVAILABLE, str(ordered.why))
        return [hit for hit, _ in ordered.found.read]

    def _documents(self, question_id: str, hits: Iterable[Hit]) -> list[str]:
        """The set's ids of the first ten documents that the chunks are of.

        A document that is the question itself, as in sets of counter-arguments, is no answer to it.
        """
        text = self._judged.questions[question_id]
        found: dict[str, None] = {}
        for hit in hits:
            id_ = self._shelf.entry_of[hit.document_id]
            if id_ != question_id or self._same[id_] != text:
                found[id_] = None
            if len(found) == CUT:
                break
        return list(found)


def _rankings(found: Ranking) -> Iterator[tuple[str, list[Hit]]]:
    hits = [hit for hit, _ in found.ordered]
    near = [hit for hit in hits if hit.dense is not None]
    worded = [hit for hit in hits if hit.lexical is not None]
    yield "hybrid", hits
    yield "dense", sorted(near, key=lambda hit: (-(hit.dense or 0), str(hit.chunk_id)))
    yield "lexical", sorted(worded, key=lambda hit: (-(hit.lexical or 0), str(hit.chunk_id)))
