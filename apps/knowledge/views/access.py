"""Who reads a collection, a folder or a document: seen, changed after its effect was shown, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.forms import tried
from apps.accounts.models import Team
from apps.accounts.pages import PersonPage, paged, searched
from apps.accounts.permissions import can
from apps.accounts.selectors import teams, teams_of
from apps.knowledge import readership, selectors, sharing
from apps.knowledge.forms import ReadersForm
from apps.knowledge.models import Visibility
from apps.knowledge.permissions import MANAGE, access_document, access_knowledge_base
from apps.knowledge.restricting import Place, clean_folder
from apps.rest.errors import not_found
from apps.rest.pages import id_of

if TYPE_CHECKING:
    from apps.knowledge.models import KnowledgeBase
    from apps.knowledge.restricting import Readers

UNPROCESSABLE = 422


class _AccessPage(PersonPage):
    """The page of one place; `action` of its form is review, save or undo."""

    def get(self, request: Any, **ids: UUID) -> HttpResponse:
        """Who reads it, by which rule, and the form; `?q=` looks for people."""
        place = self._place(**ids)
        return self._page(place, self._form(place))

    def post(self, request: Any, **ids: UUID) -> HttpResponse:
        """Show what a change would do; do it; or take the last one back."""
        place = self._place(**ids)
        if request.POST.get("action") == "undo":
            sharing.change_undo(actor=self.actor, place=place, event_id=id_of(request.POST.get("change", "")))
            return HttpResponseRedirect(f"{_address(place)}saved=undone")
        form = self._form(place, data=request.POST)
        if not form.is_valid():
            return self._page(place, form, status=UNPROCESSABLE)
        mark = sharing.mark_of(sharing.readers_now(place))
        if request.POST.get("action") != "save" or request.POST.get("seen") != mark:
            return self._review(place, form, mark)
        if not tried(form, lambda: sharing.readers_set(actor=self.actor, place=place, readers=form.readers)):
            return self._page(place, form, status=UNPROCESSABLE)
        return HttpResponseRedirect(f"{_address(place)}saved=1")

    def _place(self, **ids: UUID) -> Place:
        raise NotImplementedError

    def _base(self, knowledge_base_id: UUID) -> KnowledgeBase:
        """The collection, to change; a chat's own has no readers to choose."""
        base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        if base.conversation_id is not None:
            raise not_found()
        return base

    def _form(self, place: Place, **options: Any) -> ReadersForm:
        now = sharing.readers_now(place)
        manages = can(self.actor, MANAGE)
        is_base = place.document is None and not place.folder
        labels = dict(Visibility.choices)
        labels[Visibility.PRIVATE] = "Only its owner"
        if not is_base:
            labels[Visibility.TENANT] = "Everyone who reads the collection"
        elif not manages and now.visibility != Visibility.TENANT:
            del labels[Visibility.TENANT]
        mine = Q(id__in=teams_of(self.actor.user_id).values("id")) | Q(id__in=now.team_ids)
        offered = teams() if manages else teams().filter(mine)
        initial = {
            "visibility": now.visibility,
            "team_ids": [str(id_) for id_ in now.team_ids],
            "people": "\n".join(selectors.emails_of(now.user_ids)),
        }
        return ReadersForm(teams=offered, labels=labels, initial=initial, **options)

    def _review(self, place: Place, form: ReadersForm, mark: str) -> HttpResponse:
        readers = form.readers
        context = _named(place) | {
            "readers": readers,
            "people": form.data.get("people", ""),
            "chosen": _words(place, readers),
            "effect": sharing.effect_on(self.actor, place, readers),
            "is_same": sharing.mark_of(readers) == mark,
            "seen": mark,
            "is_changed_since": self.request.POST.get("action") == "save",
        }
        return render(self.request, "knowledge/access_review.html", context)

    def _page(self, place: Place, form: ReadersForm, status: int = 200) -> HttpResponse:
        query = searched(self.request, "q")
        rules = readership.rules_of(place)
        found = readership.readers_by(rules)
        listed = paged(self.request, found.filter(name__icontains=query), q=query, folder=place.folder)
        why = readership.reasons(rules, [user.id for user in listed["page"]])
        last = sharing.last_change(place)
        context = (
            _named(place)
            | listed
            | {
                "form": form,
                "total": found.count(),
                "people": [(user, why[user.id]) for user in listed["page"]],
                "changers": readership.changers_of(place.knowledge_base),
                "last": last,
                "last_words": (_words(place, last.before), _words(place, last.after)) if last else None,
                "saved": self.request.GET.get("saved", ""),
            }
        )
        if place.document is None and not place.folder:
            context["folders"] = readership.folders_of(place.knowledge_base)
            context["narrower"] = [
                (row, _readers_of(row)) for row in readership.restricted_in(place.knowledge_base)
            ]
        return render(self.request, "knowledge/access.html", context, status=status)


class CollectionAccessPage(_AccessPage):
    """A collection's readers, with the folders and documents that have fewer."""

    def _place(self, **ids: UUID) -> Place:
        return Place(self._base(ids["knowledge_base_id"]))


class FolderAccessPage(_AccessPage):
    """The readers of a folder, `?folder=HR/Contracts`, and all beneath it."""

    def _place(self, **ids: UUID) -> Place:
        base = self._base(ids["knowledge_base_id"])
        return Place(base, folder=clean_folder(self.request.GET.get("folder", "")))


class DocumentAccessPage(_AccessPage):
    """A document's readers."""

    def _place(self, **ids: UUID) -> Place:
        document = access_document(self.actor, ids["document_id"], change=True)
        if document.version_of_id is not None:
            raise not_found()
        return Place(self._base(document.knowledge_base_id), document)


def _named(place: Place) -> dict[str, Any]:
    base, document = place.knowledge_base, place.document
    return {
        "place": place,
        "knowledge_base": base,
        "name": document.title if document else place.folder or base.name,
        "address": _address(place),
    }


def _address(place: Place) -> str:
    """Where the place's page is, ready for one more parameter."""
    if place.document:
        return f"{reverse('knowledge-document-access', args=[place.document.id])}?"
    if place.folder:
        address = reverse("knowledge-folder-access", args=[place.knowledge_base.id])
        return f"{address}?{urlencode({'folder': place.folder})}&"
    return f"{reverse('knowledge-access', args=[place.knowledge_base.id])}?"


def _words(place: Place, readers: Readers) -> str:
    """Readers in words, as "Engineering, Sales"."""
    if readers.visibility == Visibility.TENANT:
        is_base = place.document is None and not place.folder
        return "everyone" if is_base else "everyone who reads the collection"
    if readers.visibility == Visibility.TEAMS:
        found = Team.objects.filter(id__in=readers.team_ids).order_by("name")
        return ", ".join(found.values_list("name", flat=True))
    if readers.visibility == Visibility.PEOPLE:
        return ", ".join(selectors.emails_of(readers.user_ids))
    return "only its owner"


def _readers_of(row: Any) -> str:
    """A restriction's readers in words, from what restricted_in loaded."""
    named = [reader.team.name if reader.team else reader.user.name for reader in row.readers.all()]
    return ", ".join([*([row.owner.name] if row.owner else []), *sorted(named)]) or "nobody"
