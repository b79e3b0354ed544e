"""Documents, passages and a chat's files over REST: parse, one call, render."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.files.delivery import as_download
from apps.knowledge import services
from apps.knowledge.api import serializers
from apps.knowledge.labelling import document_label
from apps.knowledge.outputs import document_output
from apps.knowledge.permissions import access_attached, access_content, access_document
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponseBase
    from rest_framework.request import Request

TAGS = ["knowledge"]


class DocumentApi(TenantApi):
    """One document."""

    scope = "knowledge"

    @extend_schema(operation_id="documents_read", tags=TAGS, responses=serializers.DocumentOutput)
    def get(self, request: Request, document_id: UUID) -> Response:
        """How far it was read."""
        return Response(document_output(access_document(self.actor, document_id)))

    @extend_schema(
        operation_id="documents_update",
        tags=TAGS,
        request=serializers.DocumentUpdateInput,
        responses=serializers.DocumentOutput,
    )
    def patch(self, request: Request, document_id: UUID) -> Response:
        """Say what it is about and of what day: searches can be narrowed to that."""
        document = access_document(self.actor, document_id, change=True)
        read = serializers.DocumentUpdateInput(data=request.data)
        read.is_valid(raise_exception=True)
        document_label(
            actor=self.actor,
            document=document,
            tags=read.validated_data.get("tags", document.tags),
            dated=read.validated_data.get("dated", document.dated),
        )
        return Response(document_output(document))

    @extend_schema(operation_id="documents_delete", tags=TAGS, responses={204: None})
    def delete(self, request: Request, document_id: UUID) -> Response:
        """Delete it with its file, also while it is read; this can not be undone."""
        document = access_document(self.actor, document_id, change=True)
        services.document_delete(actor=self.actor, document=document)
        return Response(status=204)


class DocumentRetryApi(TenantApi):
    """Another try."""

    scope = "knowledge"

    @extend_schema(
        operation_id="documents_retry",
        tags=TAGS,
        request=None,
        responses={202: serializers.DocumentOutput},
    )
    def post(self, request: Request, document_id: UUID) -> Response:
        """Have it read again; 409 where that can not help."""
        document = access_document(self.actor, document_id, change=True)
        services.document_retry(actor=self.actor, document=document)
        return Response(document_output(document), status=202)


class DocumentContentApi(TenantApi):
    """The original."""

    scope = "knowledge"

    @extend_schema(
        operation_id="documents_content",
        tags=TAGS,
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, document_id: UUID) -> HttpResponseBase:
        """The file as it was uploaded, as a download."""
        document = access_content(self.actor, document_id)
        try:
            return as_download(document.file)
        except FileNotFoundError:
            raise not_found() from None


class FileApi(TenantApi):
    """A file that was attached in a chat."""

    scope = "chat"

    @extend_schema(operation_id="files_delete", tags=["conversations"], responses={204: None})
    def delete(self, request: Request, file_id: UUID) -> Response:
        """Remove it from the chat, with what was read of it."""
        document = access_attached(self.actor, file_id)
        services.document_delete(actor=self.actor, document=document)
        return Response(status=204)
