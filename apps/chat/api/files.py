"""Files attached in a chat: the chat checks whose it is, knowledge keeps and reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from apps.chat import selectors
from apps.chat.api.serializers import AttachedFile
from apps.files.api.uploads import UPLOAD_SCHEMA, UploadApi, uploaded_file
from apps.knowledge.outputs import file_output
from apps.knowledge.services import conversation_file_add

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class ConversationFileListApi(UploadApi):
    """The files of a chat."""

    scope = "chat"

    @extend_schema(
        operation_id="conversation_file_add",
        tags=["conversations"],
        request=UPLOAD_SCHEMA,
        responses={201: AttachedFile},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Attach a file; it is read in the background. Name it in the next message's `file_ids`.

        Safe to repeat with the same Idempotency-Key.
        """
        return super().post(request, *args, **kwargs)

    def create(self, request: Request, conversation_id: UUID) -> Response:
        conversation = selectors.access_conversation(self.actor, conversation_id)
        file = uploaded_file(request)
        document = conversation_file_add(
            actor=self.actor, conversation_id=conversation.id, name=file.name or "", stream=file
        )
        return Response(file_output(document), status=201)
