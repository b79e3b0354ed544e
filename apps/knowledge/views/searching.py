"""How a collection is searched, and what its documents are labelled with, on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.forms import tried
from apps.accounts.pages import PersonPage
from apps.accounts.permissions import can
from apps.knowledge import tuning
from apps.knowledge.evaluation.gates import open_change, tuning_ask
from apps.knowledge.labelling import document_label
from apps.knowledge.permissions import MANAGE, access_document, access_knowledge_base
from apps.knowledge.search_forms import LabelsForm, TuningForm
from apps.knowledge.views.passages import document_page
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from uuid import UUID

    from apps.knowledge.models import KnowledgeBase

UNPROCESSABLE = 422


class TuningPage(PersonPage):
    """The settings that nobody needs."""

    def get(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """The form, with the defaults beside the fields."""
        base = self._base(knowledge_base_id)
        tuned = tuning.tuning_of(base)
        form = self._form(base, tuned, initial=TuningForm.initial_of(tuned))
        return self._page(request, base, form, tuned)

    def post(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Save them, or take the defaults again."""
        base = self._base(knowledge_base_id)
        tuned = tuning.tuning_of(base)
        is_reset = "reset" in request.POST
        values = TuningForm.initial_of(tuning.DEFAULT) if is_reset else request.POST
        form = self._form(base, tuned, data=values)
        if form.is_valid() and tried(form, lambda: tuning_ask(actor=self.actor, base=base, tuned=form.tuned)):
            return HttpResponseRedirect(f"{reverse('knowledge-tuning', args=[base.id])}?saved=1")
        return self._page(request, base, form, tuned, status=UNPROCESSABLE)

    def _base(self, knowledge_base_id: UUID) -> KnowledgeBase:
        base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        if base.conversation_id is not None:
            raise not_found()
        return base

    def _form(self, base: KnowledgeBase, tuned: tuning.Tuned, **options: Any) -> TuningForm:
        return TuningForm(rerankers=tuning.rerankers_for(base), chosen=tuned.reranker_id, **options)

    def _page(
        self, request: Any, base: KnowledgeBase, form: TuningForm, tuned: tuning.Tuned, status: int = 200
    ) -> HttpResponse:
        context = {
            "form": form,
            "knowledge_base": base,
            "is_default": tuned == tuning.DEFAULT,
            "gated": open_change(base),
            "may_manage": can(self.actor, MANAGE),
            "saved": "saved" in request.GET,
        }
        return render(request, "knowledge/tuning.html", context, status=status)


class LabelsPage(PersonPage):
    """A document's tags and date."""

    def post(self, request: Any, document_id: UUID) -> HttpResponse:
        """Save them."""
        document = access_document(self.actor, document_id, change=True)
        form = LabelsForm(request.POST)
        if not form.is_valid():
            words = " ".join(str(message) for messages in form.errors.values() for message in messages)
            return document_page(request, self.actor, document, error=words)
        document_label(actor=self.actor, document=document, **form.cleaned_data)
        return HttpResponseRedirect(reverse("knowledge-document", args=[document.id]))
