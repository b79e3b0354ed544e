"""REST of discarding an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.accounts.api.base import TenantApi
from apps.chat.discarding import answer_discard

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class MessageApi(TenantApi):
    """One message."""

    scope = "chat"

    @extend_schema(operation_id="message_discard", responses={204: None})
    def delete(self, request: Request, message_id: UUID) -> Response:
        """Delete an answer beside which another stands, as after a comparison; this can not be undone."""
        answer_discard(actor=self.actor, message_id=message_id)
        return Response(status=204)
