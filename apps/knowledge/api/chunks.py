"""Passages over REST: read, list, search, leave out, correct."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.knowledge import inspecting, selectors
from apps.knowledge.api.serializers import ChunkOutput
from apps.knowledge.care.freshness import review_output
from apps.knowledge.outputs import chunk_output
from apps.knowledge.permissions import access_chunk, access_chunk_to_change, access_content
from apps.rest.errors import invalid
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from apps.knowledge.models import Chunk

TAGS: Final = ["knowledge"]
ROWS: Final = 50
MOST_WORDS: Final = 200
WORDS: Final = OpenApiParameter("q", str, description="Only passages that hold these words.")
AFTER: Final = OpenApiParameter("after", int, description="The `next` of the page before.")


class ChunkUpdateInput(InputSerializer):
    """What to change; a field that is left out stays."""

    is_excluded = serializers.BooleanField(required=False, help_text="Found by no search and in no answer.")
    text = serializers.CharField(
        required=False, max_length=inspecting.LONGEST, help_text="Other words; the file's own bring it back."
    )


class InspectedChunkOutput(serializers.Serializer[Any]):
    """A passage as it is indexed."""

    id = serializers.UUIDField()
    position = serializers.IntegerField()
    page = serializers.IntegerField(allow_null=True)
    heading = serializers.ListField(child=serializers.CharField())
    text = serializers.CharField()
    original = serializers.CharField(allow_null=True, help_text="What the file says, where it was corrected.")
    language = serializers.CharField(allow_null=True)
    is_excluded = serializers.BooleanField()


class ChunkPage(serializers.Serializer[Any]):
    """Passages in reading order."""

    results = InspectedChunkOutput(many=True)
    next = serializers.IntegerField(allow_null=True)


class ChunkApi(TenantApi):
    """A passage."""

    scope = "knowledge"

    @extend_schema(operation_id="chunks_read", tags=TAGS, responses=ChunkOutput)
    def get(self, request: Request, chunk_id: UUID) -> Response:
        """Its text with what stands before and after, for whoever may read the document now."""
        chunk = access_chunk(self.actor, chunk_id)
        output = chunk_output(chunk, *selectors.around(chunk))
        return Response(output | {"review": review_output(chunk.document)})

    @extend_schema(
        operation_id="chunks_update", tags=TAGS, request=ChunkUpdateInput, responses=InspectedChunkOutput
    )
    def patch(self, request: Request, chunk_id: UUID) -> Response:
        """Leave it out of every search, take it in again, or correct its words. Lives on when read again."""
        chunk = access_chunk_to_change(self.actor, chunk_id)
        read = ChunkUpdateInput(data=request.data)
        read.is_valid(raise_exception=True)
        values = read.validated_data
        if "text" in values:
            chunk = inspecting.chunk_correct(actor=self.actor, chunk=chunk, text=values["text"])
        if "is_excluded" in values:
            chunk = inspecting.chunk_exclude(actor=self.actor, chunk=chunk, is_excluded=values["is_excluded"])
        return Response(_output(chunk))


class ChunkListApi(TenantApi):
    """The passages of a document."""

    scope = "knowledge"

    @extend_schema(operation_id="chunks_list", tags=TAGS, parameters=[WORDS, AFTER], responses=ChunkPage)
    def get(self, request: Request, document_id: UUID) -> Response:
        """In reading order, also excluded ones, for whoever may read the document."""
        document = access_content(self.actor, document_id)
        after = request.query_params.get("after", "")
        if after and not (after.isascii() and after.isdigit()):
            raise invalid([{"field": "after", "message": "A whole number from 0."}])
        words = request.query_params.get("q", "").replace("\0", "")[:MOST_WORDS]
        rows = selectors.chunks_of(document, words)
        if after:
            rows = rows.filter(position__gt=min(int(after[:9]), 2**31 - 1))
        found = list(rows[: ROWS + 1])
        following = found[ROWS - 1].position if len(found) > ROWS else None
        return Response({"results": [_output(chunk) for chunk in found[:ROWS]], "next": following})


def _output(chunk: Chunk) -> dict[str, Any]:
    return {
        "id": chunk.id,
        "position": chunk.position,
        "page": chunk.page,
        "place": chunk.place.label,
        "heading": chunk.heading,
        "text": chunk.text,
        "original": chunk.original or None,
        "language": chunk.language or None,
        "is_excluded": chunk.is_excluded,
    }
