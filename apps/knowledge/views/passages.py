"""One document on a page: its versions, another file or other settings, and its passages to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.api.base import refuse_forged
from apps.accounts.pages import PER_PAGE, PersonPage, paged, searched
from apps.files.limits import megabytes, refuse_long_body
from apps.guardrails.classes import DataClass
from apps.knowledge import inspecting, pausing, selectors, versioning
from apps.knowledge.care.freshness import review_shown
from apps.knowledge.classing import may_lower
from apps.knowledge.explaining import reasons_for
from apps.knowledge.permissions import (
    access_chunk,
    access_chunk_to_change,
    access_content,
    access_document,
    may_change,
)
from apps.knowledge.scanning import choices_in, read_as_words
from apps.knowledge.search_forms import LabelsForm
from apps.knowledge.views.care import back
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.knowledge.models import Chunk, Document

UNPROCESSABLE = 422
_WORDED = {"chunk_size": "Longest passage: ", "scan_language": "Language of scans: "}


class DocumentPage(PersonPage):
    """What was read of a document."""

    def get(self, request: Any, document_id: UUID) -> HttpResponse:
        """The page; `?q=` shows the passages that hold these words."""
        return document_page(request, self.actor, access_content(self.actor, document_id))


class DocumentReplacePage(PersonPage):
    """Another file in its place; the token is checked here, as in UploadPage."""

    csrf_exempt = True

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The view, with the token left to `post`."""
        view: Any = super().as_view(**initkwargs)
        view.csrf_exempt = True
        return view

    def post(self, request: Any, document_id: UUID) -> HttpResponse:
        """Have the new version read."""
        refuse_long_body(request)
        refuse_forged(request)
        document = access_document(self.actor, document_id, change=True)
        file = request.FILES.get("file")
        try:
            if file is None:
                return document_page(request, self.actor, document, error="Choose a file.")
            versioning.document_replace(
                actor=self.actor, document=document, name=file.name or "", stream=file
            )
        except ProblemError as problem:
            words = f"{problem.title}. {problem.detail}"
            return document_page(request, self.actor, document, error=words)
        return HttpResponseRedirect(_address(document_id))


class DocumentReprocessPage(PersonPage):
    """The same file, read with other settings."""

    def post(self, request: Any, document_id: UUID) -> HttpResponse:
        """Have it read."""
        document = access_document(self.actor, document_id, change=True)
        given = request.POST.get("chunk_size", "")
        size = int(given[:6]) if given.isascii() and given.isdigit() else 0
        try:
            versioning.document_reprocess(
                actor=self.actor,
                document=document,
                chunk_size=size,
                scan_language=request.POST.get("scan_language"),
            )
        except ProblemError as problem:
            words = " ".join(_WORDED[error["field"]] + error["message"] for error in problem.errors or [])
            return document_page(request, self.actor, document, error=words or problem.detail)
        return HttpResponseRedirect(_address(document_id))


class DocumentPausePage(PersonPage):
    """Holding a document back, or letting it go on."""

    def post(self, request: Any, document_id: UUID) -> HttpResponse:
        """Pause; with `resume`, go on."""
        document = access_document(self.actor, document_id, change=True)
        change = pausing.document_resume if "resume" in request.POST else pausing.document_pause
        change(actor=self.actor, document=document)
        collection = reverse("knowledge-collection", args=[document.knowledge_base_id])
        return HttpResponseRedirect(back(request, collection))


class PassagePage(PersonPage):
    """One passage."""

    def get(self, request: Any, chunk_id: UUID) -> HttpResponse:
        """Where it stands on its document's page."""
        return HttpResponseRedirect(_place(access_chunk(self.actor, chunk_id)))

    def post(self, request: Any, chunk_id: UUID) -> HttpResponse:
        """Leave it out, take it in, correct it, or bring the file's own words back."""
        chunk = access_chunk_to_change(self.actor, chunk_id)
        try:
            if "undo" in request.POST:
                inspecting.chunk_correct(actor=self.actor, chunk=chunk, text=chunk.original or chunk.text)
            elif "text" in request.POST:
                inspecting.chunk_correct(actor=self.actor, chunk=chunk, text=request.POST["text"])
            else:
                is_excluded = "exclude" in request.POST
                inspecting.chunk_exclude(actor=self.actor, chunk=chunk, is_excluded=is_excluded)
        except ProblemError as problem:
            words = " ".join(error["message"] for error in problem.errors or []) or problem.detail
            return document_page(request, self.actor, chunk.document, error=words)
        return HttpResponseRedirect(back(request, _place(chunk)))


def document_page(
    request: Any, actor: Actor, document: Document, *, error: str | None = None
) -> HttpResponse:
    """The page of one document, with what was wrong in one of its forms."""
    words = searched(request, "q")
    knowledge_base = document.knowledge_base
    context = paged(request, selectors.chunks_of(document, words), q=words) | {
        "document": document,
        "knowledge_base": knowledge_base,
        "reasons": reasons_for(actor, document),
        "may_class": may_change(actor, knowledge_base) or may_lower(actor, knowledge_base),
        "classes": list(DataClass),
        "versions": list(selectors.versions_of(document)[:20]),
        "may_change": may_change(actor, knowledge_base) and document.version_of_id is None,
        "limit": megabytes(settings.MAX_UPLOAD_BYTES),
        "labels": LabelsForm(initial={"tags": ", ".join(document.tags), "dated": document.dated}),
        "error": error,
        "review": review_shown(actor, document),
        "smallest": versioning.SMALLEST_CHUNK,
        "largest": versioning.LARGEST_CHUNK,
        "longest": inspecting.LONGEST,
        "scan_languages": choices_in(knowledge_base),
        "read_as": read_as_words(document),
    }
    return render(request, "knowledge/document.html", context, status=UNPROCESSABLE if error else 200)


def _address(document_id: UUID) -> str:
    return reverse("knowledge-document", args=[document_id])


def _place(chunk: Chunk) -> str:
    page = chunk.position // PER_PAGE + 1
    return f"{_address(chunk.document_id)}?page={page}#passage-{chunk.position}"
