"""REST of a conversation's data class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.chat import selectors
from apps.chat.reclassing import LONGEST_REASON, class_output, conversation_class_set
from apps.guardrails.classes import SLUGS, DataClass
from apps.rest.serializers import InputSerializer

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class ConversationClassOutput(serializers.Serializer[Any]):
    """How far what is said in a chat may go; null: nothing sent in it has a class."""

    data_class = serializers.ChoiceField(SLUGS, allow_null=True)
    why = serializers.CharField(allow_blank=True, help_text="Who or what gave it that class, in a sentence.")
    may_lower = serializers.BooleanField(help_text="Whether you may lower it: as a lead of its team.")


class ConversationClassInput(InputSerializer):
    """Another class. Anyone who writes in the chat may raise it; to lower it needs a lead and a reason."""

    data_class = serializers.ChoiceField(SLUGS)
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=LONGEST_REASON)


class ConversationClassApi(TenantApi):
    """The data class of a chat."""

    scope = "chat"

    @extend_schema(
        operation_id="conversation_class_read", tags=["conversations"], responses=ConversationClassOutput
    )
    def get(self, request: Request, conversation_id: UUID) -> Response:
        """The class that holds for what would be sent now."""
        conversation = selectors.access_conversation(self.actor, conversation_id)
        return Response(class_output(self.actor, conversation))

    @extend_schema(
        operation_id="conversation_class_set",
        tags=["conversations"],
        request=ConversationClassInput,
        responses=ConversationClassOutput,
    )
    def put(self, request: Request, conversation_id: UUID) -> Response:
        """Raise it, or lower it as a lead with a reason; both are kept in the audit log."""
        selectors.access_conversation(self.actor, conversation_id)
        read = ConversationClassInput(data=request.data)
        read.is_valid(raise_exception=True)
        conversation = conversation_class_set(
            actor=self.actor,
            conversation_id=conversation_id,
            wanted=DataClass.of(read.validated_data["data_class"]),
            reason=read.validated_data["reason"],
        )
        return Response(class_output(self.actor, conversation))
