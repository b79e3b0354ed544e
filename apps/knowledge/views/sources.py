"""Sources for those who manage knowledge: the list, one with what it brought, its form, its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.forms import tried
from apps.accounts.pages import AdminPage, paged
from apps.knowledge import selectors
from apps.knowledge.connectors import services
from apps.knowledge.connectors.forms import SourceForm
from apps.knowledge.connectors.registry import KINDS
from apps.knowledge.connectors.selectors import access_source, problems_of, sources
from apps.knowledge.permissions import MANAGE, access_knowledge_base

if TYPE_CHECKING:
    from apps.knowledge.connectors.base import Kind
    from apps.knowledge.connectors.models import Source

UNPROCESSABLE = 422


class _SourcePage(AdminPage):
    capability = MANAGE

    def form(self, kind: Kind, *args: Any, source: Source | None = None) -> SourceForm:
        """The form of a kind, with what a source holds now."""
        bases = selectors.all_knowledge_bases().order_by("name", "id")
        return SourceForm(*args, kind=kind, bases=bases, source=source)


class SourceListPage(_SourcePage):
    """All sources of the organisation."""

    def get(self, request: Any) -> HttpResponse:
        """By name, with state, last sync and counts."""
        context = paged(request, sources().order_by("name", "id"))
        for row in context["page"]:
            row.kind_label = _kind(row.kind).label
        return render(request, "knowledge/sources.html", context)


class SourceNewPage(_SourcePage):
    """A new source: `?kind=` chooses its form."""

    def get(self, request: Any) -> HttpResponse:
        """The kinds to choose from, or the form of one."""
        chosen = request.GET.get("kind", "")
        if not chosen:
            return render(request, "knowledge/source_kinds.html", {"kinds": KINDS.values()})
        kind = _kind(chosen)
        return self._page(request, kind, self.form(kind))

    def post(self, request: Any) -> HttpResponse:
        """Make it; its first sync begins at once."""
        kind = _kind(request.GET.get("kind", ""))
        form = self.form(kind, request.POST)
        made: list[Source] = []
        if form.is_valid() and tried(form, lambda: made.append(self._create(kind, form))):
            return HttpResponseRedirect(reverse("admin-source", args=[made[0].id]))
        return self._page(request, kind, form, status=UNPROCESSABLE)

    def _create(self, kind: Kind, form: SourceForm) -> Source:
        base_id = UUID(form.cleaned_data["knowledge_base_id"])
        base = access_knowledge_base(self.actor, base_id, change=True)
        return services.source_create(
            actor=self.actor, knowledge_base=base, kind=kind.slug, values=form.values()
        )

    def _page(self, request: Any, kind: Kind, form: SourceForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "kind": kind}
        return render(request, "knowledge/source_form.html", context, status=status)


class SourcePage(_SourcePage):
    """One source: how far it was followed, and what was left out."""

    def get(self, request: Any, source_id: UUID) -> HttpResponse:
        """The page."""
        source = access_source(source_id)
        kind = _kind(source.kind)
        settings = [
            (known.label, source.settings.get(known.name, "")) for known in kind.fields if not known.secret
        ]
        context = paged(request, problems_of(source)) | {
            "source": source,
            "kind": kind,
            "settings": [(label, value) for label, value in settings if value],
            "how_often": services.INTERVALS.get(source.every_minutes, ""),
        }
        return render(request, "knowledge/source.html", context)


class SourceEditPage(_SourcePage):
    """Its name, settings and secret."""

    def get(self, request: Any, source_id: UUID) -> HttpResponse:
        """The form."""
        source = access_source(source_id)
        return self._page(request, source, self.form(_kind(source.kind), source=source))

    def post(self, request: Any, source_id: UUID) -> HttpResponse:
        """Save it."""
        source = access_source(source_id)
        form = self.form(_kind(source.kind), request.POST, source=source)
        if form.is_valid() and tried(
            form,
            lambda: services.source_update(actor=self.actor, source=source, values=form.values()),
        ):
            return HttpResponseRedirect(reverse("admin-source", args=[source_id]))
        return self._page(request, source, form, status=UNPROCESSABLE)

    def _page(self, request: Any, source: Source, form: SourceForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "source": source, "kind": _kind(source.kind)}
        return render(request, "knowledge/source_form.html", context, status=status)


class SourceSyncPage(_SourcePage):
    """Sync now, also after a failure."""

    def post(self, request: Any, source_id: UUID) -> HttpResponse:
        """Begin it."""
        services.source_sync(actor=self.actor, source=access_source(source_id))
        return HttpResponseRedirect(reverse("admin-source", args=[source_id]))


class SourcePausePage(_SourcePage):
    """Pause, or go on."""

    def post(self, request: Any, source_id: UUID) -> HttpResponse:
        """Do what the button said."""
        is_paused = request.POST.get("paused") == "1"
        services.source_pause(actor=self.actor, source=access_source(source_id), is_paused=is_paused)
        return HttpResponseRedirect(reverse("admin-source", args=[source_id]))


class SourceRemovePage(_SourcePage):
    """Its end, with what happens to its documents."""

    def get(self, request: Any, source_id: UUID) -> HttpResponse:
        """Ask first."""
        return render(request, "knowledge/source_remove.html", {"source": access_source(source_id)})

    def post(self, request: Any, source_id: UUID) -> HttpResponse:
        """Remove it; documents are deleted only where that was chosen."""
        services.source_remove(
            actor=self.actor,
            source=access_source(source_id),
            delete_documents=request.POST.get("documents") == "delete",
        )
        return HttpResponseRedirect(reverse("admin-sources"))


def _kind(slug: str) -> Kind:
    if slug not in KINDS:
        raise Http404
    return KINDS[slug]
