"""Freshness over REST: who answers for a document, by when it is looked at again, that it is still right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.knowledge.api.care import BASE, bases_asked
from apps.knowledge.api.serializers import NamedOutput, ReviewOutput
from apps.knowledge.care import freshness
from apps.knowledge.permissions import access_content, access_knowledge_base
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

TAGS: Final = ["knowledge"]
SOON_DAYS: Final = 30
MOST: Final = 200


class ReviewInput(InputSerializer):
    """Owner and date; null leaves the owner to who brought the document, and the date to its collection."""

    owner_id = serializers.UUIDField(allow_null=True)
    review_by = serializers.DateField(allow_null=True)


class ReviewIntervalInput(InputSerializer):
    """How often a collection's documents are looked at again."""

    review_days = serializers.ChoiceField(list(freshness.INTERVALS), allow_null=True)


class ReviewIntervalOutput(serializers.Serializer[Any]):
    """A collection's interval; null where only set dates count."""

    review_days = serializers.IntegerField(allow_null=True)


class DueOutput(serializers.Serializer[Any]):
    """A document that is due."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    knowledge_base = NamedOutput()
    review_by = serializers.DateField()
    is_stale = serializers.BooleanField()


class DueList(serializers.Serializer[Any]):
    """What is due within a month, the first first; at most 200."""

    results = DueOutput(many=True)


class DocumentReviewApi(TenantApi):
    """A document's freshness."""

    scope = "knowledge"

    @extend_schema(operation_id="documents_review_read", tags=TAGS, responses=ReviewOutput)
    def get(self, request: Request, document_id: UUID) -> Response:
        """For whoever may read the document."""
        return Response(freshness.review_output(access_content(self.actor, document_id)))

    @extend_schema(
        operation_id="documents_review_set", tags=TAGS, request=ReviewInput, responses=ReviewOutput
    )
    def put(self, request: Request, document_id: UUID) -> Response:
        """For its owner and those who may change the collection."""
        document = access_content(self.actor, document_id)
        read = ReviewInput(data=request.data)
        read.is_valid(raise_exception=True)
        freshness.review_set(actor=self.actor, document=document, **read.validated_data)
        return Response(freshness.review_output(document))


class DocumentConfirmApi(TenantApi):
    """Still right."""

    scope = "knowledge"

    @extend_schema(operation_id="documents_confirm", tags=TAGS, request=None, responses=ReviewOutput)
    def post(self, request: Request, document_id: UUID) -> Response:
        """Say that the document is still right; its date moves by the collection's interval."""
        document = access_content(self.actor, document_id)
        freshness.review_confirm(actor=self.actor, document=document)
        return Response(freshness.review_output(document))


class ReviewIntervalApi(TenantApi):
    """How often a collection's documents are looked at again."""

    scope = "knowledge"

    @extend_schema(
        operation_id="knowledge_bases_review_interval_set",
        tags=TAGS,
        request=ReviewIntervalInput,
        responses=ReviewIntervalOutput,
    )
    def put(self, request: Request, knowledge_base_id: UUID) -> Response:
        """90, 180, 365 or 730 days from a file's day; null for only where a date is set."""
        base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        read = ReviewIntervalInput(data=request.data)
        read.is_valid(raise_exception=True)
        freshness.interval_set(actor=self.actor, knowledge_base=base, days=read.validated_data["review_days"])
        return Response({"review_days": base.review_days})


class DueListApi(TenantApi):
    """Documents that are due."""

    scope = "knowledge"

    @extend_schema(operation_id="documents_due", tags=TAGS, parameters=[BASE], responses=DueList)
    def get(self, request: Request) -> Response:
        """Those that the caller answers for, and those of collections that they look after."""
        documents = freshness.documents_for(self.actor, bases_asked(request, self.actor))
        rows = freshness.reviews_due(documents, within_days=SOON_DAYS)[:MOST]
        results = [
            {
                "id": row.id,
                "title": row.title,
                "knowledge_base": {"id": row.knowledge_base_id, "name": row.knowledge_base.name},
                "review_by": row.due,
                "is_stale": row.is_stale,
            }
            for row in rows
        ]
        return Response({"results": results})
