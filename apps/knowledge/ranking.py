"""What was found, in one order, with the reasons for each place, and what of it can bear an answer. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from apps.knowledge.fusion import Candidate, Weights, fuse, weights_for
from apps.knowledge.pointing import Pointed, point
from apps.knowledge.relevance import IDENTITY, is_usable
from apps.knowledge.tuning import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set
    from uuid import UUID

    from apps.knowledge.candidates import Hit
    from apps.knowledge.embedding import EmbeddingModel
    from apps.knowledge.questions import Question
    from apps.knowledge.tuning import Tuned

_NONE: Final = frozenset[str]()
_UNSET: Final[Mapping[UUID, Tuned]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Why:
    """Why a find stands at its place; each between 0 and 1, compared with the other finds.

    `pointed`: how much it has of what the question points at, None where it points at nothing.
    """

    meaning: float
    words: float
    pointed: float | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """All finds with their scores, best first, and those of them that can bear an answer.

    `weight` is that of what the question points at in these scores.
    """

    ordered: list[tuple[Hit, float]]
    usable: list[tuple[Hit, float]]
    why: dict[UUID, Why] = field(default_factory=dict)
    weight: float = 0.0


def ranking(
    hits: Sequence[Hit],
    question: Question,
    weights: Mapping[int, float],
    models: Mapping[UUID, EmbeddingModel],
    tunings: Mapping[UUID, Tuned] = _UNSET,
) -> Ranking:
    """What was found, fused; `models` are those whose vectors of the question were compared."""
    by_id = {str(hit.chunk_id): _on_one_scale(hit, models, question.language) for hit in hits}
    fused = fuse(
        [
            Candidate(id_, hit.dense, hit.lexical, hit.language, _known(models, hit), _balance(tunings, hit))
            for id_, hit in by_id.items()
        ],
        question_language=question.language,
    )
    pointed = point(question.pointers, {id_: hit.says for id_, hit in by_id.items()})
    weight = max((had.weight for had in pointed.values()), default=0.0)
    scores = {
        each.id: (1 - weight) * each.score + weight * pointed.get(each.id, Pointed()).share for each in fused
    }
    ordered = sorted(((by_id[id_], score) for id_, score in scores.items()), key=_place)
    floor = _Floor(
        question,
        mass=question.mass(weights),
        most=max((hit.lexical or 0.0 for hit in hits), default=0.0),
        models=models,
        tunings=tunings,
    )
    sure = {by_id[id_].chunk_id for id_, had in pointed.items() if had.is_sure}
    return Ranking(
        ordered,
        [(hit, score) for hit, score in ordered if hit.chunk_id in sure or floor.bears(hit)],
        {
            by_id[each.id].chunk_id: Why(
                each.dense, each.lexical, pointed.get(each.id, Pointed()).share if question.pointers else None
            )
            for each in fused
        },
        weight,
    )


def _place(found: tuple[Hit, float]) -> tuple[float, str]:
    return -found[1], str(found[0].chunk_id)


def _on_one_scale(hit: Hit, models: Mapping[UUID, EmbeddingModel], language: str | None) -> Hit:
    """The find with its cosine as it compares with those of other models."""
    model = models.get(hit.model_id) if hit.model_id else None
    if hit.dense is None or model is None or model.scale == IDENTITY:
        return hit
    return replace(hit, dense=model.scale.common(hit.dense, language, hit.language))


def _known(models: Mapping[UUID, EmbeddingModel], hit: Hit) -> Set[str] | None:
    """The languages of the model that embedded a find, None for a multilingual one."""
    model = models.get(hit.model_id) if hit.model_id else None
    return model.known if model else _NONE


def _balance(tunings: Mapping[UUID, Tuned], hit: Hit) -> Weights:
    words = _tuned(tunings, hit).words
    return Weights(1 - words, words)


def _tuned(tunings: Mapping[UUID, Tuned], hit: Hit) -> Tuned:
    return tunings.get(hit.knowledge_base_id, DEFAULT) if hit.knowledge_base_id else DEFAULT


@dataclass(frozen=True, slots=True)
class _Floor:
    """What a find must reach for this question."""

    question: Question
    mass: float
    most: float
    models: Mapping[UUID, EmbeddingModel]
    tunings: Mapping[UUID, Tuned]

    def bears(self, hit: Hit) -> bool:
        strictness = _tuned(self.tunings, hit).strictness
        if not strictness:
            return True
        weights = weights_for(self.question.language, hit.language, _known(self.models, hit))
        cosine = hit.dense if weights.dense else None
        return is_usable(
            cosine=None if cosine is None else cosine / strictness,
            coverage=self._share(hit.lexical or 0.0) / strictness,
            best=self._share(self.most) / strictness,
            language=self.question.language,
        )

    def _share(self, lexical: float) -> float:
        return lexical / self.mass if self.mass else 0.0
