"""Taking away an answer that was made beside another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.audit.services import record
from apps.chat import errors, selectors
from apps.chat.models import Message, MessageRole, MessageState
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor


def answer_discard(*, actor: Actor, message_id: UUID) -> None:
    """Delete an answer beside which another stands. What it cost stays in the ledger.

    Raises ProblemError 404, 400 (not an answer), 409 (being written, the only one, or continued).
    """
    message = selectors.access_message(actor, message_id)
    conversation = selectors.lock_conversation(actor, message.conversation_id)
    if message.role != MessageRole.ASSISTANT or message.parent_id is None:
        raise errors.invalid("id", "Only an answer can be discarded. Nothing was changed.")
    others = Message.objects.filter(parent_id=message.parent_id, role=MessageRole.ASSISTANT)
    other = others.exclude(id=message.id).order_by("-id").first()
    if Message.objects.filter(id=message.id, state=MessageState.QUEUED).exists():
        raise errors.answer_running()
    if other is None or Message.objects.filter(parent_id=message.id).exists():
        raise ProblemError(
            409,
            "answer_needed",
            "This answer is needed",
            "It is the only one, or the chat goes on from it. Nothing was changed.",
        )
    if conversation.current_message_id == message.id:
        conversation.current_message_id = other.id
        conversation.save(update_fields=["current_message_id"])
    record(
        actor=actor,
        action="message.discarded",
        target_type="message",
        target_id=message.id,
        detail={"conversation_id": str(conversation.id), "kept": str(other.id)},
    )
    Message.objects.filter(id=message.id).delete()
