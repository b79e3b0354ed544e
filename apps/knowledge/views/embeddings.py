"""The embedding model of a collection: what it is, what another costs, and the change to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.pages import AdminPage, PersonPage
from apps.accounts.permissions import can
from apps.knowledge.evaluation.gates import gate_of, open_change
from apps.knowledge.permissions import MANAGE, access_knowledge_base
from apps.knowledge.reembedding import selectors, services
from apps.rest.errors import ProblemError, not_found

if TYPE_CHECKING:
    from apps.knowledge.models import KnowledgeBase

_MOVES: Final = {
    "pause": services.reembedding_pause,
    "resume": services.reembedding_resume,
    "cancel": services.reembedding_cancel,
}


class EmbeddingPage(PersonPage):
    """The model, its alternatives with their costs, and the change that is under way."""

    def get(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """The page."""
        knowledge_base = self._base(knowledge_base_id)
        return self._page(request, knowledge_base)

    def post(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Start the change to the chosen model."""
        knowledge_base = self._base(knowledge_base_id)
        model_id = _id(request.POST.get("model_id", ""))
        try:
            if model_id is None:
                return self._page(request, knowledge_base, problem="Choose a model first.", status=422)
            services.reembedding_start(
                actor=self.actor,
                knowledge_base=knowledge_base,
                model_id=model_id,
                is_trial="is_trial" in request.POST,
            )
        except ProblemError as problem:
            words = " ".join(error["message"] for error in problem.errors or []) or str(problem.title)
            return self._page(request, knowledge_base, problem=words, status=problem.status)
        return HttpResponseRedirect(reverse("knowledge-embedding", args=[knowledge_base_id]))

    def _base(self, knowledge_base_id: UUID) -> KnowledgeBase:
        """The collection, to change; a chat's own follows the organisation's default."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        if knowledge_base.conversation_id is not None:
            raise not_found()
        return knowledge_base

    def _page(
        self, request: Any, knowledge_base: KnowledgeBase, *, problem: str = "", status: int = 200
    ) -> HttpResponse:
        context = {
            "knowledge_base": knowledge_base,
            "embedding": selectors.embedding_of(knowledge_base),
            "gated": open_change(knowledge_base),
            "gate": gate_of(knowledge_base),
            "may_manage": can(self.actor, MANAGE),
            "problem": problem,
        }
        return render(request, "knowledge/embedding.html", context, status=status)


class ReembeddingPage(PersonPage):
    """Pause, resume (also after a failure) and cancel."""

    def post(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Do it to the change that is under way; one that ended meanwhile is left alone."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        change = selectors.change_under_way(knowledge_base)
        move = _MOVES.get(request.POST.get("action", ""))
        if change is not None and move is not None:
            move(actor=self.actor, change=change)
        return HttpResponseRedirect(reverse("knowledge-embedding", args=[knowledge_base_id]))


class EmbeddingDefaultPage(AdminPage):
    """The model that new collections begin with."""

    capability = MANAGE

    def get(self, request: Any) -> HttpResponse:
        """The choice."""
        return self._page(request)

    def post(self, request: Any) -> HttpResponse:
        """Save it; an empty choice is the built-in model."""
        try:
            services.embedding_default_set(actor=self.actor, model_id=_id(request.POST.get("model_id", "")))
        except ProblemError as problem:
            words = " ".join(error["message"] for error in problem.errors or [])
            return self._page(request, problem=words, status=problem.status)
        return HttpResponseRedirect(reverse("admin-knowledge"))

    def _page(self, request: Any, *, problem: str = "", status: int = 200) -> HttpResponse:
        models, chosen = selectors.default_choices()
        context = {"models": models, "chosen": chosen, "problem": problem}
        return render(request, "knowledge/embedding_default.html", context, status=status)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
