"""The page of what people said of passages, for those who look after collections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.pages import PersonPage, paged, searched
from apps.knowledge.care.access import access_feedback
from apps.knowledge.care.feedback import feedback_of, feedback_outputs, feedback_resolve
from apps.knowledge.care.models import FeedbackState
from apps.knowledge.selectors import chunks_standing
from apps.knowledge.views.care import ALL, back, base_filter, bases_offered

if TYPE_CHECKING:
    from uuid import UUID


class FeedbackPage(PersonPage):
    """What was said, newest first."""

    def get(self, request: Any) -> HttpResponse:
        """`?base=` and `?state=` narrow; what is open unless asked otherwise."""
        bases, base = base_filter(request, self.actor)
        state = searched(request, "state")
        if state not in {*FeedbackState.values, ALL}:
            state = FeedbackState.OPEN.value
        rows = feedback_of(bases, state="" if state == ALL else state).order_by("-created_at", "-id")
        context = paged(request, rows, base=base, state=state)
        shown = list(context["page"])
        context |= {
            "rows": feedback_outputs(self.actor, shown),
            "standing": chunks_standing([row.chunk_id for row in shown]),
            "bases": bases_offered(self.actor),
            "states": FeedbackState.choices,
            "all": ALL,
        }
        return render(request, "knowledge/feedback.html", context)


class FeedbackResolvePage(PersonPage):
    """Whether it was seen to."""

    def post(self, request: Any, feedback_id: UUID) -> HttpResponse:
        """Resolve it; with `open`, open it again."""
        feedback = access_feedback(self.actor, feedback_id)
        feedback_resolve(actor=self.actor, feedback=feedback, is_resolved="open" not in request.POST)
        return HttpResponseRedirect(back(request, reverse("knowledge-feedback")))
