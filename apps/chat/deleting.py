"""Deleting a conversation: it is gone at once, can be taken back for a few minutes, and is then erased."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

from django.db import InterfaceError, OperationalError
from django.db.models.functions import Now

from apps.audit.services import record
from apps.chat import errors, selectors
from apps.chat.models import Conversation, Message, MessageState, Picture
from apps.chat.permissions import own_conversations, visible_conversations
from apps.files.services import file_delete
from apps.guardrails.services import values_forget
from apps.runs import services as runs
from apps.tenants.platform import platform_scope
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor

logger = logging.getLogger(__name__)

ERASED_AFTER: Final = timedelta(minutes=5)
"""How long a deleted conversation can be taken back: well over the time that a page offers Undo."""
MOST_A_SWEEP: Final = 100


def conversation_delete(*, actor: Actor, conversation_id: UUID) -> None:
    """Take it out of sight and stop what is being written in it; raises ProblemError 404.

    Its rows and files are erased after `ERASED_AFTER`, unless it is restored.
    """
    conversation = selectors.lock_conversation(actor, conversation_id)
    awaited = Message.objects.filter(conversation_id=conversation.id, state=MessageState.QUEUED)
    _stop(awaited)
    Conversation.objects.filter(id=conversation.id).update(deleted_at=Now())
    _note(actor, "conversation.delete", conversation)


def conversations_delete_all(*, actor: Actor) -> int:
    """Take all of the person's chats out of sight, as `conversation_delete` does with one; how many."""
    own = visible_conversations(actor).select_for_update()
    ids = list(own.order_by("id").values_list("id", flat=True))
    _stop(Message.objects.filter(conversation_id__in=ids, state=MessageState.QUEUED))
    Conversation.objects.filter(id__in=ids).update(deleted_at=Now())
    record(
        actor=actor,
        action="conversation.all_deleted",
        target_type="user",
        target_id=actor.user_id,
        detail={"chats": len(ids)},
    )
    return len(ids)


def _stop(awaited: QuerySet[Message]) -> None:
    for run_id in awaited.filter(run_id__isnull=False).values_list("run_id", flat=True):
        runs.run_stop(run_id=cast("UUID", run_id))


def conversation_restore(*, actor: Actor, conversation_id: UUID) -> Conversation:
    """Take back that it was deleted; one that is not deleted stays as it is.

    Raises ProblemError 404: never the person's, or erased meanwhile.
    """
    conversation = own_conversations(actor).select_for_update().filter(id=conversation_id).first()
    if conversation is None:
        raise errors.not_found()
    if conversation.deleted_at is not None:
        conversation.deleted_at = None
        conversation.save(update_fields=["deleted_at"])
        _note(actor, "conversation.restore", conversation)
    return conversation


def erase_deleted() -> int:
    """Erase what was deleted longer ago than `ERASED_AFTER`, of all tenants; platform role. At most 100."""
    with platform_scope():
        due = Conversation.across.filter(deleted_at__lt=Now() - ERASED_AFTER).order_by("deleted_at")
        found = list(due.values_list("tenant_id", "id")[:MOST_A_SWEEP])
    return sum(_erased(tenant_id, conversation_id) for tenant_id, conversation_id in found)


def _erased(tenant_id: UUID, conversation_id: UUID) -> bool:
    """As `conversation_erase`; what is wrong with one conversation keeps no other waiting."""
    try:
        return conversation_erase(tenant_id, conversation_id)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("The deleted conversation %s could not be erased.", conversation_id)
        return False


def conversation_erase(tenant_id: UUID, conversation_id: UUID) -> bool:
    """Remove a deleted one with all that is its own; False where it is not deleted, or not any more."""
    from apps.knowledge.care.unanswered import questions_forget
    from apps.knowledge.services import conversation_documents_delete

    with tenant_scope(tenant_id):
        deleted = Conversation.objects.filter(id=conversation_id, deleted_at__isnull=False)
        conversation = deleted.select_for_update().first()
        if conversation is None:
            return False
        conversation_documents_delete(actor=None, conversation_id=conversation.id)
        questions_forget(conversation_id=conversation.id)
        values_forget(conversation_id=conversation.id)
        for picture in Picture.objects.filter(conversation=conversation).select_related("file"):
            file_delete(file=picture.file)
        _note(None, "conversation.erase", conversation)
        conversation.delete()
    return True


def _note(actor: Actor | None, action: str, conversation: Conversation) -> None:
    record(actor=actor, action=action, target_type="conversation", target_id=conversation.id)
