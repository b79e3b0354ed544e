"""Reads of evaluations: a collection's history, and two runs side by side, question by question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Count

from apps.knowledge.evaluation.golden import titles_of
from apps.knowledge.models import EvaluationRun, GoldenQuestion
from apps.knowledge.permissions import access_knowledge_base, readable_documents
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor
    from apps.knowledge.models import EvaluationResult, KnowledgeBase

_CHANGED: Final = 0.0005


@dataclass(frozen=True, slots=True)
class Difference:
    """One question in both runs; None where a run did not ask it. Documents by title, first ones first."""

    text: str
    before: EvaluationResult | None
    after: EvaluationResult | None
    expected: list[str]
    found_before: list[str]
    found_after: list[str]

    @property
    def change(self) -> float | None:
        """How much nDCG grew, or what a judge gave where both have it; None where only one run asked."""
        if self.before is None or self.after is None:
            return None
        found = [_grown(self.before.ndcg, self.after.ndcg), _grown(self.before.judged, self.after.judged)]
        known = [each for each in found if each is not None]
        return min(known, key=lambda each: (-abs(each), each)) if known else None

    @property
    def verdict(self) -> str:
        """In a word."""
        if self.change is None:
            return "asked once"
        if abs(self.change) < _CHANGED:
            return "same"
        return "better" if self.change > 0 else "worse"


def access_evaluated(actor: Actor, base_id: UUID) -> KnowledgeBase:
    """The collection, for those who may change it; a chat's own has no evaluation. 404 or 403."""
    base = access_knowledge_base(actor, base_id, change=True)
    if base.conversation_id is not None:
        raise not_found()
    return base


def questions_of(base: KnowledgeBase) -> QuerySet[GoldenQuestion]:
    """Its golden questions with their documents, newest first; those that wait for approval are proposals."""
    return _questions().filter(knowledge_base=base, is_proposed=False).order_by("-created_at", "-id")


def proposals_of(actor: Actor, base: KnowledgeBase) -> list[GoldenQuestion]:
    """What a model proposed from passages that the actor may read, oldest first."""
    rows = _questions().filter(knowledge_base=base, is_proposed=True).order_by("created_at", "id")
    return [question for question in withheld(actor, list(rows)) if question.may_be_read]  # type: ignore[attr-defined]  # told on the row


def withheld(actor: Actor, questions: list[GoldenQuestion]) -> list[GoldenQuestion]:
    """The same without answer and passages where the actor may not read their documents; nothing is saved.

    Whoever manages a collection sees names, never the text of what they may not read. Each row carries
    `may_be_read`.
    """
    readable = _readable(actor, (source.document_id for each in questions for source in each.sources.all()))
    for question in questions:
        sources = list(question.sources.all())
        is_readable = all(str(source.document_id) in readable for source in sources)
        question.may_be_read = is_readable  # type: ignore[attr-defined]  # told on the row
        if not is_readable:
            question.answer = ""
            for source in sources:
                source.passage = ""
    return questions


def access_question(actor: Actor, question_id: UUID) -> GoldenQuestion:
    """A question of a collection that the actor may change, a proposal if they may read it; 404 or 403."""
    question = _questions().select_related("knowledge_base").filter(id=question_id).first()
    if question is None:
        raise not_found()
    access_evaluated(actor, question.knowledge_base_id)
    withheld(actor, [question])
    if question.is_proposed and not question.may_be_read:  # type: ignore[attr-defined]  # as withheld tells it
        raise not_found()
    return question


def runs_of(base: KnowledgeBase) -> QuerySet[EvaluationRun]:
    """Its runs with how many questions were measured, newest first."""
    rows = EvaluationRun.objects.filter(knowledge_base=base).annotate(measured=Count("results"))
    return rows.order_by("-created_at", "-id")


def access_run(actor: Actor, run_id: UUID) -> EvaluationRun:
    """A run of a collection that the actor may change; 404 or 403."""
    run = EvaluationRun.objects.select_related("knowledge_base").filter(id=run_id).first()
    if run is None:
        raise not_found()
    access_evaluated(actor, run.knowledge_base_id)
    return run


def results_of(actor: Actor, run: EvaluationRun) -> list[EvaluationResult]:
    """What each question found, without answers that rest on documents that the actor may not read."""
    rows = list(run.results.order_by("text"))
    readable = _readable(actor, (id_ for row in rows for id_ in (*row.found, *row.expected)))
    for row in rows:
        if not readable.issuperset((*row.found, *row.expected)):
            row.answer = row.verdict = ""
    return rows


def differences(actor: Actor, before: EvaluationRun, after: EvaluationRun) -> list[Difference]:
    """Every question of either run, what became worse first, then what became better."""
    old = {row.question_id: row for row in results_of(actor, before)}
    new = {row.question_id: row for row in results_of(actor, after)}
    rows = [*old.values(), *new.values()]
    titles = titles_of([id_ for row in rows for id_ in (*row.expected, *row.found)])
    found = [_difference(old.get(id_), new.get(id_), titles) for id_ in dict.fromkeys([*old, *new])]
    return sorted(found, key=lambda each: (_order(each), each.text))


def _questions() -> QuerySet[GoldenQuestion]:
    return GoldenQuestion.objects.prefetch_related("sources__document")


def _readable(actor: Actor, document_ids: Iterable[object]) -> set[str]:
    wanted = {str(id_) for id_ in document_ids}
    rows = readable_documents(actor.user_id).filter(id__in=wanted) if wanted else ()
    return {str(document.id) for document in rows}


def _difference(
    before: EvaluationResult | None, after: EvaluationResult | None, titles: dict[str, str]
) -> Difference:
    known = after or before
    assert known is not None  # noqa: S101 - one of both asked it
    return Difference(
        known.text,
        before,
        after,
        _titles(known.expected, titles),
        _titles(before.found if before else [], titles),
        _titles(after.found if after else [], titles),
    )


def _titles(ids: list[str], titles: dict[str, str]) -> list[str]:
    return [titles.get(id_, "(deleted)") for id_ in ids]


def _grown(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def _order(each: Difference) -> tuple[int, float]:
    change = each.change
    if change is None:
        return 2, 0.0
    return (0, change) if change < -_CHANGED else (1 if change > _CHANGED else 3, -change)
