"""Pages of freshness: what is due, a document's owner and date, Still right, a collection's interval."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.pages import PersonPage, paged
from apps.knowledge.care import freshness
from apps.knowledge.permissions import access_content, access_knowledge_base
from apps.knowledge.selectors import people_of
from apps.knowledge.views.care import back, base_filter, bases_offered
from apps.knowledge.views.passages import document_page
from apps.rest.errors import ProblemError, invalid

if TYPE_CHECKING:
    from uuid import UUID

    from apps.knowledge.models import Document

SOON_DAYS = 30


class ReviewsPage(PersonPage):
    """Documents that are due, of collections that the person looks after and those that they answer for."""

    def get(self, request: Any) -> HttpResponse:
        """What passed or comes within a month, the first first; `?base=` narrows and shows its interval."""
        bases, base = base_filter(request, self.actor)
        documents = freshness.documents_for(self.actor, bases)
        if base:
            documents = documents.filter(knowledge_base__in=bases)
        context = paged(request, freshness.reviews_due(documents, within_days=SOON_DAYS), base=base)
        context |= {
            "bases": bases_offered(self.actor),
            "chosen": bases.get() if base else None,
            "intervals": freshness.INTERVALS.items(),
        }
        return render(request, "knowledge/reviews.html", context)


class DocumentReviewPage(PersonPage):
    """Who answers for a document, and by when it is looked at again."""

    def post(self, request: Any, document_id: UUID) -> HttpResponse:
        """Save both; with `confirm`, say that it is still right."""
        document = access_content(self.actor, document_id)
        try:
            self._save(request, document)
        except ProblemError as problem:
            words = " ".join(error["message"] for error in problem.errors or []) or problem.detail
            return document_page(request, self.actor, document, error=words)
        return HttpResponseRedirect(back(request, reverse("knowledge-document", args=[document_id])))

    def _save(self, request: Any, document: Document) -> None:
        if "confirm" in request.POST:
            freshness.review_confirm(actor=self.actor, document=document)
            return
        email = request.POST.get("owner", "").strip().lower()
        owner_id = people_of([email]).get(email) if email else None
        if email and owner_id is None:
            raise invalid([{"field": "owner", "message": f"Nobody here has the address {email[:100]}."}])
        review_by = None
        with suppress(ValueError):
            review_by = dt.date.fromisoformat(request.POST.get("review_by", ""))
        freshness.review_set(actor=self.actor, document=document, owner_id=owner_id, review_by=review_by)


class ReviewIntervalPage(PersonPage):
    """How often a collection's documents are looked at again."""

    def post(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Save it."""
        base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        given = request.POST.get("review_days", "")
        days = int(given[:4]) if given.isascii() and given.isdigit() else None
        freshness.interval_set(actor=self.actor, knowledge_base=base, days=days)
        return HttpResponseRedirect(f"{reverse('knowledge-reviews')}?base={base.id}")
