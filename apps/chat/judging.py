"""What a person says of an answer, and of a passage that it cites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.audit.services import record
from apps.chat import errors, parts, selectors
from apps.chat.citing import CITATION
from apps.chat.models import Message, MessageRole, MessageState
from apps.knowledge.care.feedback import feedback_give
from apps.knowledge.permissions import access_chunk

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.knowledge.care.models import PassageFeedback

REASONS: Final = ("wrong", "incomplete", "outdated", "not_what_i_asked", "too_long", "unsafe")
MOST_COMMENT: Final = 1_000


@dataclass(frozen=True, slots=True)
class Rating:
    """Good or bad; a bad one may say why."""

    is_good: bool
    reasons: tuple[str, ...] = ()
    comment: str = ""


def answer_rate(*, actor: Actor, message_id: UUID, rating: Rating | None) -> Message:
    """Keep what the person says of an answer of theirs; None takes it back. Raises ProblemError 404, 400."""
    message = selectors.access_message(actor, message_id)
    if message.role != MessageRole.ASSISTANT or message.state == MessageState.QUEUED:
        raise errors.invalid("id", "Only an answer that has ended can be rated. Nothing was changed.")
    message.rating = None
    if rating is not None:
        message.rating = {
            "is_good": rating.is_good,
            "reasons": [] if rating.is_good else list(dict.fromkeys(rating.reasons)),
            "comment": " ".join(rating.comment.split()),
        }
    message.save(update_fields=["rating"])
    record(
        actor=actor,
        action="message.rated" if rating else "message.unrated",
        target_type="message",
        target_id=message.id,
        after={"is_good": rating.is_good, "reasons": list(rating.reasons)} if rating else None,
    )
    return message


def passage_judge(
    *, actor: Actor, message_id: UUID, chunk_id: UUID, kind: str, comment: str
) -> PassageFeedback:
    """Keep what the person says of a passage that an answer of theirs cites; raises ProblemError 404, 400."""
    message = selectors.access_message(actor, message_id)
    cited = {note["chunk_id"] for note in message.annotations if note["type"] == CITATION}
    if str(chunk_id) not in cited or message.parent_id is None:
        raise errors.not_found()
    question = Message.objects.get(id=message.parent_id)
    return feedback_give(
        actor=actor,
        chunk=access_chunk(actor, chunk_id),
        message_id=message.id,
        question=parts.text_of(parts.load(question.parts)),
        kind=kind,
        comment=comment,
    )
