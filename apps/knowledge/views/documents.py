"""Documents on pages: upload, try again, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.accounts.api.base import refuse_forged
from apps.accounts.pages import PersonPage
from apps.files.limits import refuse_long_body
from apps.knowledge import services
from apps.knowledge.permissions import access_document, access_knowledge_base
from apps.knowledge.reaching import access_upload
from apps.knowledge.scanning import document_language_set, known_language
from apps.knowledge.uploading import upload_cancel
from apps.knowledge.views.care import back
from apps.knowledge.views.collections import collection_page
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from uuid import UUID

    from apps.knowledge.models import KnowledgeBase


class UploadPage(PersonPage):
    """Files into a collection.

    The token is checked here, not by the middleware: that would read the whole form on the event loop.
    """

    csrf_exempt: ClassVar[bool] = True

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The view, with the token left to `post`."""
        view: Any = super().as_view(**initkwargs)
        view.csrf_exempt = True
        return view

    def post(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Keep each file that can be read, and say of the others why not."""
        refuse_long_body(request, several=True)
        refuse_forged(request)
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        errors, already = self._kept(request, knowledge_base)
        if errors:
            return collection_page(request, self.actor, knowledge_base, upload_errors=errors)
        address = reverse("knowledge-collection", args=[knowledge_base_id])
        return HttpResponseRedirect(f"{address}?already={already}" if already else address)

    def _kept(self, request: Any, knowledge_base: KnowledgeBase) -> tuple[list[str], int]:
        """What was wrong, where anything is nothing is kept; and how many files were there already."""
        files = request.FILES.getlist("file")
        errors = [] if files else ["Choose at least one file."]
        already = 0
        language = known_language(request.POST.get("scan_language", ""))
        for file in files:
            try:
                made = services.document_upload(
                    actor=self.actor,
                    knowledge_base=knowledge_base,
                    name=file.name or "",
                    stream=file,
                    tags=request.POST.get("tags", "").split(","),
                )
                if language and not made.is_duplicate:
                    document_language_set(document=made.document, scan_language=language)
                already += made.is_duplicate
            except ProblemError as problem:
                errors.append(f"{file.name}: {problem.title}. {problem.detail}")
        return errors, already


class UploadDiscardPage(PersonPage):
    """Forgetting an upload that was left."""

    def post(self, request: Any, upload_id: UUID) -> HttpResponse:
        """Its parts go; a document that it became stays."""
        upload = access_upload(self.actor, upload_id)
        upload_cancel(upload=upload)
        return HttpResponseRedirect(reverse("knowledge-collection", args=[upload.knowledge_base_id]))


class DocumentRetryPage(PersonPage):
    """Another try."""

    def post(self, request: Any, document_id: UUID) -> HttpResponse:
        """Have it read again."""
        document = access_document(self.actor, document_id, change=True)
        services.document_retry(actor=self.actor, document=document)
        return HttpResponseRedirect(_back(request, document.knowledge_base_id))


class DocumentDeletePage(PersonPage):
    """The end of a document."""

    def post(self, request: Any, document_id: UUID) -> HttpResponse:
        """Delete it; the page asked first."""
        document = access_document(self.actor, document_id, change=True)
        services.document_delete(actor=self.actor, document=document)
        return HttpResponseRedirect(_back(request, document.knowledge_base_id))


def _back(request: Any, knowledge_base_id: UUID) -> str:
    return back(request, reverse("knowledge-collection", args=[knowledge_base_id]))
