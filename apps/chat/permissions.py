"""Who may see a conversation: only the person whose it is. Roles open no one's chats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.chat.models import Conversation

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from apps.accounts.actors import Actor


def own_conversations(actor: Actor) -> QuerySet[Conversation]:
    """The person's own, those deleted a moment ago too; through an API key only those of the key's team."""
    own = Conversation.objects.filter(user_id=actor.user_id)
    return own if actor.api_key is None else own.filter(team_id=actor.api_key.team_id)


def visible_conversations(actor: Actor) -> QuerySet[Conversation]:
    """The person's own that are not deleted; through an API key only those of the key's team."""
    return own_conversations(actor).filter(deleted_at=None)
