"""Pages of a collection's verified answers: the list, the form, approval, experts."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.pages import PersonPage, paged, searched
from apps.knowledge.care import answers
from apps.knowledge.care.access import looked_after
from apps.knowledge.care.models import QuestionState, UnansweredQuestion
from apps.knowledge.care.unanswered import question_close
from apps.knowledge.models import DocumentState
from apps.knowledge.permissions import access_knowledge_base, may_change, readable_documents
from apps.knowledge.selectors import people_of
from apps.rest.errors import ProblemError, invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.accounts.actors import Actor
    from apps.knowledge.care.answer_models import VerifiedAnswer
    from apps.knowledge.models import KnowledgeBase

UNPROCESSABLE = 422
MOST_OFFERED = 100


class _ListPage(PersonPage):
    def page(
        self, request: Any, base: KnowledgeBase, error: str = "", people: str | None = None
    ) -> HttpResponse:
        """The list, with what was wrong with a form, and the experts' addresses as they were given."""
        experts = answers.experts_of(base)
        context = paged(request, answers.answers_of(self.actor, base).order_by("-created_at", "-id"))
        context |= {
            "rows": [answers.answer_output(row) for row in context["page"]],
            "knowledge_base": base,
            "may_change": may_change(self.actor, base),
            "may_approve": answers.may_approve(self.actor, base),
            "people": "\n".join(expert.user.email for expert in experts) if people is None else people,
            "closed": answers.answers_closed(self.actor, base),
            "error": error,
        }
        return render(request, "knowledge/answers.html", context, status=UNPROCESSABLE if error else 200)


