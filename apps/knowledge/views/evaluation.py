"""Evaluation of a collection on pages: golden questions, runs with their figures, two runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.pages import PersonPage, paged
from apps.knowledge.evaluation import comparing, golden, measuring
from apps.knowledge.selectors import documents_of
from apps.rest.errors import ProblemError, invalid, not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.knowledge.models import EvaluationRun, KnowledgeBase

UNPROCESSABLE = 422
MOST_RUNS = 20
MOST_DOCUMENTS = 500


class EvaluationPage(PersonPage):
    """A collection's golden questions and its history."""

    def get(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """The page."""
        return self._page(comparing.access_evaluated(self.actor, knowledge_base_id))

    def post(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Do what the form asks: run, add, import, or take over from feedback."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        actions: dict[str, Callable[[KnowledgeBase], str]] = {
            "run": self._run,
            "add": self._add,
            "import": self._import,
            "feedback": self._feedback,
        }
        action = actions.get(request.POST.get("action", ""))
        if action is None:
            raise not_found()
        try:
            said = action(base)
        except ProblemError as problem:
            words = [error["message"] for error in problem.errors or []] or [
                f"{problem.title}. {problem.detail}"
            ]
            return self._page(base, errors=words)
        return self._page(base, said=said) if said else HttpResponseRedirect(_address(base.id))

    def _run(self, base: KnowledgeBase) -> str:
        measuring.evaluation_start(actor=self.actor, base=base)
        return ""

    def _add(self, base: KnowledgeBase) -> str:
        given = self.request.POST.getlist("document_ids")
        ids = [found for found in map(_id, given) if found]
        golden.question_set(
            actor=self.actor, base=base, text=self.request.POST.get("text", ""), document_ids=ids
        )
        return ""

    def _import(self, base: KnowledgeBase) -> str:
        file = self.request.FILES.get("file")
        if file is None or (file.size or 0) > golden.MOST_BYTES:
            raise invalid([{"field": "file", "message": "Choose a CSV file of up to 1 MB."}])
        made = golden.questions_import(actor=self.actor, base=base, data=file.read())
        said = f"{made.added} question{'' if made.added == 1 else 's'} imported."
        unknown = "; ".join(made.unknown[:5])
        return f"{said} No document of this collection: {unknown}." if unknown else said

    def _feedback(self, base: KnowledgeBase) -> str:
        count = golden.questions_from_feedback(actor=self.actor, base=base)
        return f"{count} taken over from feedback. Name the documents that answer them."

    def _page(self, base: KnowledgeBase, *, errors: list[str] | None = None, said: str = "") -> HttpResponse:
        runs = list(comparing.runs_of(base)[:MOST_RUNS])
        context = paged(self.request, comparing.questions_of(base)) | {
            "knowledge_base": base,
            "runs": runs,
            "finished": [run for run in runs if run.figures],
            "documents": documents_of(self.actor, base).order_by("title", "id")[:MOST_DOCUMENTS],
            "errors": errors,
            "said": said,
        }
        status = UNPROCESSABLE if errors else 200
        return render(self.request, "knowledge/evaluation.html", context, status=status)


class GoldenQuestionPage(PersonPage):
    """One question."""

    def post(self, request: Any, question_id: UUID) -> HttpResponse:
        """Take it out."""
        question = comparing.access_question(self.actor, question_id)
        golden.question_delete(actor=self.actor, question=question)
        return HttpResponseRedirect(_address(question.knowledge_base_id))


class ComparePage(PersonPage):
    """Two runs of one collection side by side: `?before=ID&after=ID`."""

    def get(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Every question, what became worse first."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        if "before" not in request.GET or "after" not in request.GET:
            return HttpResponseRedirect(_address(base.pk))
        before, after = self._run(base, "before"), self._run(base, "after")
        context = {
            "knowledge_base": base,
            "before": before,
            "after": after,
            "rows": comparing.differences(before, after),
        }
        return render(request, "knowledge/evaluation_compare.html", context)

    def _run(self, base: KnowledgeBase, name: str) -> EvaluationRun:
        wanted = _id(self.request.GET.get(name, ""))
        run = comparing.runs_of(base).filter(id=wanted).first() if wanted else None
        if run is None:
            raise not_found()
        return run


def _address(base_id: UUID) -> str:
    return reverse("knowledge-evaluation", args=[base_id])


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
