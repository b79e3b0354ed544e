"""One golden question as it is measured: searched as an answer would, answered, judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from apps.guardrails.classes import highest
from apps.knowledge.asking import query_vectors
from apps.knowledge.evaluation.answering import answer
from apps.knowledge.evaluation.judging import Case, judge
from apps.knowledge.evaluation.measures import CUT, quality_of
from apps.knowledge.parsing.parsed import clean
from apps.knowledge.reranking import rerank
from apps.knowledge.retrieval import search_find, search_open
from apps.tenants.aio import in_scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from apps.guardrails.classes import DataClass
    from apps.knowledge.candidates import Reach
    from apps.knowledge.embedding import EmbeddingModel
    from apps.knowledge.evaluation.models import GoldenQuestion
    from apps.knowledge.evaluation.settings import Setting
    from apps.knowledge.retrieval import Found, Passage
    from apps.llm.gateway import Caller


class SilentModelError(Exception):
    """A model that the search needs did not answer: what would be measured is not the setting."""


@dataclass(frozen=True, slots=True)
class Golden:
    """A question with what is right: documents with their gains, passages of them, the answer.

    `data_class` is the highest of these documents.
    """

    id: UUID
    text: str
    answer: str
    gains: Mapping[str, float]
    passages: tuple[tuple[str, str], ...]
    data_class: DataClass | None

    @classmethod
    def of(cls, question: GoldenQuestion) -> Golden:
        """From its row, whose sources with their documents were read."""
        sources = list(question.sources.all())
        return cls(
            question.id,
            question.text,
            question.answer,
            {str(source.document_id): source.gain for source in sources},
            tuple((str(source.document_id), source.passage) for source in sources if source.passage),
            highest(source.document.held_class for source in sources),
        )

    @property
    def right(self) -> str:
        """What an answer is held against."""
        return self.answer or "\n\n".join(passage for _, passage in self.passages)


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks questions with one setting, in the name of one person; its calls are called `step`."""

    who: Caller
    reach: Reach
    setting: Setting
    step: str

    async def result(self, golden: Golden) -> dict[str, Any]:
        """The values of an EvaluationResult; outside any scope.

        Raises SilentModelError, for answers as the gateway does, and UnfitQuestionError.
        """
        began = perf_counter()
        found = await self._found(golden)
        passages = found.passages()
        values: dict[str, Any] = {
            "search_ms": _ms(began),
            "expected": sorted(golden.gains),
            "found": _documents(found),
            "passages": _share(golden.passages, passages),
        }
        if golden.gains:
            quality = quality_of(values["found"], golden.gains)
            values |= {"ndcg": quality.ndcg, "recall": quality.recall, "mrr": quality.mrr}
        if self.setting.answers_id is not None:
            values |= await self._answered(golden, passages, self.setting.answers_id)
        return values

    async def _found(self, golden: Golden) -> Found:
        tenant_id = self.who.tenant_id
        search = await in_scope(tenant_id, search_open, self.reach)
        search = replace(search, tunings=dict.fromkeys(self.reach.knowledge_base_ids, self.setting.tuned))
        vectors = await query_vectors(
            self.who, search.models, golden.text, data_class=golden.data_class, step=self.step
        )
        if len(vectors) < len(search.models) or not self._has(search.models):
            raise SilentModelError("The embedding model gave no vector of a question.")
        found = await in_scope(tenant_id, search_find, search, golden.text, vectors)
        ordered = await rerank(self.who, found, step=self.step)
        if ordered.why:
            raise SilentModelError(f"{str(ordered.why).capitalize()}.")
        return ordered.found

    def _has(self, models: Sequence[EmbeddingModel]) -> bool:
        """Whether the model that is measured may be asked."""
        return self.setting.embedding_id in {None, *(model.id for model in models)}

    async def _answered(self, golden: Golden, passages: Sequence[Passage], model_id: UUID) -> dict[str, Any]:
        began = perf_counter()
        made = await answer(self.who, model_id, golden.text, passages, step=self.step)
        values: dict[str, Any] = {
            "answer": made.text,
            "supported": made.supported,
            "answer_ms": _ms(began),
        }
        if self.setting.judge_id is not None and golden.right:
            data_class = highest([made.data_class, golden.data_class])
            rests_on = tuple(passage.text for passage in passages)
            case = Case(golden.text, golden.right, made.text, data_class, rests_on)
            verdict = await judge(self.who, self.setting.judge_id, case, step=self.step)
            values |= {"judged": verdict.score, "verdict": verdict.why}
        return values


def _documents(found: Found) -> list[str]:
    """The ids of the first ten documents, in the last order."""
    return list(dict.fromkeys(str(hit.document_id) for hit, _ in found.read))[:CUT]


def _share(wanted: Sequence[tuple[str, str]], given: Sequence[Passage]) -> float | None:
    """How much of the named passages was handed over, wherever their documents are cut now."""
    if not wanted:
        return None
    texts = [(str(passage.document_id), _plain(passage.text)) for passage in given]
    return sum(_is_given(document, _plain(text), texts) for document, text in wanted) / len(wanted)


def _is_given(document: str, wanted: str, texts: Sequence[tuple[str, str]]) -> bool:
    """Whether the words stand in a passage, or a long passage's words stand in them."""
    return any(of == document and (wanted in text or text in wanted) for of, text in texts)


def _plain(text: str) -> str:
    return " ".join(clean(text).lower().split())


def _ms(began: float) -> int:
    return round(1000 * (perf_counter() - began))
