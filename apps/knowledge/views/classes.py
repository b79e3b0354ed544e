"""The data class of collections and documents, set from their pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.pages import PersonPage
from apps.guardrails.classes import DataClass
from apps.knowledge import classing
from apps.knowledge.permissions import access_document, access_knowledge_base
from apps.rest.errors import ProblemError, invalid, not_found

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

UNPROCESSABLE = 422


class _ClassPage(PersonPage):
    """Takes the form; a refusal is shown on a page of its own, with the way back."""

    def _set(self, request: Any, back: str, change: Callable[[DataClass | None, str], None]) -> HttpResponse:
        try:
            change(_class(request.POST.get("data_class", "")), request.POST.get("class_reason", ""))
        except ProblemError as problem:
            if not problem.errors:
                raise
            messages = [error["message"] for error in problem.errors]
            context = {"messages_of": messages, "back": back}
            return render(request, "knowledge/class_refused.html", context, status=UNPROCESSABLE)
        return HttpResponseRedirect(back)


class CollectionClassPage(_ClassPage):
    """A collection's class."""

    def post(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Save it."""
        base = access_knowledge_base(self.actor, knowledge_base_id)
        if base.conversation_id is not None:
            raise not_found()

        def change(wanted: DataClass | None, reason: str) -> None:
            if wanted is None:
                raise invalid([{"field": "data_class", "message": "Choose a class."}])
            classing.base_class_set(actor=self.actor, knowledge_base=base, wanted=wanted, reason=reason)

        return self._set(request, reverse("knowledge-collection", args=[base.id]), change)


class DocumentClassPage(_ClassPage):
    """A document's class."""

    def post(self, request: Any, document_id: UUID) -> HttpResponse:
        """Save it."""
        document = access_document(self.actor, document_id)
        if document.version_of_id is not None:
            raise not_found()

        def change(wanted: DataClass | None, reason: str) -> None:
            classing.document_class_set(actor=self.actor, document=document, wanted=wanted, reason=reason)

        return self._set(request, reverse("knowledge-document", args=[document.id]), change)


def _class(slug: str) -> DataClass | None:
    """The class of the form; None for the collection's."""
    try:
        return DataClass.of(slug) if slug else None
    except KeyError:
        raise invalid([{"field": "data_class", "message": "Choose a class of the list."}]) from None
