"""One ranking from two: a convex combination of min-max-normalised scores (Bruch, Gai, Ingber, 2023)."""

from collections.abc import Mapping, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weights:
    """How much meaning (dense) and words (lexical) count; they add up to one."""

    dense: float
    lexical: float


BALANCED = Weights(dense=0.7, lexical=0.3)
WORDS_ONLY = Weights(dense=0.0, lexical=1.0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk found by either leg; a leg's score is None where it did not find the chunk."""

    id: str
    dense: float | None
    lexical: float | None
    language: str | None = None


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


def fuse(
    candidates: Mapping[str, Candidate] | list[Candidate],
    *,
    question_language: str | None,
    known: Set[str] | None,
    balanced: Weights = BALANCED,
) -> list[Fused]:
    """The candidates by falling score. A chunk that one leg did not find counts as its weakest find there."""
    found = list(candidates.values()) if isinstance(candidates, Mapping) else candidates
    dense = _normalised({candidate.id: candidate.dense for candidate in found})
    lexical = _normalised({candidate.id: candidate.lexical for candidate in found})
    fused = []
    for candidate in found:
        weights = weights_for(question_language, candidate.language, known, balanced)
        shares = dense[candidate.id], lexical[candidate.id]
        score = weights.dense * shares[0] + weights.lexical * shares[1]
        fused.append(Fused(candidate.id, score, *shares))
    return sorted(fused, key=lambda item: (-item.score, item.id))


def _normalised(scores: Mapping[str, float | None]) -> dict[str, float]:
    """Scores between 0 and 1; where all are the same, all that were found are 1."""
    known = [score for score in scores.values() if score is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    if high == low:
        return {id_: 0.0 if score is None else 1.0 for id_, score in scores.items()}
    return {id_: 0.0 if score is None else (score - low) / (high - low) for id_, score in scores.items()}
