"""What people say of the passages that answers cite: given from a chat, seen to by who looks after them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from apps.audit.services import record
from apps.knowledge.care.models import FeedbackKind, FeedbackState, PassageFeedback
from apps.knowledge.selectors import readable_document_ids
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor
    from apps.knowledge.models import Chunk, KnowledgeBase

MOST_COMMENT: Final = 500


def feedback_give(
    *, actor: Actor, chunk: Chunk, message_id: UUID, question: str, kind: str, comment: str = ""
) -> PassageFeedback:
    """Keep what the actor says of a passage, which the caller has checked that they may read; raises 400.

    Saying it again of the same passage in the same answer replaces what was said, and opens it again.
    """
    comment = " ".join(comment.split())
    if kind not in FeedbackKind.values:
        raise invalid([{"field": "kind", "message": f"One of: {', '.join(FeedbackKind.values)}."}])
    if len(comment) > MOST_COMMENT:
        raise invalid([{"field": "comment", "message": f"At most {MOST_COMMENT} characters."}])
    document = chunk.document
    given, _ = PassageFeedback.objects.update_or_create(
        user_id=actor.user_id,
        message_id=message_id,
        chunk_id=chunk.id,
        defaults={
            "knowledge_base_id": document.knowledge_base_id,
            "document_id": document.version_of_id or document.id,
            "document_version": document.version,
            "kind": kind,
            "comment": comment,
            "question": question,
            "passage": chunk.text,
            "state": FeedbackState.OPEN,
            "resolved_by_id": None,
            "resolved_at": None,
        },
    )
    record(
        actor=actor,
        action="passage_feedback.given",
        target_type="passage_feedback",
        target_id=given.id,
        after={"document": str(given.document_id), "version": document.version, "kind": kind},
    )
    return given


def feedback_resolve(*, actor: Actor, feedback: PassageFeedback, is_resolved: bool) -> PassageFeedback:
    """Say that it was seen to, or open it again."""
    feedback.state = FeedbackState.RESOLVED if is_resolved else FeedbackState.OPEN
    feedback.resolved_by_id = actor.user_id if is_resolved else None
    feedback.resolved_at = timezone.now() if is_resolved else None
    feedback.save(update_fields=["state", "resolved_by", "resolved_at"])
    record(
        actor=actor,
        action="passage_feedback.resolved" if is_resolved else "passage_feedback.opened",
        target_type="passage_feedback",
        target_id=feedback.id,
    )
    return feedback


def feedback_of(bases: QuerySet[KnowledgeBase], *, state: str = "") -> QuerySet[PassageFeedback]:
    """What was said of these collections' passages, with who said it."""
    found = PassageFeedback.objects.filter(knowledge_base__in=bases)
    if state:
        found = found.filter(state=state)
    return found.select_related("knowledge_base", "document", "user")


def feedback_outputs(actor: Actor, rows: Sequence[PassageFeedback]) -> list[dict[str, Any]]:
    """The rows as clients see them; the passage only where the actor may read its document now."""
    ids = [row.document_id for row in rows]
    readable = readable_document_ids(user_id=actor.user_id, document_ids=ids) if ids else set()
    return [_output(row, is_readable=row.document_id in readable) for row in rows]


def _output(feedback: PassageFeedback, *, is_readable: bool) -> dict[str, Any]:
    base, document = feedback.knowledge_base, feedback.document
    return {
        "id": feedback.id,
        "knowledge_base": {"id": base.id, "name": base.name},
        "document": {"id": document.id, "name": document.title},
        "document_version": feedback.document_version,
        "chunk_id": feedback.chunk_id,
        "kind": feedback.kind,
        "kind_label": feedback.get_kind_display(),
        "comment": feedback.comment,
        "question": feedback.question,
        "passage": feedback.passage if is_readable else None,
        "given_by": {"id": feedback.user_id, "name": feedback.user.name},
        "state": feedback.state,
        "created_at": feedback.created_at,
    }
