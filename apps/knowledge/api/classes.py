"""The data class of collections and documents over REST: parse, one call, render."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.guardrails.classes import SLUGS, DataClass
from apps.knowledge import classing, selectors
from apps.knowledge.api.serializers import DocumentOutput, KnowledgeBaseOutput
from apps.knowledge.outputs import document_output, knowledge_base_output
from apps.knowledge.permissions import access_document, access_knowledge_base, may_change
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

TAGS = ["knowledge"]


class DataClassInput(InputSerializer):
    """A data class; a lower one needs a lead and a reason."""

    data_class = serializers.ChoiceField(SLUGS)
    reason = serializers.CharField(max_length=classing.LONGEST_REASON, required=False, allow_blank=True)


class DocumentClassInput(DataClassInput):
    """The same for a document; null for its collection's."""

    data_class = serializers.ChoiceField(SLUGS, allow_null=True)


class KnowledgeBaseClassApi(TenantApi):
    """A collection's data class, which its documents have at least."""

    scope = "knowledge"

    @extend_schema(
        operation_id="knowledge_bases_class", tags=TAGS, request=DataClassInput, responses=KnowledgeBaseOutput
    )
    def put(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Raise it, or lower it as a lead with a reason."""
        base = access_knowledge_base(self.actor, knowledge_base_id)
        wanted, reason = _taken(DataClassInput(data=request.data))
        classing.base_class_set(
            actor=self.actor,
            knowledge_base=base,
            wanted=wanted or DataClass(base.data_class),
            reason=reason,
        )
        row = selectors.counted(base)
        return Response(knowledge_base_output(row, may_change=may_change(self.actor, row)))


class DocumentClassApi(TenantApi):
    """A document's data class."""

    scope = "knowledge"

    @extend_schema(
        operation_id="documents_class", tags=TAGS, request=DocumentClassInput, responses=DocumentOutput
    )
    def put(self, request: Request, document_id: UUID) -> Response:
        """Raise it, or lower it as a lead with a reason; null gives it its collection's again."""
        document = access_document(self.actor, document_id)
        wanted, reason = _taken(DocumentClassInput(data=request.data))
        classing.document_class_set(actor=self.actor, document=document, wanted=wanted, reason=reason)
        return Response(document_output(document))


def _taken(read: serializers.Serializer[Any]) -> tuple[DataClass | None, str]:
    read.is_valid(raise_exception=True)
    slug = read.validated_data["data_class"]
    return (DataClass.of(slug) if slug else None), read.validated_data.get("reason", "")
