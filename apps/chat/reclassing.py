"""A person gives a conversation another data class: whoever may write in it raises it, a lead lowers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from apps.accounts.models import Membership, MembershipRole
from apps.accounts.permissions import can
from apps.audit.services import record
from apps.chat import errors, selectors
from apps.chat.classing import LONGEST_WHY, Standing
from apps.chat.models import Conversation
from apps.knowledge.classing import classed_sources
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.guardrails.classes import DataClass

LONGEST_REASON: Final = 200
_SOURCES: Final = Statement("""
SELECT DISTINCT s.id::uuid FROM chat_message m CROSS JOIN LATERAL
       jsonb_array_elements_text(m.source_document_ids) s(id)
WHERE m.tenant_id = %s AND m.conversation_id = %s
""")


def may_lower(actor: Actor, conversation: Conversation) -> bool:
    """Who manages teams, or leads the conversation's."""
    leads = Membership.objects.filter(
        user_id=actor.user_id, team_id=conversation.team_id, role=MembershipRole.LEAD
    )
    return can(actor, "teams.manage") or leads.exists()


def standing_of(conversation: Conversation) -> Standing:
    """The class that holds for what would be sent now: the conversation's, with that of its files."""
    kept = Standing.of(conversation.data_class, conversation.class_why, conversation.class_waived)
    return kept.with_sources(classed_sources((), conversation.id))


def class_output(actor: Actor, conversation: Conversation) -> Mapping[str, Any]:
    """The class as clients see it."""
    standing = standing_of(conversation)
    return {
        "data_class": standing.data_class.slug if standing.data_class else None,
        "why": standing.why,
        "may_lower": may_lower(actor, conversation),
    }


def conversation_class_set(
    *, actor: Actor, conversation_id: UUID, wanted: DataClass, reason: str = ""
) -> Conversation:
    """Raise the class, or lower it as a lead of the team with a reason; audited with both.

    What the chat has used so far raises it no more, unless a document gets a higher class than it had then.
    Raises ProblemError 404 (not the actor's), 400 (no lead, no reason); then nothing has changed.
    """
    selectors.lock_conversation(actor, conversation_id)
    conversation = Conversation.objects.get(id=conversation_id)
    now, reason = standing_of(conversation), " ".join(reason.split())[:LONGEST_REASON]
    if wanted == now.data_class:
        return conversation
    lowers = now.data_class is not None and wanted < now.data_class
    if lowers:
        _refuse_unless_allowed(actor, conversation, reason)
        conversation.class_waived = _let_pass(conversation, wanted)
    verb = "lowered" if lowers else "raised"
    said = f"{actor.name} {verb} this chat to {wanted.slug}{f': {reason}' if reason else ''}"
    conversation.data_class, conversation.class_why = wanted, f"{said[: LONGEST_WHY - 1].rstrip('.')}."
    conversation.save(update_fields=["data_class", "class_why", "class_waived"])
    record(
        actor=actor,
        action=f"data_class.{verb}",
        target_type="conversation",
        target_id=conversation.id,
        before={"data_class": now.data_class.slug if now.data_class else None},
        after={"data_class": wanted.slug},
        detail={"reason": reason} if reason else None,
    )
    return conversation


def _refuse_unless_allowed(actor: Actor, conversation: Conversation, reason: str) -> None:
    if not may_lower(actor, conversation):
        raise errors.invalid(
            "data_class",
            "Only a lead of the chat's team or an administrator may lower its class. Nothing was changed. "
            "Ask one, or begin a new chat without what made this one higher.",
        )
    if not reason:
        raise errors.invalid("reason", "Say why the lower class is right: it is kept in the audit log.")


def _let_pass(conversation: Conversation, wanted: DataClass) -> dict[str, int]:
    """Every document that the chat has used, with the class that it has now, where that is higher."""
    rows = execute(_SOURCES, [current_tenant_id(), conversation.id]).rows
    used = classed_sources([row[0] for row in rows], conversation.id)
    return {str(source.document_id): int(source.data_class) for source in used if source.data_class > wanted}
