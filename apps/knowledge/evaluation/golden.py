"""Golden questions: by hand, from a CSV file, or taken over from what people said of passages; audited."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.audit.services import record
from apps.knowledge.models import Document, GoldenQuestion, GoldenSource, PassageFeedback
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.knowledge.models import KnowledgeBase

LONGEST: Final = 500
MOST: Final = 2_000
MOST_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file became; `unknown` names rows whose document is not in the collection."""

    added: int
    unknown: list[str]


def question_set(
    *, actor: Actor, base: KnowledgeBase, text: str, document_ids: Iterable[UUID], origin: str = "hand"
) -> GoldenQuestion:
    """Keep the question with exactly these right documents of the collection; raises ProblemError 400."""
    text = " ".join(text.split())
    if not text or len(text) > LONGEST:
        raise invalid([{"field": "text", "message": f"Write a question of up to {LONGEST} characters."}])
    wanted = set(document_ids)
    rows = Document.objects.filter(knowledge_base=base, version_of=None, id__in=wanted)
    known = set(rows.values_list("id", flat=True))
    if wanted - known:
        raise invalid([{"field": "document_ids", "message": "Choose documents of this collection."}])
    if GoldenQuestion.objects.filter(knowledge_base=base).count() >= MOST:
        raise invalid([{"field": "text", "message": f"A collection has up to {MOST} questions."}])
    question, is_new = GoldenQuestion.objects.get_or_create(
        knowledge_base=base, text=text, defaults={"origin": origin, "created_by_id": actor.user_id}
    )
    GoldenSource.objects.filter(question=question).exclude(document_id__in=known).delete()
    had = set(GoldenSource.objects.filter(question=question).values_list("document_id", flat=True))
    GoldenSource.objects.bulk_create(
        [GoldenSource(question=question, document_id=id_) for id_ in sorted(known - had)]
    )
    _note(actor, "golden_question.added" if is_new else "golden_question.changed", question)
    return question


def question_delete(*, actor: Actor, question: GoldenQuestion) -> None:
    """Take it out; runs that measured it keep their results."""
    _note(actor, "golden_question.deleted", question)
    question.delete()


def questions_import(*, actor: Actor, base: KnowledgeBase, data: bytes) -> Imported:
    """From CSV with the columns question and document (a title, file name or id), one right document a row.

    Raises ProblemError 400 where it is no such file; rows that name no document of the collection are told.
    """
    rows = _rows(data)
    names = _named(base)
    wanted: dict[str, set[UUID]] = {}
    unknown = []
    for text, name in rows:
        found = names.get(name.lower())
        if found is None:
            unknown.append(f"{text}: {name}")
        else:
            wanted.setdefault(" ".join(text.split()), set()).add(found)
    for text, ids in wanted.items():
        before = GoldenSource.objects.filter(question__knowledge_base=base, question__text=text)
        ids |= set(before.values_list("document_id", flat=True))
        question_set(actor=actor, base=base, text=text, document_ids=ids, origin="csv")
    return Imported(len(wanted), unknown)


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
        question_set(actor=actor, base=base, text=text, document_ids=(), origin="feedback")
    return len(fresh)


def _rows(data: bytes) -> list[tuple[str, str]]:
    try:
        text = data.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text), dialect=csv.Sniffer().sniff(text[:4096], ",;\t"))
        rows = [(row["question"] or "", row["document"] or "") for row in reader]
    except (UnicodeDecodeError, csv.Error, KeyError):
        message = "A CSV file in UTF-8 with the columns question and document. Nothing was imported."
        raise invalid([{"field": "file", "message": message}]) from None
    if not rows or len(rows) > MOST:
        raise invalid([{"field": "file", "message": f"From 1 to {MOST} rows. Nothing was imported."}])
    return [(text, name.strip()) for text, name in rows]


def _named(base: KnowledgeBase) -> dict[str, UUID]:
    """The collection's documents by id, title and file name, in lower case; the oldest of a name."""
    rows = Document.objects.filter(knowledge_base=base, version_of=None).order_by("-created_at", "-id")
    found: dict[str, UUID] = {}
    for id_, title, name in rows.values_list("id", "title", "file__name"):
        found |= {name.lower(): id_, title.lower(): id_, str(id_): id_}
    return found


def _note(actor: Actor, action: str, question: GoldenQuestion) -> None:
    record(
        actor=actor,
        action=action,
        target_type="golden_question",
        target_id=question.id,
        after={"question": question.text},
    )


def titles_of(document_ids: Sequence[str]) -> dict[str, str]:
    """Titles by id, of documents that still are."""
    rows = Document.objects.filter(id__in=document_ids).values_list("id", "title")
    return {str(id_): title for id_, title in rows}
