"""Pages for those who look after collections: what could not be answered, as a list and as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from apps.accounts.exports import neutral
from apps.accounts.pages import PersonPage, paged, searched
from apps.audit.services import record
from apps.knowledge.care.access import access_question, looked_after
from apps.knowledge.care.models import QuestionState
from apps.knowledge.care.unanswered import question_close, questions_of
from apps.knowledge.permissions import readable_by
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from apps.accounts.actors import Actor
    from apps.knowledge.care.models import UnansweredQuestion
    from apps.knowledge.models import KnowledgeBase

MOST_EXPORTED: Final = 10_000
_HEADINGS: Final = ("question", "collection", "state", "times", "people", "first asked", "last asked")
ALL: Final = "all"


class QuestionsPage(PersonPage):
    """What people asked and the documents could not answer, for those who look after collections."""

    def get(self, request: Any) -> HttpResponse:
        """The last asked first; `?base=` and `?state=` narrow, open ones unless asked otherwise."""
        bases, filters = _filters(request, self.actor)
        rows = _found(bases, filters).order_by("-last_asked_at", "-id")
        context = paged(request, rows, **filters) | {
            "bases": bases_offered(self.actor),
            "readable": _readable(self.actor, bases),
            "states": QuestionState.choices,
            "all": ALL,
        }
        return render(request, "knowledge/questions.html", context)


class QuestionsExportPage(PersonPage):
    """The filtered questions as CSV, without names; the export is audited."""

    def get(self, request: Any) -> HttpResponse:
        """The last asked first, at most 10,000."""
        bases, filters = _filters(request, self.actor)
        rows = _found(bases, filters).order_by("-last_asked_at", "-id")[:MOST_EXPORTED]
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(_HEADINGS)
        writer.writerows(_cells(row) for row in rows)
        record(
            actor=self.actor,
            action="unanswered_questions.exported",
            target_type="unanswered_question",
            detail=filters,
        )
        name = f"unanswered-{request.tenant.slug}-{timezone.now():%Y-%m-%d}.csv"
        disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8", headers=disposition)


class QuestionClosePage(PersonPage):
    """What became of a question."""

    def post(self, request: Any, question_id: UUID) -> HttpResponse:
        """Answered since, set aside, or open again."""
        question = access_question(self.actor, question_id)
        question_close(actor=self.actor, question=question, state=request.POST.get("state", ""))
        return HttpResponseRedirect(back(request, reverse("knowledge-questions")))


def bases_offered(actor: Actor) -> QuerySet[KnowledgeBase]:
    """The collections to choose from."""
    return looked_after(actor).order_by("name", "id")


def base_filter(request: Any, actor: Actor) -> tuple[QuerySet[KnowledgeBase], str]:
    """The collections that the actor looks after, narrowed to `?base=`; 404 for one that is not."""
    named = searched(request, "base")
    bases = looked_after(actor)
    if not named:
        return bases, ""
    try:
        chosen = bases.filter(id=UUID(named))
    except ValueError:
        raise not_found() from None
    if not chosen.exists():
        raise not_found()
    return chosen, named


def back(request: Any, otherwise: str) -> str:
    """The page that the form stood on, if it is one of ours."""
    wanted = str(request.POST.get("next", ""))
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else otherwise


def _readable(actor: Actor, bases: QuerySet[KnowledgeBase]) -> set[UUID]:
    """To look after a collection is not to read it."""
    return set(readable_by(actor.user_id).filter(id__in=bases).values_list("id", flat=True))


def _filters(request: Any, actor: Actor) -> tuple[QuerySet[KnowledgeBase], dict[str, str]]:
    bases, base = base_filter(request, actor)
    state = searched(request, "state")
    if state not in {*QuestionState.values, ALL}:
        state = QuestionState.OPEN.value
    return bases, {"base": base, "state": state, "q": searched(request, "q")}


def _found(bases: QuerySet[KnowledgeBase], filters: dict[str, str]) -> QuerySet[UnansweredQuestion]:
    state = "" if filters["state"] == ALL else filters["state"]
    return questions_of(bases, state=state, words=filters["q"])


def _cells(question: UnansweredQuestion) -> list[str]:
    cells = [
        question.text,
        question.knowledge_base.name,
        question.get_state_display(),
        str(getattr(question, "times", 0)),
        str(getattr(question, "people", 0)),
        question.created_at.isoformat(),
        question.last_asked_at.isoformat(),
    ]
    return [neutral(cell) for cell in cells]
