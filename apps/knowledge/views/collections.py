"""Collections for everyone: the list, one with its documents, its name, its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.forms import tried
from apps.accounts.pages import PersonPage, paged, searched
from apps.accounts.permissions import can
from apps.accounts.selectors import teams, teams_of
from apps.files.limits import megabytes, together
from apps.guardrails.classes import DataClass
from apps.knowledge import selectors, services
from apps.knowledge.classing import may_lower
from apps.knowledge.forms import CollectionForm, CollectionNameForm
from apps.knowledge.labelling import facets
from apps.knowledge.models import DocumentState, SearchState, TrialSearch, Visibility
from apps.knowledge.permissions import (
    MANAGE,
    access_knowledge_base,
    access_searchable,
    may_change,
    may_read,
    own_search,
)
from apps.knowledge.quotas import quota_of
from apps.knowledge.reaching import unfinished_uploads
from apps.knowledge.reembedding.selectors import change_under_way, suggested_for
from apps.knowledge.scanning import choices_in, collection_language_set
from apps.knowledge.search_forms import NarrowingForm
from apps.rest.errors import ProblemError, invalid

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.knowledge.models import KnowledgeBase

UNPROCESSABLE = 422
MOST_UNFINISHED = 50
LISTED = [choice for choice in DocumentState.choices if choice[0] != DocumentState.REPLACED]


class CollectionListPage(PersonPage):
    """The collections that the person may read."""

    def get(self, request: Any) -> HttpResponse:
        """By name."""
        query = searched(request, "q")
        found = selectors.visible_knowledge_bases(self.actor).filter(name__icontains=query)
        rows = selectors.with_counts(found).order_by("name", "id")
        return render(request, "knowledge/collections.html", paged(request, rows, q=query))


class CollectionNewPage(PersonPage):
    """A new collection."""

    def get(self, request: Any) -> HttpResponse:
        """The form."""
        return self._page(request, _form(self.actor, initial={"visibility": Visibility.PRIVATE}))

    def post(self, request: Any) -> HttpResponse:
        """Make it."""
        form = _form(self.actor, data=request.POST)
        made: list[KnowledgeBase] = []
        if form.is_valid() and tried(form, lambda: made.append(self._made(form))):
            return HttpResponseRedirect(reverse("knowledge-collection", args=[made[0].id]))
        return self._page(request, form, status=UNPROCESSABLE)

    def _made(self, form: CollectionForm) -> KnowledgeBase:
        made = services.knowledge_base_create(actor=self.actor, **_values(form))
        language = form.cleaned_data["scan_language"]
        return collection_language_set(actor=self.actor, knowledge_base=made, scan_language=language)

    def _page(self, request: Any, form: CollectionForm, status: int = 200) -> HttpResponse:
        return render(request, "knowledge/collection_form.html", {"form": form}, status=status)


class CollectionPage(PersonPage):
    """A collection with its documents, and a search to try it."""

    def get(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """The page; `?q=` and `?state=` narrow the documents, `?query=` shows a test search."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id)
        if "query" in request.GET and _search(request, self.actor, knowledge_base) is None:
            address = reverse("knowledge-search", args=[knowledge_base_id])
            return HttpResponseRedirect(f"{address}?{request.GET.urlencode()}")
        return collection_page(request, self.actor, knowledge_base)


