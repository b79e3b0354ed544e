"""Writing, approving and withdrawing verified answers; who may. Each in the caller's transaction, audited.

What an answer says is what its documents say: who may not read one of them neither sees nor changes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import BooleanField, Exists, ExpressionWrapper, Q
from django.utils import timezone

from apps.audit.services import record
from apps.knowledge.care.answer_models import (
    AnswerState,
    KnowledgeBaseExpert,
    VerifiedAnswer,
    VerifiedQuestion,
)
from apps.knowledge.care.answering import changed_sources, closed_sources
from apps.knowledge.care.days import day_of, today
from apps.knowledge.care.hinting import hint_answer_after_commit
from apps.knowledge.care.resting import sources_write
from apps.knowledge.models import DocumentState
from apps.knowledge.permissions import access_knowledge_base, may_change, may_read, readable_documents
from apps.knowledge.restricting import known_people
from apps.rest.errors import forbidden, invalid, not_found

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor
    from apps.knowledge.models import Document, KnowledgeBase

MOST_TEXT: Final = 8_000
MOST_QUESTIONS: Final = 20
MOST_QUESTION: Final = 500
MOST_SOURCES: Final = 10


@dataclass(frozen=True, slots=True)
class Draft:
    """What is written: wordings of the question, the answer, documents it rests on, the day of its review."""

    questions: tuple[str, ...]
    text: str
    document_ids: tuple[UUID, ...] = ()
    review_by: dt.date | None = None


def may_write(actor: Actor, base: KnowledgeBase) -> bool:
    """Whether the actor may write answers: who may change the collection, and its experts; readers both."""
    return (
        base.conversation_id is None
        and may_read(actor, base)
        and (may_change(actor, base) or _is_expert(actor, base))
    )


def may_approve(actor: Actor, base: KnowledgeBase) -> bool:
    """Whether the actor may approve them: the collection's owner and its experts, while they may read it."""
    is_own = base.owner_id == actor.user_id
    return base.conversation_id is None and may_read(actor, base) and (is_own or _is_expert(actor, base))


def access_answers(actor: Actor, knowledge_base_id: UUID) -> KnowledgeBase:
    """The collection whose answers the actor may write; 404 where they may not see it, 403 otherwise."""
    base = access_knowledge_base(actor, knowledge_base_id)
    if not may_write(actor, base):
        raise forbidden()
    return base


def access_answer(actor: Actor, answer_id: UUID) -> VerifiedAnswer:
    """A verified answer that the actor may write, its documents theirs to read; 404 otherwise."""
    rows = VerifiedAnswer.objects.select_related("knowledge_base", "approved_by")
    answer = _open_to(actor, rows).filter(id=answer_id).first()
    if answer is None or not may_write(actor, answer.knowledge_base):
        raise not_found()
    return answer


def answers_of(actor: Actor, base: KnowledgeBase) -> QuerySet[VerifiedAnswer]:
    """The collection's answers whose documents the actor may read, with wordings and sources.

    Each says whether a source `has_changed`, and whether its day `is_past`.
    """
    rows = VerifiedAnswer.objects.filter(knowledge_base=base).select_related("knowledge_base", "approved_by")
    return (
        _open_to(actor, rows)
        .prefetch_related("questions", "sources")
        .annotate(
            has_changed=Exists(changed_sources()),
            is_past=ExpressionWrapper(Q(review_by__isnull=False, review_by__lt=day_of()), BooleanField()),
        )
    )


def answers_closed(actor: Actor, base: KnowledgeBase) -> int:
    """How many of the collection's answers rest on documents that the actor may not read."""
    rows = VerifiedAnswer.objects.filter(knowledge_base=base)
    return rows.count() - _open_to(actor, rows).count()


def answer_save(
    *, actor: Actor, base: KnowledgeBase, draft: Draft, answer: VerifiedAnswer | None = None
) -> VerifiedAnswer:
    """Write a new answer or change one, which then waits for approval again; raises ProblemError 400."""
    questions = _questions(draft)
    text = draft.text.strip()
    if not text or len(text) > MOST_TEXT:
        raise invalid([{"field": "text", "message": f"Write from 1 to {MOST_TEXT:,} characters."}])
    if draft.review_by is not None and draft.review_by < today():
        raise invalid([{"field": "review_by", "message": "A day from today on."}])
    documents = _documents(actor, base, draft.document_ids)
    is_new = answer is None
    if answer is None:
        answer = VerifiedAnswer(knowledge_base=base, created_by_id=actor.user_id)
    answer.text, answer.review_by, answer.state = text, draft.review_by, AnswerState.DRAFT
    answer.approved_by_id = answer.approved_at = answer.reminded_at = None
    answer.save()
    _write(answer, questions, documents)
    _note(actor, "verified_answer.created" if is_new else "verified_answer.updated", answer)
    return answer


def answer_approve(*, actor: Actor, answer: VerifiedAnswer, is_approved: bool = True) -> VerifiedAnswer:
    """Let it win over generated answers, or withdraw it. Raises 403 for who is no expert, 400 if due."""
    if not may_approve(actor, answer.knowledge_base):
        raise forbidden()
    if is_approved and answer.review_by is not None and answer.review_by < today():
        raise invalid([{"field": "review_by", "message": "This day has passed: set a new one first."}])
    if is_approved:
        _quote_again(actor, answer)
    answer.state = AnswerState.APPROVED if is_approved else AnswerState.DRAFT
    answer.approved_by_id = actor.user_id if is_approved else None
    answer.approved_at = timezone.now() if is_approved else None
    answer.reminded_at = None
    answer.save()
    _note(actor, "verified_answer.approved" if is_approved else "verified_answer.withdrawn", answer)
    hint_answer_after_commit(answer.id)
    return answer