class AnswersPage(_ListPage):
    """A collection's verified answers, and its experts."""

    def get(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Newest first."""
        return self.page(request, answers.access_answers(self.actor, knowledge_base_id))


class ExpertsPage(_ListPage):
    """Who may approve, beside the owner."""

    def post(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Save the addresses, one a line."""
        answers.access_answers(self.actor, knowledge_base_id)
        base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        given = request.POST.get("people", "")
        emails = {line.strip().lower() for line in given.splitlines() if line.strip()}
        known = people_of(emails)
        unknown = sorted(emails - known.keys())
        if unknown:
            error = f"Nobody here has this address: {', '.join(unknown[:5])}."
            return self.page(request, base, error, people=given)
        answers.experts_set(actor=self.actor, base=base, user_ids=list(known.values()))
        return HttpResponseRedirect(reverse("knowledge-answers", args=[base.id]))


class AnswerNewPage(PersonPage):
    """A new answer; `?question=` begins with an unanswered one."""

    def get(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """The form."""
        base = answers.access_answers(self.actor, knowledge_base_id)
        asked = self._asked(base, searched(request, "question"))
        given = {"questions": asked.text if asked else "", "question_id": asked.id if asked else ""}
        return form_page(request, self, base, given)

    def post(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Save it; the unanswered question that it answers is closed."""
        base = answers.access_answers(self.actor, knowledge_base_id)
        if "find" in request.POST:
            return form_page(request, self, base, request.POST)
        try:
            saved(request, self, base)
        except ProblemError as problem:
            return form_page(request, self, base, request.POST, problem)
        asked = self._asked(base, request.POST.get("question_id", ""))
        if asked:
            question_close(actor=self.actor, question=asked, state=QuestionState.DONE)
        return HttpResponseRedirect(reverse("knowledge-answers", args=[base.id]))

    def _asked(self, base: KnowledgeBase, named: str) -> UnansweredQuestion | None:
        with suppress(ValueError):
            mine = looked_after(self.actor).filter(id=base.id)
            return UnansweredQuestion.objects.filter(id=UUID(named), knowledge_base__in=mine).first()
        return None


class AnswerPage(PersonPage):
    """One answer, to change."""

    def get(self, request: Any, answer_id: UUID) -> HttpResponse:
        """The form with what it says now."""
        answer = answers.access_answer(self.actor, answer_id)
        given = {
            "questions": "\n".join(answer.questions.order_by("position").values_list("text", flat=True)),
            "text": answer.text,
            "review_by": answer.review_by.isoformat() if answer.review_by else "",
            "documents": [str(row.document_id) for row in answer.sources.all() if row.document_id],
        }
        return form_page(request, self, answer.knowledge_base, given, answer=answer)

    def post(self, request: Any, answer_id: UUID) -> HttpResponse:
        """Save it: it waits for approval again."""
        answer = answers.access_answer(self.actor, answer_id)
        base = answer.knowledge_base
        if "find" in request.POST:
            return form_page(request, self, base, request.POST, answer=answer)
        try:
            saved(request, self, base, answer)
        except ProblemError as problem:
            return form_page(request, self, base, request.POST, problem, answer=answer)
        return HttpResponseRedirect(reverse("knowledge-answers", args=[base.id]))


class AnswerDecidePage(_ListPage):
    """Approve, withdraw or delete."""

    def post(self, request: Any, answer_id: UUID) -> HttpResponse:
        """Do what the button said."""
        answer = answers.access_answer(self.actor, answer_id)
        base = answer.knowledge_base
        try:
            if "delete" in request.POST:
                answers.answer_delete(actor=self.actor, answer=answer)
            else:
                is_approved = "approve" in request.POST
                answers.answer_approve(actor=self.actor, answer=answer, is_approved=is_approved)
        except ProblemError as problem:
            if problem.errors is None:
                raise
            return self.page(request, base, " ".join(error["message"] for error in problem.errors))
        return HttpResponseRedirect(reverse("knowledge-answers", args=[base.id]))


def saved(request: Any, page: PersonPage, base: KnowledgeBase, answer: VerifiedAnswer | None = None) -> None:
    """Save what the form says and, by its other button, approve it; a refusal undoes both."""
    made = answers.answer_save(actor=page.actor, base=base, draft=draft_of(request), answer=answer)
    if "approve" in request.POST:
        answers.answer_approve(actor=page.actor, answer=made)


def draft_of(request: Any) -> answers.Draft:
    """What the form says; raises ProblemError 400 for a document that is none."""
    review_by = None
    with suppress(ValueError):
        review_by = dt.date.fromisoformat(request.POST.get("review_by", ""))
    try:
        documents = tuple(UUID(value) for value in request.POST.getlist("documents"))
    except ValueError:
        raise invalid([{"field": "document_ids", "message": "Choose documents of this list."}]) from None
    questions = tuple(request.POST.get("questions", "").splitlines())
    return answers.Draft(questions, request.POST.get("text", ""), documents, review_by)


def form_page(
    request: Any,
    page: PersonPage,
    base: KnowledgeBase,
    given: Any,
    problem: ProblemError | None = None,
    answer: VerifiedAnswer | None = None,
) -> HttpResponse:
    """The form with what was given and what was wrong with it."""
    chosen = given.getlist("documents") if hasattr(given, "getlist") else given.get("documents", [])
    context = {
        "knowledge_base": base,
        "answer": answer,
        "given": given,
        "may_approve": answers.may_approve(page.actor, base),
        "errors": [error["message"] for error in problem.errors or []] if problem else [],
        **_offered(page.actor, base, set(chosen), given.get("words", "")),
    }
    return render(request, "knowledge/answer_form.html", context, status=UNPROCESSABLE if problem else 200)


def _ids(texts: set[str]) -> Iterator[UUID]:
    for text in texts:
        with suppress(ValueError):
            yield UUID(text)


def _offered(actor: Actor, base: KnowledgeBase, chosen: set[str], words: str) -> dict[str, Any]:
    """The documents to choose from: those that are chosen, then those whose title holds the words."""
    ready = readable_documents(actor.user_id).filter(
        knowledge_base=base, version_of=None, state=DocumentState.READY
    )
    named = ready.order_by("title", "id").values_list("id", "title")
    ids = list(_ids(chosen))
    held = list(named.filter(id__in=ids))
    others = list(named.exclude(id__in=ids).filter(title__icontains=words.strip())[: MOST_OFFERED + 1])
    return {
        "chosen": chosen,
        "documents": [(str(id_), title) for id_, title in held + others[:MOST_OFFERED]],
        "is_cut": len(others) > MOST_OFFERED,
    }