class CollectionEditPage(PersonPage):
    """Its name, what it holds, and what its scans are read in."""

    def get(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """The form."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        initial = {name: getattr(knowledge_base, name) for name in CollectionNameForm.base_fields}
        return self._page(request, CollectionNameForm(initial=initial), knowledge_base)

    def post(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Save it."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        form = CollectionNameForm(request.POST)
        if form.is_valid() and tried(form, lambda: self._saved(knowledge_base, **form.cleaned_data)):
            return HttpResponseRedirect(reverse("knowledge-collection", args=[knowledge_base_id]))
        return self._page(request, form, knowledge_base, status=UNPROCESSABLE)

    def _saved(
        self, knowledge_base: KnowledgeBase, *, scan_language: str, name: str, description: str
    ) -> None:
        services.knowledge_base_update(
            actor=self.actor, knowledge_base=knowledge_base, name=name, description=description
        )
        collection_language_set(actor=self.actor, knowledge_base=knowledge_base, scan_language=scan_language)

    def _page(
        self, request: Any, form: CollectionNameForm, knowledge_base: KnowledgeBase, status: int = 200
    ) -> HttpResponse:
        context = {"form": form, "knowledge_base": knowledge_base}
        return render(request, "knowledge/collection_form.html", context, status=status)


class CollectionDeletePage(PersonPage):
    """Deleting a collection, with what that touches."""

    def get(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Ask first."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        row = selectors.counted(knowledge_base)
        return render(request, "knowledge/collection_delete.html", {"knowledge_base": row})

    def post(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Delete it."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        services.knowledge_base_delete(actor=self.actor, knowledge_base=knowledge_base)
        return HttpResponseRedirect(reverse("knowledge"))


class TrialSearchPage(PersonPage):
    """Test search: a worker searches, the collection's page shows what it found.

    The question and its filters stand in the address, with the search that was made of them: a reload shows
    the same, and whoever follows the link later, or is someone else, has it made anew.
    """

    def get(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Start it."""
        knowledge_base = access_searchable(self.actor, knowledge_base_id)
        address = reverse("knowledge-collection", args=[knowledge_base_id])
        if "query" not in request.GET:
            return HttpResponseRedirect(f"{address}#search")
        form = NarrowingForm(request.GET, facets=facets(self.actor, [knowledge_base.id]))
        try:
            if not form.is_valid():
                raise invalid(
                    [{"field": name, "message": str(found[0])} for name, found in form.errors.items()]
                )
            search = services.trial_search_start(
                actor=self.actor,
                knowledge_base=knowledge_base,
                query=request.GET["query"],
                narrowing=form.narrowing,
            )
        except ProblemError as problem:
            errors = [error["message"] for error in problem.errors or []]
            return collection_page(request, self.actor, knowledge_base, search_errors=errors, narrowing=form)
        kept = request.GET.copy()
        kept["search"] = str(search.id)
        return HttpResponseRedirect(f"{address}?{kept.urlencode()}#search")


def collection_page(
    request: Any,
    actor: Actor,
    knowledge_base: KnowledgeBase,
    *,
    upload_errors: list[str] | None = None,
    search_errors: list[str] | None = None,
    narrowing: NarrowingForm | None = None,
) -> HttpResponse:
    """The page of one collection, with what was wrong in one of its forms."""
    filters = {"q": searched(request, "q"), "state": searched(request, "state")}
    rows = selectors.documents_named(
        selectors.documents_of(actor, knowledge_base), words=filters["q"], state=filters["state"]
    )
    search = _search(request, actor, knowledge_base)
    context = paged(request, rows.order_by("-created_at", "-id"), **filters)
    context |= _of_embedding(actor, knowledge_base)
    context |= {
        "knowledge_base": knowledge_base,
        "readers": selectors.readers_of(knowledge_base),
        "may_change": may_change(actor, knowledge_base),
        "may_read": may_read(actor, knowledge_base),
        "may_class": may_change(actor, knowledge_base) or may_lower(actor, knowledge_base),
        "classes": list(DataClass),
        "limit": megabytes(settings.MAX_UPLOAD_BYTES),
        "limit_together": megabytes(together()),
        "quota": quota_of(knowledge_base),
        "unfinished": unfinished_uploads(actor, knowledge_base)[:MOST_UNFINISHED],
        "upload_errors": upload_errors,
        "scan_languages": choices_in(knowledge_base),
        "already": _number(request.GET.get("already", "")),
        "search_errors": search_errors,
        "asked": request.GET.get("query", ""),
        "states": LISTED,
        "search": search,
        "is_searching": search is not None and search.state == SearchState.QUEUED,
        "hits": selectors.search_hits(actor, search) if search else [],
        "narrowing": narrowing or _narrowing(actor, knowledge_base, search),
    }
    status = UNPROCESSABLE if upload_errors or search_errors else 200
    return render(request, "knowledge/collection.html", context, status=status)


def _of_embedding(actor: Actor, knowledge_base: KnowledgeBase) -> dict[str, Any]:
    """What whoever looks after it is told of its embedding model; a chat's own has none to choose."""
    if knowledge_base.conversation_id is not None or not may_change(actor, knowledge_base):
        return {}
    change = change_under_way(knowledge_base)
    return {"reembedding": change, "suggested_model": None if change else suggested_for(knowledge_base)}


def _narrowing(actor: Actor, knowledge_base: KnowledgeBase, search: TrialSearch | None) -> NarrowingForm:
    """What a search can be narrowed to, and what the one that is shown was."""
    initial = dict(search.narrowing) if search else {}
    return NarrowingForm(facets=facets(actor, [knowledge_base.id]), initial=initial)


def _number(text: str) -> int:
    """A small number from an address; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0  # noqa: PLR2004 - four digits


def _search(request: Any, actor: Actor, knowledge_base: KnowledgeBase) -> TrialSearch | None:
    """The search that the address names, if it is the actor's and of the question that stands beside it."""
    try:
        wanted = UUID(request.GET.get("search", ""))
    except ValueError:
        return None
    return own_search(actor, knowledge_base, wanted, request.GET.get("query", ""))


def _form(actor: Actor, **options: Any) -> CollectionForm:
    manages = can(actor, MANAGE)
    labels = {key: label for key, label in Visibility.choices if manages or key != Visibility.TENANT}
    return CollectionForm(teams=teams() if manages else teams_of(actor.user_id), labels=labels, **options)


def _values(form: CollectionForm) -> dict[str, Any]:
    readers = form.readers
    return {
        "name": form.cleaned_data["name"],
        "description": form.cleaned_data["description"],
        "visibility": readers.visibility,
        "team_ids": readers.team_ids,
        "user_ids": readers.user_ids,
    }
