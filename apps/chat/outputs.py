"""Messages and conversations as clients receive them, by REST and in an answer's end event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.chat import parts
from apps.chat.citing import CITATION, NEAREST
from apps.chat.models import MessageState
from apps.guardrails.classes import DataClass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from apps.chat.finding import Match
    from apps.chat.models import Conversation, Message
    from apps.knowledge.care.freshness import Due


def conversation_output(conversation: Conversation) -> dict[str, Any]:
    """A row of the history."""
    return {
        "id": conversation.id,
        "title": conversation.title,
        "team_id": conversation.team_id,
        "model": conversation.model_slug or None,
        "current_message_id": conversation.current_message_id,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
        "is_pinned": conversation.is_pinned,
        "running": bool(getattr(conversation, "running", False)),
    }


def found_output(conversation: Conversation, match: Match | None = None) -> dict[str, Any]:
    """A row of a list of chats, with the message that a search found it by."""
    found = {"message_id": match.message_id, "text": match.text} if match else None
    return conversation_output(conversation) | {"match": found}


def message_output(
    message: Message,
    files: Mapping[UUID, Mapping[str, Any]],
    readable: Mapping[str, Due | None] | None = None,
) -> dict[str, Any]:
    """A message as it is now; `files` has the output of each attachment.

    Of documents that are not among the `readable` no passage is quoted and none is offered to look into; None
    stands for all. It has the day by which each is to be looked at again.
    """
    return _identity(message) | {
        "state": message.state,
        "parts": [_part(part, files) for part in parts.load(message.parts) if not parts.is_hidden(part)],
        "annotations": [_quoted(note, readable) for note in message.annotations],
        "steps": message.steps,
        "error": message.error,
        "usage": message.usage,
        "rating": message.rating,
    }


def _quoted(note: dict[str, Any], readable: Mapping[str, Due | None] | None) -> dict[str, Any]:
    if readable is None:
        return note
    if note["type"] == NEAREST:
        shown = [document for document in note["documents"] if document["document_id"] in readable]
        return note | {"documents": shown}
    if note["type"] != CITATION:
        return note
    if note["document_id"] not in readable:
        return note | {"quote": "", "heading": [], "place": ""}
    due = readable[note["document_id"]]
    return note | {"review_by": due.by.isoformat(), "is_stale": due.is_stale} if due else note


def accepted(question: Message, answer: Message, files: Mapping[UUID, Mapping[str, Any]]) -> dict[str, Any]:
    """A question that was accepted, with the answer that its run will fill."""
    return {
        "question": message_output(question, files),
        "answer": accepted_answer(answer),
        "run": accepted_run(answer),
    }


def accepted_answer(message: Message) -> dict[str, Any]:
    """An answer as it was when its question was accepted: a repeated send gets the same body."""
    return _identity(message) | {
        "state": MessageState.QUEUED.value,
        "parts": [],
        "annotations": [],
        "steps": [],
        "error": None,
        "usage": None,
        "rating": None,
    }


def accepted_run(message: Message, kind: str = "reply") -> dict[str, Any]:
    """The answer's run as it was when it was accepted."""
    return {
        "id": message.run_id,
        "kind": kind,
        "state": "queued",
        "message_id": message.id,
        "conversation_id": message.conversation_id,
        "position": 0,
        "error": None,
    }


def _identity(message: Message) -> dict[str, Any]:
    model = {"slug": message.model_slug, "name": message.model_name} if message.model_slug else None
    return {
        "id": message.id,
        "client_id": message.client_id,
        "conversation_id": message.conversation_id,
        "parent_id": message.parent_id,
        "role": message.role,
        "model": model,
        "run_id": message.run_id,
        "created_at": message.created_at,
    }


def _part(part: parts.Part, files: Mapping[UUID, Mapping[str, Any]]) -> dict[str, Any]:
    match part:
        case parts.Attachment(file_id):
            return {"type": "file", "file": files.get(file_id) or _gone(file_id)}
        case parts.Painted(file_id, name, alt):
            return {"type": "picture", "url": f"/api/v1/pictures/{file_id}", "name": name, "alt": alt}
        case parts.Reasoning(text):
            return {"type": "reasoning", "text": text}
        case parts.Text(text):
            return {"type": "text", "text": text}


def _gone(file_id: UUID) -> dict[str, Any]:
    return {
        "id": file_id,
        "name": "Deleted file",
        "size": 0,
        "media_type": "application/octet-stream",
        "document_id": None,
        "state": "failed",
        "error": {"kind": "deleted", "detail": "This file was deleted."},
        "data_class": DataClass.INTERNAL.slug,
        "pages": None,
    }
