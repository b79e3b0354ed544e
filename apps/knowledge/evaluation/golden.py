"""Golden questions, whoever they come from: kept, changed, approved, taken out; audited."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from apps.audit.services import record
from apps.knowledge.models import Document, GoldenQuestion, GoldenSource, PassageFeedback
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.knowledge.models import KnowledgeBase

LONGEST: Final = 500
LONGEST_ANSWER: Final = 4_000
LONGEST_PASSAGE: Final = 4_000
MOST: Final = 2_000


@dataclass(frozen=True, slots=True)
class Right:
    """What is known of a right document: its worth among the right ones, and words to be handed over."""

    gain: float = 1.0
    passage: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A question as somebody, a file or a model gives it; `rights` are its right documents by id."""

    text: str
    rights: Mapping[UUID, Right] = field(default_factory=dict)
    answer: str = ""
    origin: str = "hand"

    @classmethod
    def by_hand(
        cls, text: str, document_ids: Iterable[UUID], *, answer: str = "", passage: str = ""
    ) -> Draft:
        """With these documents; the passage is the first one's."""
        ids = list(document_ids)
        words = [passage, *[""] * (len(ids) - 1)] if ids else []
        return cls(
            text, {id_: Right(passage=said) for id_, said in zip(ids, words, strict=True)}, answer=answer
        )


def question_set(*, actor: Actor, base: KnowledgeBase, draft: Draft) -> GoldenQuestion:
    """Keep the question with exactly these right documents and this answer; raises ProblemError 400.

    One that a model proposed in the same words is approved by it.
    """
    draft = _checked(base, draft)
    question = GoldenQuestion.objects.filter(knowledge_base=base, text=draft.text).first()
    if question is None:
        room_check(base, 1)
        question = GoldenQuestion(knowledge_base=base, origin=draft.origin, created_by_id=actor.user_id)
        action = "golden_question.added"
    else:
        action = "golden_question.changed"
    _write(question, draft)
    _note(actor, action, question)
    return question


def question_change(*, actor: Actor, question: GoldenQuestion, draft: Draft) -> GoldenQuestion:
    """Give it other words, documents or another answer; what a model proposed is approved by it.

    Raises ProblemError 400, also where another question has these words.
    """
    draft = _checked(question.knowledge_base, draft)
    others = GoldenQuestion.objects.filter(knowledge_base_id=question.knowledge_base_id, text=draft.text)
    if others.exclude(id=question.id).exists():
        raise invalid([{"field": "text", "message": "Another question has these words already."}])
    was_proposed = question.is_proposed
    _write(question, draft)
    _note(actor, "golden_question.approved" if was_proposed else "golden_question.changed", question)
    return question


def question_approve(*, actor: Actor, question: GoldenQuestion) -> None:
    """Have a proposed question measured from now on; one that is no proposal is left alone."""
    if GoldenQuestion.objects.filter(id=question.id, is_proposed=True).update(is_proposed=False):
        _note(actor, "golden_question.approved", question)


def question_delete(*, actor: Actor, question: GoldenQuestion) -> None:
    """Take it out, or discard a proposal; runs that measured it keep their results."""
    _note(actor, "golden_question.deleted", question)
    question.delete()


def questions_from_feedback(*, actor: Actor, base: KnowledgeBase) -> int:
    """Take over the questions to which people said that a passage was wrong; how many are new.

    Their right documents are still to be named.
    """
    said = PassageFeedback.objects.filter(knowledge_base=base).order_by("created_at", "id")
    texts = dict.fromkeys(
        " ".join(text.split())[:LONGEST] for text in said.values_list("question", flat=True)
    )
    known = set(GoldenQuestion.objects.filter(knowledge_base=base).values_list("text", flat=True))
    fresh = [text for text in texts if text and text not in known]
    for text in fresh:
        question_set(actor=actor, base=base, draft=Draft(text, origin="feedback"))
    return len(fresh)


def room_check(base: KnowledgeBase, more: int) -> None:
    """Raise ProblemError 400 where the collection has no room for that many more questions."""
    if GoldenQuestion.objects.filter(knowledge_base=base).count() + more > MOST:
        raise invalid([{"field": "text", "message": f"A collection has up to {MOST:,} questions."}])


def titles_of(document_ids: Sequence[str]) -> dict[str, str]:
    """Titles by id, of documents that still are."""
    rows = Document.objects.filter(id__in=document_ids).values_list("id", "title")
    return {str(id_): title for id_, title in rows}


def named(base: KnowledgeBase) -> dict[str, UUID]:
    """The collection's documents by id, title and file name, in lower case; the oldest of a name."""
    rows = Document.objects.filter(knowledge_base=base, version_of=None).order_by("-created_at", "-id")
    found: dict[str, UUID] = {}
    for id_, title, name in rows.values_list("id", "title", "file__name"):
        found |= {name.lower(): id_, title.lower(): id_, str(id_): id_}
    return found


def _checked(base: KnowledgeBase, draft: Draft) -> Draft:
    """The draft as it is kept; raises ProblemError 400."""
    text = " ".join(draft.text.replace("\x00", "").split())
    if not text or len(text) > LONGEST:
        raise invalid([{"field": "text", "message": f"Write a question of up to {LONGEST} characters."}])
    if len(draft.answer) > LONGEST_ANSWER:
        message = f"An answer of up to {LONGEST_ANSWER:,} characters."
        raise invalid([{"field": "answer", "message": message}])
    documents = Document.objects.filter(knowledge_base=base, version_of=None, id__in=draft.rights.keys())
    if draft.rights.keys() - set(documents.values_list("id", flat=True)):
        raise invalid([{"field": "document_ids", "message": "Choose documents of this collection."}])
    return Draft(text, draft.rights, draft.answer.replace("\x00", "").strip(), draft.origin)


def _write(question: GoldenQuestion, draft: Draft) -> None:
    question.text, question.answer, question.is_proposed = draft.text, draft.answer, False
    question.save()
    GoldenSource.objects.filter(question=question).delete()
    GoldenSource.objects.bulk_create(
        [
            GoldenSource(
                question=question,
                document_id=id_,
                gain=right.gain,
                passage=right.passage.replace("\x00", "").strip()[:LONGEST_PASSAGE],
            )
            for id_, right in sorted(draft.rights.items())
        ]
    )


def _note(actor: Actor, action: str, question: GoldenQuestion) -> None:
    record(
        actor=actor,
        action=action,
        target_type="golden_question",
        target_id=question.id,
        after={"question": question.text},
    )
