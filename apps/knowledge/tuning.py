"""How collections are searched: the defaults, which nobody needs to change, and what was set instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from apps.audit.services import record
from apps.knowledge.fusion import BALANCED
from apps.knowledge.models import Tuning
from apps.knowledge.serving import offered_models
from apps.llm.vendors.base import Modality
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.knowledge.models import KnowledgeBase
    from apps.llm.models import Model

MOST_PASSAGES: Final = 20
MOST_STRICTNESS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Tuned:
    """How one collection is searched.

    `passages`: most that an answer is given; `words`: their share against meaning (0 to 1), where the
    embedding model knows the language; `strictness` multiplies what a passage must reach, 0 lets all through.
    """

    passages: int = 8
    words: float = BALANCED.lexical
    strictness: float = 1.0
    reranker_id: UUID | None = None

    def output(self) -> dict[str, Any]:
        """As clients see it."""
        return {
            "passages": self.passages,
            "words": self.words,
            "strictness": self.strictness,
            "reranker_id": self.reranker_id,
        }

    def stored(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return self.output() | {"reranker_id": str(self.reranker_id) if self.reranker_id else None}


DEFAULT: Final = Tuned()


def tuned_for(knowledge_base_ids: Collection[UUID]) -> dict[UUID, Tuned]:
    """What was set, by collection; those without anything are left out. In a scope."""
    rows = Tuning.objects.filter(knowledge_base_id__in=knowledge_base_ids)
    return {row.knowledge_base_id: _tuned(row) for row in rows}


def tuning_of(knowledge_base: KnowledgeBase) -> Tuned:
    """How this collection is searched."""
    return tuned_for([knowledge_base.id]).get(knowledge_base.id, DEFAULT)


def most_passages(tuned: Iterable[Tuned]) -> int:
    """How many passages an answer from these collections is given: as many as the most generous allows."""
    return max((each.passages for each in tuned), default=DEFAULT.passages)


def rerankers_for(knowledge_base: KnowledgeBase) -> list[Model]:
    """The models that may put the collection's passages in order, by name."""
    return offered_models(knowledge_base, Modality.RERANK)


def tuning_set(*, actor: Actor, knowledge_base: KnowledgeBase, tuned: Tuned) -> Tuned:
    """Search the collection so from the next question on; raises ProblemError 400 by field."""
    before = tuning_of(knowledge_base)
    tuning_check(knowledge_base, tuned)
    values = {
        name: value if value != DEFAULT.output()[name] else None for name, value in tuned.output().items()
    }
    if any(value is not None for value in values.values()):
        Tuning.objects.update_or_create(knowledge_base=knowledge_base, defaults=values)
    else:
        Tuning.objects.filter(knowledge_base=knowledge_base).delete()
    record(
        actor=actor,
        action="knowledge_base.tuned",
        target_type="knowledge_base",
        target_id=knowledge_base.id,
        before=before.stored(),
        after=tuned.stored(),
    )
    return tuned


def tuning_check(knowledge_base: KnowledgeBase, tuned: Tuned) -> None:
    """Raise ProblemError 400 by field where the collection can not be searched so."""
    wrong = []
    if not 1 <= tuned.passages <= MOST_PASSAGES:
        wrong.append({"field": "passages", "message": f"From 1 to {MOST_PASSAGES}."})
    if not 0 <= tuned.words <= 1:
        wrong.append({"field": "words", "message": "A share between 0 and 1."})
    if not 0 <= tuned.strictness <= MOST_STRICTNESS:
        wrong.append({"field": "strictness", "message": f"Between 0 and {MOST_STRICTNESS:g}."})
    if tuned.reranker_id not in {
        None,
        tuning_of(knowledge_base).reranker_id,
        *(model.id for model in rerankers_for(knowledge_base)),
    }:
        message = "Choose a model for ordering that all teams of this collection may use."
        wrong.append({"field": "reranker_id", "message": message})
    if wrong:
        raise invalid(wrong)


def _tuned(row: Tuning) -> Tuned:
    def chosen(value: Any, default: Any) -> Any:
        return default if value is None else value

    return Tuned(
        chosen(row.passages, DEFAULT.passages),
        chosen(row.words, DEFAULT.words),
        chosen(row.strictness, DEFAULT.strictness),
        row.reranker_id,
    )
