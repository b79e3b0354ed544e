"""Handing a person their chats: one as text, all of them as a zip file. Each is an event of the audit log."""

from __future__ import annotations

import tempfile
import zipfile
from typing import IO, TYPE_CHECKING, Any, Final, cast

from apps.audit.services import record
from apps.chat import outputs, selectors
from apps.chat.exporting import ENDINGS, exported, file_name
from apps.chat.permissions import visible_conversations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.chat.models import Conversation

IN_MEMORY: Final = 8 * 1024 * 1024
AT_ONCE: Final = 100


def conversation_export(*, actor: Actor, conversation_id: UUID, form: str) -> tuple[str, str]:
    """A chat's file name and text; raises ProblemError 404."""
    conversation = selectors.access_conversation(actor, conversation_id)
    _note(actor, "conversation.export", "conversation", conversation.id, form=form)
    text = exported(form, outputs.conversation_output(conversation), _messages(actor, conversation))
    return file_name(conversation.title, form), text


def conversations_export(*, actor: Actor) -> IO[bytes]:
    """All of the person's chats as an open zip file: a folder for each form, the last used chat first."""
    body = cast("IO[bytes]", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - the caller's
    count = 0
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for conversation in _all(actor):
            count += 1
            row, messages = outputs.conversation_output(conversation), _messages(actor, conversation)
            for form in ENDINGS:
                name = f"{form}/{count:05} {file_name(conversation.title, form)}"
                archive.writestr(name, exported(form, row, messages))
    body.seek(0)
    _note(actor, "conversation.all_exported", "user", actor.user_id, chats=count)
    return body


def _all(actor: Actor) -> Iterator[Conversation]:
    return visible_conversations(actor).order_by("-updated_at", "-id").iterator(chunk_size=AT_ONCE)


def _messages(actor: Actor, conversation: Conversation) -> list[dict[str, Any]]:
    found = list(selectors.message_list(conversation.id))
    files = selectors.files_of(found)
    readable = selectors.readable_sources(actor.user_id, found)
    return [outputs.message_output(message, files, readable) for message in found]


def _note(actor: Actor, action: str, target_type: str, target_id: UUID, **detail: str | int) -> None:
    record(actor=actor, action=action, target_type=target_type, target_id=target_id, detail=dict(detail))
