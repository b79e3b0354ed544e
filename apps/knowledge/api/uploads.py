"""Uploads in parts over REST: announce, send from an offset, ask how far it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.knowledge import uploading
from apps.knowledge.api.serializers import DocumentOutput, ScanLanguageField, TagsField
from apps.knowledge.outputs import document_output
from apps.knowledge.permissions import access_knowledge_base
from apps.knowledge.reaching import access_upload, document_of, unfinished_uploads
from apps.rest.errors import invalid
from apps.rest.pages import CURSOR, LIMIT, page_of
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from apps.knowledge.models import Upload

TAGS: Final = ["knowledge"]
OFFSET: Final = OpenApiParameter("offset", int, required=True, description="Where these bytes begin.")


class PartParser(BaseParser):
    """The bytes of a part as they are, one more than it may have at most."""

    media_type = "application/octet-stream"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Read them."""
        return bytes(stream.read(uploading.MOST_PART + 1))


class UploadBeginInput(InputSerializer):
    """A file that will come in parts. The same `client_key` gives the same upload again; another file's is
    refused."""

    client_key = serializers.CharField(max_length=100)
    name = serializers.CharField(max_length=500)
    size = serializers.IntegerField(min_value=0, max_value=2**53)
    folder = serializers.CharField(max_length=500, required=False, allow_blank=True)
    tags = TagsField(required=False)
    scan_language = ScanLanguageField(allow_blank=True)


class UploadOutput(serializers.Serializer[Any]):
    """How far an upload came; `document` once all bytes are here."""

    id = serializers.UUIDField()
    client_key = serializers.CharField()
    name = serializers.CharField()
    folder = serializers.CharField()
    size = serializers.IntegerField()
    received = serializers.IntegerField()
    is_duplicate = serializers.BooleanField(help_text="The collection had this content already.")
    kept_until = serializers.DateTimeField(help_text="When it is forgotten unless more of it comes.")
    document = DocumentOutput(allow_null=True)


class UploadPage(serializers.Serializer[Any]):
    """Uploads, newest first."""

    results = UploadOutput(many=True)
    next = serializers.CharField(allow_null=True)


class UploadListApi(TenantApi):
    """Uploads into a collection."""

    scope = "knowledge"

    @extend_schema(operation_id="uploads_list", tags=TAGS, parameters=[CURSOR, LIMIT], responses=UploadPage)
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Your own that were left before their last bytes came: go on with them, or delete them."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        rows, following = page_of(request, unfinished_uploads(self.actor, knowledge_base))
        return Response({"results": [_output(row) for row in rows], "next": following})

    @extend_schema(
        operation_id="uploads_create",
        tags=TAGS,
        request=UploadBeginInput,
        responses={200: UploadOutput, 201: UploadOutput},
    )
    def post(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Announce a file: 201 when it is new, 200 with what is here already when it was begun before."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        read = UploadBeginInput(data=request.data)
        read.is_valid(raise_exception=True)
        upload = uploading.upload_begin(
            actor=self.actor,
            knowledge_base=knowledge_base,
            client_key=read.validated_data["client_key"],
            announced=uploading.Announced(
                read.validated_data["name"],
                read.validated_data["size"],
                read.validated_data.get("folder", ""),
                tuple(read.validated_data.get("tags", ())),
                read.validated_data.get("scan_language", ""),
            ),
        )
        is_new = not upload.received and not upload.document_id
        return Response(_output(upload), status=201 if is_new else 200)


class UploadApi(TenantApi):
    """One upload, of the person who began it."""

    scope = "knowledge"

    def get_parsers(self) -> list[Any]:
        """A part is bytes."""
        return [PartParser()]

    @extend_schema(operation_id="uploads_read", tags=TAGS, responses=UploadOutput)
    def get(self, request: Request, upload_id: UUID) -> Response:
        """How many bytes are here: send the part that begins there."""
        return Response(_output(access_upload(self.actor, upload_id)))

    @extend_schema(
        operation_id="uploads_append",
        tags=TAGS,
        parameters=[OFFSET],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses=UploadOutput,
    )
    def put(self, request: Request, upload_id: UUID) -> Response:
        """Send a part of up to 8 MB; safe to repeat. The last one makes the document."""
        upload = access_upload(self.actor, upload_id)
        given = request.query_params.get("offset", "")
        if not given.isascii() or not given.isdigit():
            raise invalid([{"field": "offset", "message": "A whole number from 0."}])
        data: Any = request.data
        upload = uploading.upload_append(
            actor=self.actor, upload=upload, offset=int(given[:18]), data=data or b""
        )
        return Response(_output(upload))

    @extend_schema(operation_id="uploads_cancel", tags=TAGS, responses={204: None})
    def delete(self, request: Request, upload_id: UUID) -> Response:
        """Forget it; a document that it became stays."""
        uploading.upload_cancel(upload=access_upload(self.actor, upload_id))
        return Response(status=204)


def _output(upload: Upload) -> dict[str, Any]:
    document = document_of(upload)
    return {
        "id": upload.id,
        "client_key": upload.client_key,
        "name": upload.name,
        "folder": upload.folder,
        "size": upload.size,
        "received": upload.received,
        "is_duplicate": upload.is_duplicate,
        "kept_until": upload.kept_until,
        "document": document_output(document) if document else None,
    }
