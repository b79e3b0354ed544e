"""Who looks after a collection: its owner, and whoever manages knowledge where it is shared at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from apps.accounts.permissions import can
from apps.knowledge.care.models import PassageFeedback, UnansweredQuestion
from apps.knowledge.models import KnowledgeBase, Visibility
from apps.knowledge.permissions import MANAGE
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor


def looked_after(actor: Actor) -> QuerySet[KnowledgeBase]:
    """The collections whose questions and feedback the actor works through.

    Never a chat's own, nor what a person keeps to themselves: what is asked there is theirs alone.
    """
    own = Q(owner_id=actor.user_id)
    shared = ~Q(visibility=Visibility.PRIVATE) if can(actor, MANAGE) else Q(pk=None)
    return KnowledgeBase.objects.filter(own | shared, conversation_id=None)


def access_looked_after(actor: Actor, knowledge_base_id: UUID) -> KnowledgeBase:
    """The collection if the actor looks after it; 404 otherwise."""
    found = looked_after(actor).filter(id=knowledge_base_id).first()
    if found is None:
        raise not_found()
    return found


def access_question(actor: Actor, question_id: UUID) -> UnansweredQuestion:
    """An unanswered question of a collection that the actor looks after; 404 otherwise."""
    questions = UnansweredQuestion.objects.select_related("knowledge_base")
    found = questions.filter(id=question_id, knowledge_base__in=looked_after(actor)).first()
    if found is None:
        raise not_found()
    return found


def access_feedback(actor: Actor, feedback_id: UUID) -> PassageFeedback:
    """Feedback on a passage of a collection that the actor looks after; 404 otherwise."""
    rows = PassageFeedback.objects.select_related("knowledge_base", "document", "user")
    found = rows.filter(id=feedback_id, knowledge_base__in=looked_after(actor)).first()
    if found is None:
        raise not_found()
    return found
