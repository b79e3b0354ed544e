"""Going on from an answer in a chat of its own, which holds what was said up to there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from apps.audit.services import record
from apps.chat import errors, selectors
from apps.chat.models import Conversation, ConversationKnowledgeBase, Message, MessageRole, MessageState
from apps.knowledge.selectors import visible_knowledge_bases
from apps.tenants.models import new_id

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor

LONGEST = 200
SUFFIX = " (branch)"


def conversation_branch(*, actor: Actor, message_id: UUID) -> Conversation:
    """A new chat with copies of the messages up to this answer, its team, model, knowledge and data class.

    Attached files stay with the chat that they were uploaded to: they are named here, not searched. Raises
    ProblemError 404, 400 (not an answer), 409 (still being written).
    """
    last = selectors.access_message(actor, message_id)
    if last.role != MessageRole.ASSISTANT:
        raise errors.invalid("id", "A branch begins after an answer. Nothing was changed; name the answer.")
    if last.state == MessageState.QUEUED:
        raise errors.answer_running()
    copies = _copies(last)
    made = _conversation(last.conversation)
    made.current_message_id = copies[-1].id
    made.save(force_insert=True)
    _look_in_the_same(actor, last.conversation_id, made)
    for copy in copies:
        copy.conversation_id = made.id
    Message.objects.bulk_create(copies)
    record(
        actor=actor,
        action="conversation.branch",
        target_type="conversation",
        target_id=made.id,
        detail={"from_message": str(last.id), "messages": len(copies)},
    )
    return made


def _conversation(old: Conversation) -> Conversation:
    return Conversation(
        user_id=old.user_id,
        team_id=old.team_id,
        title=f"{old.title[: LONGEST - len(SUFFIX)]}{SUFFIX}" if old.title else "",
        title_source=old.title_source,
        model_slug=old.model_slug,
        narrowing=old.narrowing,
        data_class=old.data_class,
        class_why=old.class_why,
        class_waived=old.class_waived,
        updated_at=timezone.now(),
    )


def _look_in_the_same(actor: Actor, old_id: UUID, made: Conversation) -> None:
    chosen = visible_knowledge_bases(actor).filter(id__in=selectors.knowledge_base_ids(old_id))
    ConversationKnowledgeBase.objects.bulk_create(
        ConversationKnowledgeBase(conversation_id=made.id, knowledge_base_id=base)
        for base in chosen.order_by("id").values_list("id", flat=True)
    )


def _copies(last: Message) -> list[Message]:
    """The messages from the root to this one under new ids, without run and rating."""
    by_id = {message.id: message for message in selectors.message_list(last.conversation_id)}
    branch: list[Message] = []
    message: Message | None = by_id[last.id]
    while message is not None:
        branch.append(message)
        message = by_id.get(message.parent_id) if message.parent_id else None
    copies: list[Message] = []
    for old in reversed(branch):
        copies.append(
            Message(
                id=new_id(),
                parent_id=copies[-1].id if copies else None,
                author_id=old.author_id,
                role=old.role,
                state=old.state,
                parts=old.parts,
                annotations=old.annotations,
                steps=old.steps,
                source_document_ids=old.source_document_ids,
                usage=old.usage,
                error=old.error,
                model_slug=old.model_slug,
                model_name=old.model_name,
            )
        )
    return copies
