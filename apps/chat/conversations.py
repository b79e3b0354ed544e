"""Writes of conversations themselves: begin, rename, pin, choose knowledge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from apps.accounts import selectors as accounts
from apps.audit.services import record
from apps.chat import errors, selectors
from apps.chat.models import Conversation, ConversationKnowledgeBase, TitleSource
from apps.chat.picking import picked
from apps.knowledge.narrowing import WIDE
from apps.llm.errors import ModelNotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.knowledge.narrowing import Narrowing

MAX_KNOWLEDGE_BASES = 20


@dataclass(frozen=True, slots=True)
class Change:
    """What to change of a conversation; None leaves a field as it is."""

    title: str | None = None
    model: str | None = None
    is_pinned: bool | None = None
    knowledge_base_ids: tuple[UUID, ...] | None = None
    narrowing: Narrowing | None = None


def conversation_create(
    *,
    actor: Actor,
    team_id: UUID | None = None,
    model: str | None = None,
    knowledge_base_ids: Sequence[UUID] = (),
    narrowing: Narrowing = WIDE,
) -> Conversation:
    """An empty conversation of one of the person's teams; Everyone when none is named.

    Raises ProblemError 404 (team, knowledge base) or 400 (model).
    """
    team = _team(actor, team_id)
    conversation = Conversation(
        user_id=actor.user_id, team_id=team, updated_at=timezone.now(), narrowing=narrowing.stored()
    )
    if model:
        conversation.model_slug = _granted(team, model)
    conversation.save(force_insert=True)
    if knowledge_base_ids:
        _look_in(actor, conversation, knowledge_base_ids)
    _note(actor, "conversation.create", conversation, team_id=str(team))
    return conversation


def conversation_update(*, actor: Actor, conversation_id: UUID, change: Change) -> Conversation:
    """Renames, pins, or chooses model and knowledge; raises ProblemError 404 or 400."""
    conversation = selectors.lock_conversation(actor, conversation_id)
    if change.title is not None:
        title = " ".join(change.title.split())
        if not title:
            raise errors.invalid("title", "A title has at least one character. The old one is kept.")
        conversation.title, conversation.title_source = title, TitleSource.PERSON
    if change.model is not None:
        conversation.model_slug = _granted(conversation.team_id, change.model)
    if change.is_pinned is not None:
        conversation.is_pinned = change.is_pinned
    fields = ["title", "title_source", "model_slug", "is_pinned"]
    if change.narrowing is not None:
        conversation.narrowing = change.narrowing.stored()
        fields.append("narrowing")
    conversation.save(update_fields=fields)
    if change.knowledge_base_ids is not None:
        _look_in(actor, conversation, change.knowledge_base_ids)
    _note(actor, "conversation.update", conversation)
    return conversation


def _team(actor: Actor, team_id: UUID | None) -> UUID:
    """The team that a new conversation counts for: a key's own, else one of the person's."""
    if actor.api_key is not None:
        if team_id not in {None, actor.api_key.team_id}:
            raise errors.not_found()
        own: UUID = actor.api_key.team_id
        return own
    team = accounts.team_of(actor, team_id)
    if team is None:
        raise errors.not_found()
    return team.id


def _granted(team_id: UUID, slug: str) -> str:
    try:
        return picked(team_id, slug).slug
    except ModelNotFoundError:
        raise errors.model_unavailable() from None


def _look_in(actor: Actor, conversation: Conversation, ids: Sequence[UUID]) -> None:
    from apps.knowledge.selectors import visible_knowledge_bases

    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MAX_KNOWLEDGE_BASES:
        raise errors.invalid(
            "knowledge_base_ids", f"A chat looks in at most {MAX_KNOWLEDGE_BASES} collections."
        )
    if visible_knowledge_bases(actor).filter(id__in=wanted).count() != len(wanted):
        raise errors.not_found()
    chosen = ConversationKnowledgeBase.objects.filter(conversation_id=conversation.id)
    chosen.exclude(knowledge_base_id__in=wanted).delete()
    have = set(chosen.values_list("knowledge_base_id", flat=True))
    ConversationKnowledgeBase.objects.bulk_create(
        [
            ConversationKnowledgeBase(conversation_id=conversation.id, knowledge_base_id=base)
            for base in wanted
            if base not in have
        ]
    )


def _note(actor: Actor, action: str, conversation: Conversation, **detail: str) -> None:
    record(
        actor=actor,
        action=action,
        target_type="conversation",
        target_id=conversation.id,
        detail=detail or None,
    )
