"""A collection's room over REST: what it may hold, what it holds, and limits of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.accounts.permissions import can
from apps.knowledge import quotas
from apps.knowledge.permissions import MANAGE, access_knowledge_base
from apps.rest.errors import forbidden
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

TAGS: Final = ["knowledge"]


class QuotaInput(InputSerializer):
    """A collection's own limits; null for the installation's."""

    bytes_limit = serializers.IntegerField(min_value=0, max_value=2**53, allow_null=True)
    documents_limit = serializers.IntegerField(min_value=0, max_value=2**31 - 1, allow_null=True)


class QuotaOutput(serializers.Serializer[Any]):
    """What a collection may hold and what it holds; old versions count in bytes only."""

    bytes_limit = serializers.IntegerField()
    bytes_used = serializers.IntegerField()
    documents_limit = serializers.IntegerField()
    documents_used = serializers.IntegerField()


class QuotaApi(TenantApi):
    """A collection's room."""

    scope = "knowledge"

    @extend_schema(operation_id="quota_read", tags=TAGS, responses=QuotaOutput)
    def get(self, request: Request, knowledge_base_id: UUID) -> Response:
        """How much room there is."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id)
        return Response(quotas.quota_of(knowledge_base)._asdict())

    @extend_schema(operation_id="quota_update", tags=TAGS, request=QuotaInput, responses=QuotaOutput)
    def put(self, request: Request, knowledge_base_id: UUID) -> Response:
        """Set limits; for those who manage knowledge. What is there stays, also above a new limit."""
        knowledge_base = access_knowledge_base(self.actor, knowledge_base_id, change=True)
        if not can(self.actor, MANAGE):
            raise forbidden()
        read = QuotaInput(data=request.data)
        read.is_valid(raise_exception=True)
        quotas.quota_set(
            actor=self.actor,
            knowledge_base=knowledge_base,
            size=read.validated_data["bytes_limit"],
            documents=read.validated_data["documents_limit"],
        )
        return Response(quotas.quota_of(knowledge_base)._asdict())
