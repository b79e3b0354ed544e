"""A person's chats as files to keep."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema

from apps.accounts.api.base import TenantApi
from apps.chat import errors, handing
from apps.chat.exporting import ENDINGS, MARKDOWN, MEDIA_TYPES
from apps.files.delivery import as_made

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import StreamingHttpResponse
    from rest_framework.request import Request


class ConversationExportApi(TenantApi):
    """One chat."""

    scope = "chat"

    @extend_schema(
        operation_id="conversation_export",
        tags=["conversations"],
        parameters=[
            OpenApiParameter(
                "as",
                str,
                enum=list(ENDINGS),
                description="`markdown` (the branch on screen, the default) or `json`.",
            )
        ],
        responses={(200, "text/markdown"): OpenApiTypes.STR, (200, "application/json"): OpenApiTypes.OBJECT},
    )
    def get(self, request: Request, conversation_id: UUID) -> StreamingHttpResponse:
        """The chat as a file: who said what, names of attached files, citations with document and page."""
        form = request.query_params.get("as", MARKDOWN)
        if form not in ENDINGS:
            raise errors.invalid("as", f"One of {', '.join(ENDINGS)}.")
        name, text = handing.conversation_export(actor=self.actor, conversation_id=conversation_id, form=form)
        return as_made(io.BytesIO(text.encode()), name, MEDIA_TYPES[form])


class ConversationsExportApi(TenantApi):
    """All of one's chats."""

    scope = "chat"

    @extend_schema(
        operation_id="conversation_export_all",
        tags=["conversations"],
        responses={(200, "application/zip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """A zip file with each chat as Markdown and as JSON; what was deleted is not in it."""
        body = handing.conversations_export(actor=self.actor)
        return as_made(body, f"chats-{timezone.now():%Y-%m-%d}.zip", "application/zip")
