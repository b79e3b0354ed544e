"""Questions that documents could not answer: gathered as they are asked, told without names, worked off."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from apps.audit.services import record
from apps.knowledge.care.likeness import Wording, are_alike, wording_of
from apps.knowledge.care.models import QuestionState, UnansweredAsking, UnansweredQuestion
from apps.knowledge.embedding import embedding_models
from apps.knowledge.fields import vector_text
from apps.knowledge.models import KnowledgeBase
from apps.knowledge.permissions import readable_by
from apps.knowledge.support import words_of
from apps.rest.errors import invalid
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor

MOST_TEXT: Final = 500
MOST_COMPARED: Final = 500
FEWEST_WORDS: Final = 2

_NEAR: Final = """
SELECT q.id, q.text,
       CASE WHEN q.model_id = %(model)s::uuid AND vector_dims(q.embedding) = vector_dims(%(vector)s::halfvec)
            THEN 1 - (q.embedding <=> %(vector)s::halfvec) END
FROM knowledge_unansweredquestion q
WHERE q.tenant_id = %(tenant)s AND q.knowledge_base_id = %(base)s AND q.state <> 'done'
ORDER BY q.last_asked_at DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Asking:
    """A question as a chat asked it; `vectors` is what it means, by embedding model, as far as known."""

    user_id: UUID
    conversation_id: UUID
    message_id: UUID
    text: str
    vectors: Mapping[UUID, Sequence[float]] = field(default_factory=dict)


def question_note(*, asking: Asking, knowledge_base_ids: Iterable[UUID]) -> None:
    """Note for each of the collections, as far as the person may read it, that it could not answer.

    Once for an answer (`message_id`). What says too little to be looked up, as "Thanks", is not noted.
    """
    text = " ".join(asking.text.split())[:MOST_TEXT]
    wording = wording_of(text)
    words = words_of(text, wording.language)
    if len(words.stems) + len(words.numbers) < FEWEST_WORDS:
        return
    asked = readable_by(asking.user_id).filter(id__in=list(knowledge_base_ids), conversation_id=None)
    for base in asked.order_by("id"):
        _note(base, asking, wording)


def questions_forget(*, conversation_id: UUID) -> None:
    """Forget what was asked in a chat; a question that others asked too stays, in their words."""
    gone = UnansweredAsking.objects.filter(conversation_id=conversation_id)
    ids = list(gone.values_list("question_id", flat=True))
    if not ids:
        return
    gone.delete()
    touched = UnansweredQuestion.objects.filter(id__in=ids)
    touched.exclude(id__in=UnansweredAsking.objects.values("question_id")).delete()
    for question in touched:
        question.text = question.askings.order_by("asked_at").values_list("text", flat=True)[0]
        question.save(update_fields=["text"])


def questions_of(
    bases: QuerySet[KnowledgeBase], *, state: str = "", words: str = ""
) -> QuerySet[UnansweredQuestion]:
    """The questions of these collections with `times` asked and by how many `people`, never by whom."""
    found = UnansweredQuestion.objects.filter(knowledge_base__in=bases).select_related("knowledge_base")
    if state:
        found = found.filter(state=state)
    if words:
        found = found.filter(text__icontains=words)
    return found.annotate(times=Count("askings"), people=Count("askings__user", distinct=True))


def question_close(*, actor: Actor, question: UnansweredQuestion, state: str) -> UnansweredQuestion:
    """Say what became of it, or open it again; raises ProblemError 400 for another word."""
    if state not in QuestionState.values:
        raise invalid([{"field": "state", "message": f"One of: {', '.join(QuestionState.values)}."}])
    before, question.state = question.state, QuestionState(state)
    is_open = state == QuestionState.OPEN
    question.closed_by_id = None if is_open else actor.user_id
    question.closed_at = None if is_open else timezone.now()
    question.save(update_fields=["state", "closed_by", "closed_at"])
    record(
        actor=actor,
        action="unanswered_question.closed" if not is_open else "unanswered_question.opened",
        target_type="unanswered_question",
        target_id=question.id,
        before={"state": before},
        after={"state": state},
    )
    return question


def question_output(question: UnansweredQuestion) -> dict[str, Any]:
    """A row of the report; needs the counts of `questions_of`."""
    base = question.knowledge_base
    return {
        "id": question.id,
        "text": question.text,
        "knowledge_base": {"id": base.id, "name": base.name},
        "state": question.state,
        "times": getattr(question, "times", 0),
        "people": getattr(question, "people", 0),
        "first_asked_at": question.created_at,
        "last_asked_at": question.last_asked_at,
    }


def _note(base: KnowledgeBase, asking: Asking, wording: Wording) -> None:
    KnowledgeBase.objects.select_for_update().get(id=base.id)
    if UnansweredAsking.objects.filter(message_id=asking.message_id, question__knowledge_base=base).exists():
        return
    now = timezone.now()
    question_id = _same(base, asking.vectors, wording)
    if question_id is None:
        model_id, vector = _first(asking.vectors)
        question_id = UnansweredQuestion.objects.create(
            knowledge_base=base, text=wording.text, model_id=model_id, embedding=vector, last_asked_at=now
        ).id
    else:
        asked_again = UnansweredQuestion.objects.filter(id=question_id)
        asked_again.update(last_asked_at=now)
    UnansweredAsking.objects.create(
        question_id=question_id,
        user_id=asking.user_id,
        conversation_id=asking.conversation_id,
        message_id=asking.message_id,
        text=wording.text,
    )


def _first(vectors: Mapping[UUID, Sequence[float]]) -> tuple[UUID | None, Sequence[float] | None]:
    """One model and its vector, the same one each time."""
    return min(vectors.items(), key=lambda item: item[0], default=(None, None))


def _same(base: KnowledgeBase, vectors: Mapping[UUID, Sequence[float]], wording: Wording) -> UUID | None:
    """A question of the collection that asks the same, the most alike first; None for a new one."""
    model_id, vector = _first(vectors)
    scale = next((model.scale for model in embedding_models([model_id] if model_id else []).values()), None)
    values = {
        "tenant": current_tenant_id(),
        "base": base.id,
        "model": model_id,
        "vector": vector_text(vector) if vector else None,
        "most": MOST_COMPARED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, values)
        rows = [
            (id_, text, None if cosine is None or scale is None else scale.common(cosine))
            for id_, text, cosine in cursor.fetchall()
        ]
    alike = [row for row in rows if are_alike(wording, wording_of(row[1]), row[2])]
    best = max(alike, key=lambda row: row[2] or 0.0, default=None)
    return None if best is None else UUID(str(best[0]))
