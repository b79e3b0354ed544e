"""One ranking from two: a convex combination of min-max-normalised scores (Bruch, Gai, Ingber, 2023)."""

from collections.abc import Sequence, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """How much meaning (dense) and words (lexical) count; they add up to one."""

    dense: float
    lexical: float


BALANCED = Weights(dense=0.6, lexical=0.4)
WORDS_ONLY = Weights(dense=0.0, lexical=1.0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk found by either leg, with both scores; None where it has no vector, or none of the words.

    `dense` is on one scale for all models (apps.knowledge.relevance), `known` are the languages of the model
    that embedded it, None for a multilingual one.
    """

    id: str
    dense: float | None
    lexical: float | None
    language: str | None = None
    known: Set[str] | None = None
    balanced: Weights = BALANCED


@dataclass(frozen=True, slots=True)
class Fused:
    """A chunk with its final score (0 to 1) and both legs' normalised shares, for those who ask why."""

    id: str
    score: float
    dense: float
    lexical: float


def weights_for(
    question: str | None, chunk: str | None, known: Set[str] | None, balanced: Weights = BALANCED
) -> Weights:
    """Weights by the languages of question and chunk.

    `known` are the languages of the embedding model, None for a multilingual one. An embedding of a language
    that the model does not know is noise, on either side. A language that was not recognised (a number, a
    name) is taken for known.
    """
    if known is None or all(language is None or language in known for language in (question, chunk)):
        return balanced
    return WORDS_ONLY


def fuse(candidates: Sequence[Candidate], *, question_language: str | None) -> list[Fused]:
    """The candidates by falling score. A chunk without a score in a leg counts as the weakest find there.

    Cosines have no natural zero: they are spread between the least and the most. BM25's is no word in common.
    """
    weighed = [
        (candidate, weights_for(question_language, candidate.language, candidate.known, candidate.balanced))
        for candidate in candidates
    ]
    cosines = [
        candidate.dense for candidate, weights in weighed if weights.dense and candidate.dense is not None
    ]
    bounds = (min(cosines), max(cosines)) if cosines else (0.0, 0.0)
    most = max((candidate.lexical or 0.0 for candidate in candidates), default=0.0)
    fused = []
    for candidate, weights in weighed:
        dense = _spread(candidate.dense, bounds)
        lexical = (candidate.lexical or 0.0) / most if most else 0.0
        score = weights.dense * dense + weights.lexical * lexical
        fused.append(Fused(candidate.id, score, dense, lexical))
    return sorted(fused, key=lambda item: (-item.score, item.id))


def _spread(score: float | None, bounds: tuple[float, float]) -> float:
    """Between 0 and 1; where all are the same, each is 1."""
    low, high = bounds
    if score is None:
        return 0.0
    return 1.0 if high == low else max(0.0, min(1.0, (score - low) / (high - low)))
