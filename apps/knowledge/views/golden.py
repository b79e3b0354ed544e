"""Golden questions of a collection on pages: by hand, from files, from feedback, proposed and approved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.forms import tried
from apps.accounts.pages import PersonPage, paged
from apps.knowledge.evaluation import comparing, golden, making
from apps.knowledge.evaluation.settings import chat_models_for
from apps.knowledge.evaluation.sheets import MOST_BYTES, questions_import
from apps.knowledge.evaluation_forms import ProposeForm, QuestionForm, SetForm, SheetForm
from apps.knowledge.selectors import documents_of
from apps.knowledge.views.evaluation import words_of
from apps.rest.errors import ProblemError, invalid, not_found

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django import forms

    from apps.knowledge.models import Document, GoldenQuestion, KnowledgeBase

UNPROCESSABLE = 422
MOST_DOCUMENTS = 500
SHOWN = 5


class GoldenQuestionsPage(PersonPage):
    """A collection's golden questions, and the ways to more of them."""

    def get(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """The page."""
        return self._page(comparing.access_evaluated(self.actor, knowledge_base_id))

    def post(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Do what the form asks: add, import, have proposed, or take over from feedback."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        actions: dict[str, Callable[[KnowledgeBase], str | dict[str, forms.Form]]] = {
            "add": self._add,
            "import": self._import,
            "set": self._set,
            "propose": self._propose,
            "feedback": self._feedback,
        }
        action = actions.get(request.POST.get("action", ""))
        if action is None:
            raise not_found()
        try:
            made = action(base)
        except ProblemError as problem:
            return self._page(base, error=words_of(problem))
        if isinstance(made, dict):
            return self._page(base, bound=made)
        return self._page(base, said=made) if made else HttpResponseRedirect(_address(base.id))

    def _add(self, base: KnowledgeBase) -> str | dict[str, forms.Form]:
        form = QuestionForm(self.request.POST, documents=_documents(self, base))
        if form.is_valid() and tried(
            form, lambda: golden.question_set(actor=self.actor, base=base, draft=form.draft())
        ):
            return ""
        return {"question_form": form}

    def _import(self, base: KnowledgeBase) -> str:
        file = self.request.FILES.get("file")
        if file is None or (file.size or 0) > MOST_BYTES:
            raise invalid([{"field": "file", "message": "Choose a CSV file of up to 1 MB."}])
        made = questions_import(actor=self.actor, base=base, data=file.read())
        said = f"{made.added} question{'' if made.added == 1 else 's'} imported."
        more = f"; {len(made.left) - SHOWN} more" if len(made.left) > SHOWN else ""
        return f"{said} Left out: {'; '.join(made.left[:SHOWN])}{more}." if made.left else said

    def _set(self, base: KnowledgeBase) -> str:
        given = {name: file for name in making.FILES if (file := self.request.FILES.get(name)) is not None}
        making.set_import(actor=self.actor, base=base, files=dict(given), name="")
        return ""

    def _propose(self, base: KnowledgeBase) -> str | dict[str, forms.Form]:
        form = ProposeForm(self.request.POST, chat_models=chat_models_for(base))
        if form.is_valid() and tried(
            form, lambda: making.proposals_start(actor=self.actor, base=base, **form.asked)
        ):
            return ""
        return {"propose_form": form}

    def _feedback(self, base: KnowledgeBase) -> str:
        count = golden.questions_from_feedback(actor=self.actor, base=base)
        return f"{count} taken over from feedback. Name the documents that answer them."

    def _page(
        self,
        base: KnowledgeBase,
        *,
        error: str = "",
        said: str = "",
        bound: dict[str, forms.Form] | None = None,
    ) -> HttpResponse:
        shown = paged(self.request, comparing.questions_of(base))
        comparing.withheld(self.actor, shown["page"].object_list)
        chat_models = chat_models_for(base)
        context = {
            "knowledge_base": base,
            "proposals": comparing.proposals_of(self.actor, base),
            "making": making.newest_making(base),
            "question_form": QuestionForm(documents=_documents(self, base)),
            "propose_form": ProposeForm(chat_models=chat_models) if chat_models else None,
            "sheet_form": SheetForm(),
            "set_form": SetForm(),
            "error": error,
            "said": said,
            **shown,
            **(bound or {}),
        }
        status = UNPROCESSABLE if error or bound else 200
        return render(self.request, "knowledge/golden_questions.html", context, status=status)


class GoldenQuestionPage(PersonPage):
    """One question, or one that a model proposed."""

    def get(self, request: Any, golden_id: UUID) -> HttpResponse:
        """Its words, documents and answer, to change."""
        question = self._readable(golden_id)
        return self._page(question, self._form(question, initial=QuestionForm.initial_of(question)))

    def post(self, request: Any, golden_id: UUID) -> HttpResponse:
        """Save it, approve it as it is, or take it out."""
        if "delete" in request.POST:
            question = comparing.access_question(self.actor, golden_id)
            golden.question_delete(actor=self.actor, question=question)
            return HttpResponseRedirect(_address(question.knowledge_base_id))
        question = self._readable(golden_id)
        if "approve" in request.POST:
            golden.question_approve(actor=self.actor, question=question)
            return HttpResponseRedirect(_address(question.knowledge_base_id))
        form = self._form(question, data=request.POST)
        if form.is_valid() and tried(
            form,
            lambda: golden.question_change(actor=self.actor, question=question, draft=form.draft(question)),
        ):
            return HttpResponseRedirect(_address(question.knowledge_base_id))
        return self._page(question, form, status=UNPROCESSABLE)

    def _readable(self, golden_id: UUID) -> GoldenQuestion:
        question = comparing.access_question(self.actor, golden_id)
        if not question.may_be_read:  # type: ignore[attr-defined]  # as access_question tells it
            raise not_found()
        return question

    def _form(self, question: GoldenQuestion, **options: Any) -> QuestionForm:
        return QuestionForm(documents=_documents(self, question.knowledge_base), **options)

    def _page(self, question: GoldenQuestion, form: QuestionForm, status: int = 200) -> HttpResponse:
        context = {"question": question, "knowledge_base": question.knowledge_base, "form": form}
        return render(self.request, "knowledge/golden_question.html", context, status=status)


def _documents(page: PersonPage, base: KnowledgeBase) -> list[Document]:
    return list(documents_of(page.actor, base).order_by("title", "id")[:MOST_DOCUMENTS])


def _address(base_id: UUID) -> str:
    return reverse("knowledge-golden-questions", args=[base_id])