def answer_delete(*, actor: Actor, answer: VerifiedAnswer) -> None:
    """Delete it; chats keep what they said."""
    _note(actor, "verified_answer.deleted", answer)
    answer.delete()


def experts_set(*, actor: Actor, base: KnowledgeBase, user_ids: Sequence[UUID]) -> None:
    """Name the collection's experts; the caller has checked that the actor may change it. Raises 400."""
    people = known_people(user_ids) if user_ids else []
    KnowledgeBaseExpert.objects.filter(knowledge_base=base).delete()
    KnowledgeBaseExpert.objects.bulk_create(
        [KnowledgeBaseExpert(knowledge_base=base, user_id=user_id) for user_id in people]
    )
    record(
        actor=actor,
        action="knowledge_base.experts_set",
        target_type="knowledge_base",
        target_id=base.id,
        after={"people": [str(user_id) for user_id in people]},
    )


def _open_to(actor: Actor, answers: QuerySet[VerifiedAnswer]) -> QuerySet[VerifiedAnswer]:
    return answers.filter(~Exists(closed_sources(actor.user_id).filter(document__isnull=False)))


def _is_expert(actor: Actor, base: KnowledgeBase) -> bool:
    return KnowledgeBaseExpert.objects.filter(knowledge_base=base, user_id=actor.user_id).exists()


def _questions(draft: Draft) -> list[str]:
    cleaned = dict.fromkeys(" ".join(each.split()) for each in draft.questions)
    questions = [each for each in cleaned if each]
    if not 1 <= len(questions) <= MOST_QUESTIONS or any(len(each) > MOST_QUESTION for each in questions):
        message = f"From 1 to {MOST_QUESTIONS} questions of up to {MOST_QUESTION} characters, one a line."
        raise invalid([{"field": "questions", "message": message}])
    return questions


def _documents(actor: Actor, base: KnowledgeBase, ids: Sequence[UUID]) -> list[Document]:
    wanted = list(dict.fromkeys(ids))
    ready = readable_documents(actor.user_id).filter(knowledge_base=base, state=DocumentState.READY)
    found = {document.id: document for document in ready.filter(id__in=wanted)}
    if len(wanted) > MOST_SOURCES or len(found) != len(wanted):
        message = f"At most {MOST_SOURCES} documents of this collection that are ready and that you may read."
        raise invalid([{"field": "document_ids", "message": message}])
    return [found[id_] for id_ in wanted]


def _write(answer: VerifiedAnswer, questions: Sequence[str], documents: Sequence[Document]) -> None:
    VerifiedQuestion.objects.filter(answer=answer).delete()
    VerifiedQuestion.objects.bulk_create(
        [VerifiedQuestion(answer=answer, position=at, text=each) for at, each in enumerate(questions)]
    )
    sources_write(answer, documents)


def _quote_again(actor: Actor, answer: VerifiedAnswer) -> None:
    """Approving says that the answer is right by its documents as they are now."""
    ids = list(answer.sources.order_by("position").values_list("document_id", flat=True))
    if None in ids:
        raise invalid(
            [{"field": "document_ids", "message": "A source was deleted: choose the sources anew."}]
        )
    sources_write(answer, _documents(actor, answer.knowledge_base, ids))


def _note(actor: Actor, action: str, answer: VerifiedAnswer) -> None:
    after: dict[str, Any] = {"knowledge_base": str(answer.knowledge_base_id), "state": answer.state}
    record(actor=actor, action=action, target_type="verified_answer", target_id=answer.id, after=after)


def experts_of(base: KnowledgeBase) -> list[KnowledgeBaseExpert]:
    """The collection's experts by name."""
    return list(
        KnowledgeBaseExpert.objects.filter(knowledge_base=base).select_related("user").order_by("user__name")
    )


def answer_output(answer: VerifiedAnswer) -> dict[str, Any]:
    """An answer as clients see it; needs what `answers_of` loads."""
    has_changed = bool(getattr(answer, "has_changed", False))
    by = answer.approved_by
    is_approved = answer.state == AnswerState.APPROVED
    return {
        "id": answer.id,
        "knowledge_base_id": answer.knowledge_base_id,
        "questions": [row.text for row in sorted(answer.questions.all(), key=lambda row: row.position)],
        "text": answer.text,
        "state": answer.state,
        "is_in_force": is_approved and not has_changed and not getattr(answer, "is_past", False),
        "has_changed_source": has_changed,
        "review_by": answer.review_by,
        "approved_by": {"id": by.id, "name": by.name} if by else None,
        "approved_at": answer.approved_at,
        "sources": [
            {
                "document_id": row.document_id,
                "title": row.title,
                "page": row.page,
                "place": row.place.label,
                "chunk_id": row.chunk_id,
            }
            for row in sorted(answer.sources.all(), key=lambda row: row.position)
        ],
        "created_at": answer.created_at,
    }
