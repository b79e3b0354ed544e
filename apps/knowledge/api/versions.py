"""Versions of a document over REST: another file, the same one read anew, and holding it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.files.api.uploads import UPLOAD_SCHEMA, UploadApi, uploaded_file
from apps.knowledge import pausing, selectors, versioning
from apps.knowledge.api.serializers import DocumentOutput, DocumentPage, ScanLanguageField
from apps.knowledge.outputs import document_output
from apps.knowledge.permissions import access_document
from apps.rest.pages import CURSOR, LIMIT, page_of
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

TAGS: Final = ["knowledge"]


class ReprocessInput(InputSerializer):
    """Other settings for reading a document."""

    chunk_size = serializers.IntegerField(
        min_value=versioning.SMALLEST_CHUNK,
        max_value=versioning.LARGEST_CHUNK,
        help_text="Most characters of a passage.",
    )
    scan_language = ScanLanguageField(
        allow_blank=True, help_text="Left out: as before. Empty: its collection's."
    )


class VersionListApi(UploadApi):
    """The versions of a document."""

    scope = "knowledge"

    @extend_schema(
        operation_id="versions_list", tags=TAGS, parameters=[CURSOR, LIMIT], responses=DocumentPage
    )
    def get(self, request: Request, document_id: UUID) -> Response:
        """The one that is being read, if any, and those that were replaced."""
        document = access_document(self.actor, document_id)
        rows, following = page_of(request, selectors.versions_of(document))
        return Response({"results": [document_output(row) for row in rows], "next": following})

    @extend_schema(
        operation_id="versions_create", tags=TAGS, request=UPLOAD_SCHEMA, responses={202: DocumentOutput}
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Replace the file. The document serves its old content until the new one is ready.

        Citations keep the version that they quoted. Safe to repeat with the same Idempotency-Key.
        """
        return super().post(request, *args, **kwargs)

    def create(self, request: Request, document_id: UUID) -> Response:
        document = access_document(self.actor, document_id, change=True)
        file = uploaded_file(request)
        made = versioning.document_replace(
            actor=self.actor, document=document, name=file.name or "", stream=file
        )
        return Response(document_output(made), status=202)


class ReprocessApi(TenantApi):
    """Reading a document anew."""

    scope = "knowledge"

    @extend_schema(
        operation_id="documents_reprocess",
        tags=TAGS,
        request=ReprocessInput,
        responses={202: DocumentOutput},
    )
    def post(self, request: Request, document_id: UUID) -> Response:
        """Read the same file with other settings; it serves its old content meanwhile."""
        document = access_document(self.actor, document_id, change=True)
        read = ReprocessInput(data=request.data)
        read.is_valid(raise_exception=True)
        made = versioning.document_reprocess(
            actor=self.actor,
            document=document,
            chunk_size=read.validated_data["chunk_size"],
            scan_language=read.validated_data.get("scan_language"),
        )
        return Response(document_output(made), status=202)


class PauseApi(TenantApi):
    """Holding a document back."""

    scope = "knowledge"

    @extend_schema(operation_id="documents_pause", tags=TAGS, request=None, responses=DocumentOutput)
    def post(self, request: Request, document_id: UUID) -> Response:
        """Read no further until it is resumed; 409 when it is not waiting or being read."""
        document = access_document(self.actor, document_id, change=True)
        return Response(document_output(pausing.document_pause(actor=self.actor, document=document)))


class ResumeApi(TenantApi):
    """Letting a document go on."""

    scope = "knowledge"

    @extend_schema(operation_id="documents_resume", tags=TAGS, request=None, responses={202: DocumentOutput})
    def post(self, request: Request, document_id: UUID) -> Response:
        """Read it from where it was; 409 when it is not paused."""
        document = access_document(self.actor, document_id, change=True)
        resumed = pausing.document_resume(actor=self.actor, document=document)
        return Response(document_output(resumed), status=202)
