"""Going on from an answer in a chat of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts.api.base import IdempotentMixin, TenantApi
from apps.chat import selectors
from apps.chat.api.serializers import ConversationDetailOutput
from apps.chat.branching import conversation_branch

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class MessageBranchApi(IdempotentMixin, TenantApi):
    """A new chat from an answer on."""

    scope = "chat"

    @extend_schema(
        operation_id="message_branch",
        tags=["messages"],
        request=None,
        responses={201: ConversationDetailOutput},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A new chat with copies of the messages up to this answer; attached files stay with the first chat.

        Safe to repeat with the same Idempotency-Key.
        """
        return super().post(request, *args, **kwargs)

    def create(self, request: Request, message_id: UUID) -> Response:
        made = conversation_branch(actor=self.actor, message_id=message_id)
        return Response(selectors.conversation_detail(self.actor, made), status=201)
