"""Which verified answer a question has: in force, of sources that the person may read, asked as closely."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from apps.knowledge.care.answer_models import AnswerState, VerifiedAnswer, VerifiedSource
from apps.knowledge.care.days import day_of
from apps.knowledge.care.likeness import is_covered, wording_of
from apps.knowledge.embedding import embedding_models
from apps.knowledge.fields import vector_text
from apps.knowledge.models import Chunk, DocumentState
from apps.knowledge.narrowing import NARROWED, WIDE
from apps.knowledge.permissions import readable_by, readable_documents
from apps.knowledge.retrieval import Passage
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.knowledge.models import KnowledgeBase
    from apps.knowledge.narrowing import Narrowing

MOST_VARIANTS: Final = 2_000

_VARIANTS: Final = """
SELECT q.answer_id, q.text, asked.model_id,
       CASE WHEN vector_dims(q.embedding) = vector_dims(asked.vector)
            THEN 1 - (q.embedding <=> asked.vector) END
FROM knowledge_verifiedquestion q
LEFT JOIN (SELECT a.model_id, a.vector::halfvec AS vector
           FROM unnest(%(models)s::uuid[], %(vectors)s::text[]) AS a (model_id, vector)) AS asked
  ON asked.model_id = q.model_id
WHERE q.tenant_id = %(tenant)s AND q.answer_id = ANY(%(answers)s)
LIMIT %(most)s
"""

_NARROWED: Final = (
    """
SELECT d.id FROM knowledge_document d
JOIN knowledge_knowledgebase b ON b.tenant_id = d.tenant_id AND b.id = d.knowledge_base_id
WHERE d.tenant_id = %(tenant)s AND d.id = ANY(%(documents)s::uuid[]) AND """
    + NARROWED
)


@dataclass(frozen=True, slots=True)
class Answered:
    """A verified answer as a chat gives it: its text, who approved it and when, the passages it rests on."""

    answer_id: UUID
    text: str
    question: str
    approved_by: str
    approved_at: datetime | None
    passages: tuple[Passage, ...]


def answer_for(
    *,
    user_id: UUID,
    knowledge_base_ids: Sequence[UUID],
    text: str,
    vectors: Mapping[UUID, Sequence[float]],
    narrowing: Narrowing = WIDE,
) -> Answered | None:
    """The answer of one of the collections to this question, the newest of several; in a scope.

    Where the search is narrowed, only one whose documents are all among those that are looked at.
    """
    bases = readable_by(user_id).filter(id__in=list(knowledge_base_ids), conversation_id=None)
    mine = VerifiedAnswer.objects.filter(~Exists(closed_sources(user_id)), knowledge_base__in=bases)
    found = in_force(mine)
    if narrowing:
        found = found.filter(id__in=_within(narrowing, bases))
    ids = list(found.order_by("-approved_at").values_list("id", flat=True))
    asked = wording_of(text)
    variants = _variants(ids, vectors) if ids else {}
    fitting = next((id_ for id_ in ids if is_covered(asked, variants.get(id_, ()))), None)
    if fitting is None:
        return None
    answer = VerifiedAnswer.objects.select_related("approved_by").get(id=fitting)
    return Answered(
        answer.id,
        answer.text,
        answer.questions.order_by("position")[0].text,
        answer.approved_by.name if answer.approved_by else "",
        answer.approved_at,
        tuple(_passages(answer)),
    )


def _passages(answer: VerifiedAnswer) -> Iterator[Passage]:
    """The sources, numbered in their order, as a search would have found them."""
    rows = answer.sources.select_related("document__knowledge_base").order_by("position")
    for number, row in enumerate(rows, start=1):
        if row.document is not None:
            yield Passage(
                number,
                row.chunk_id,
                row.document.id,
                row.title,
                row.place,
                tuple(row.heading),
                row.quote,
                1.0,
                row.document.held_class,
            )


def _within(narrowing: Narrowing, bases: QuerySet[KnowledgeBase]) -> QuerySet[Any, Any]:
    """Ids of the collections' answers that rest on documents of a narrowed search and on no other."""
    rows = VerifiedSource.objects.filter(answer__knowledge_base__in=bases, document__isnull=False)
    rests_on = set(rows.values_list("document_id", flat=True))
    values = narrowing.values() | {"tenant": current_tenant_id(), "documents": list(rests_on)}
    with connection.cursor() as cursor:
        cursor.execute(_NARROWED, values)
        inside = [row[0] for row in cursor.fetchall()]
    own = VerifiedSource.objects.filter(answer_id=OuterRef("pk"))
    answers = VerifiedAnswer.objects.filter(knowledge_base__in=bases)
    return answers.filter(Exists(own), ~Exists(own.exclude(document_id__in=inside))).values("id")


def in_force(answers: QuerySet[VerifiedAnswer]) -> QuerySet[VerifiedAnswer]:
    """Those that are approved, not past their day, and whose sources say what they said."""
    is_due = Q(review_by__isnull=True) | Q(review_by__gte=day_of())
    return answers.filter(is_due, ~Exists(changed_sources()), state=AnswerState.APPROVED)


def closed_sources(user_id: UUID) -> QuerySet[VerifiedSource]:
    """For an answer's row: its sources whose document the person may not read, or that are gone."""
    return VerifiedSource.objects.filter(answer_id=OuterRef("pk")).exclude(
        document__in=readable_documents(user_id)
    )


def changed_sources() -> QuerySet[VerifiedSource]:
    """For an answer's row: its sources whose document no longer holds the passage as it was."""
    same = Chunk.objects.filter(
        id=OuterRef("chunk_id"),
        document_id=OuterRef("document_id"),
        document__state=DocumentState.READY,
        text=OuterRef("quote"),
        is_excluded=False,
    )
    return VerifiedSource.objects.filter(~Exists(same), answer_id=OuterRef("pk"))


def _variants(
    answer_ids: Sequence[UUID], vectors: Mapping[UUID, Sequence[float]]
) -> dict[UUID, list[tuple[str, float | None]]]:
    """Each answer's wordings with their cosines, on the common scale."""
    models = embedding_models(vectors.keys())
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "answers": list(answer_ids),
        "models": list(vectors),
        "vectors": [vector_text(vector) for vector in vectors.values()],
        "most": MOST_VARIANTS,
    }
    found: dict[UUID, list[tuple[str, float | None]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_VARIANTS, values)
        for answer_id, text, model_id, cosine in cursor.fetchall():
            known = model_id in models and cosine is not None
            found[answer_id].append((text, models[model_id].scale.common(cosine) if known else None))
    return found
