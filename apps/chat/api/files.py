"""Files attached in a chat: the chat checks whose it is, knowledge keeps and reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from apps.chat import errors, selectors
from apps.chat.api.serializers import AttachedFile
from apps.files.api.uploads import UploadApi, UploadInput, uploaded_file
from apps.guardrails.classes import SLUGS, DataClass, highest
from apps.knowledge.classing import document_class_set
from apps.knowledge.outputs import file_output
from apps.knowledge.services import conversation_file_add

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class AttachInput(UploadInput):
    """A file and, if it has one of its own, its data class."""

    data_class = serializers.ChoiceField(SLUGS, required=False)


def class_of_upload(request: Request) -> DataClass | None:
    """The class that the form names; None without one. Raises ProblemError 400 for a word that is none."""
    slug = str(request.POST.get("data_class", ""))
    try:
        return DataClass.of(slug) if slug else None
    except KeyError:
        raise errors.invalid("data_class", "Choose a class of the list. Nothing was uploaded.") from None


class ConversationFileListApi(UploadApi):
    """The files of a chat."""

    scope = "chat"

    @extend_schema(
        operation_id="conversation_file_add",
        tags=["conversations"],
        request={"multipart/form-data": AttachInput},
        responses={201: AttachedFile},
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Attach a file; it is read in the background. Name it in the next message's `file_ids`.

        `data_class` is the file's own; a lower one is raised to the chat's, or to internal.

        Safe to repeat with the same Idempotency-Key.
        """
        return super().post(request, *args, **kwargs)

    def create(self, request: Request, conversation_id: UUID) -> Response:
        conversation = selectors.access_conversation(self.actor, conversation_id)
        file = uploaded_file(request)
        wanted = highest([class_of_upload(request), conversation.data_class])
        document = conversation_file_add(
            actor=self.actor, conversation_id=conversation.id, name=file.name or "", stream=file
        )
        if wanted is not None and wanted > document.held_class:
            document_class_set(actor=self.actor, document=document, wanted=wanted)
        return Response(file_output(document), status=201)
