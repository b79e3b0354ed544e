"""From a question to numbered passages that the person may read, best first; none when nothing is usable."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.knowledge import candidates
from apps.knowledge.assembling import Assembly
from apps.knowledge.candidates import Hit, Reach, Stored
from apps.knowledge.embedding import UnfitVectorError, embedding_model, fitted
from apps.knowledge.fusion import Candidate, fuse, weights_for
from apps.knowledge.language import FUNCTION_WORDS, detect_language
from apps.knowledge.lexical import query_terms
from apps.knowledge.relevance import is_usable
from apps.knowledge.whole import asks_for_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence, Set
    from uuid import UUID

MOST_CHARACTERS: Final = 14_000
PASSAGE_CHARACTERS: Final = 2_400
_QUERY_CHARACTERS: Final = 4_000
_NONE: Final = frozenset[str]()
_WORD: Final = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Passage:
    """What a model is handed under a number: a chunk, with neighbours from under the same heading."""

    number: int
    chunk_id: UUID
    document_id: UUID
    title: str
    page: int | None
    heading: tuple[str, ...]
    text: str
    score: float


def retrieve(  # noqa: PLR0913 - who asks, where, and what: the contract with the chat
    *,
    actor_user_id: UUID,
    team_id: UUID | None = None,
    knowledge_base_ids: Sequence[UUID] = (),
    conversation_id: UUID | None = None,
    query_text: str,
    query_vector: Sequence[float] | None = None,
    limit: int = 8,
) -> list[Passage]:
    """At most `limit` passages for the question; empty when none is relevant enough. Inside a scope.

    Access is checked in each statement. Without a vector, or where documents were embedded by another model,
    only words are searched.
    """
    reach = Reach(actor_user_id, tuple(knowledge_base_ids), conversation_id)
    found = candidates.survey(reach)
    if found.is_empty or limit < 1:
        return []
    question = prepare_query(query_text, found.languages)
    model = embedding_model() if query_vector is not None else None
    weights = candidates.weights_of(question.terms, found.chunks)
    hits = candidates.find(
        reach, weights=weights, vector=_fitting(query_vector), model_id=model.id if model else None
    )
    ranked = ranking(hits, question, weights, known=model.known if model else None)
    passages = _passages(reach, ranked, limit)
    if not passages and conversation_id is not None and asks_for_whole(query_text):
        return _openings(Reach(actor_user_id, (), conversation_id), limit)
    return passages


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the words' leg asks it.

    `readings` are its terms by the stems of each language that it may be in or that is searched.
    """

    language: str | None
    readings: tuple[tuple[int, ...], ...]

    @property
    def terms(self) -> tuple[int, ...]:
        """All terms, each once."""
        return tuple(dict.fromkeys(term for reading in self.readings for term in reading))

    def mass(self, weights: Mapping[int, float]) -> float:
        """The weight of the whole question in the reading whose words are best known."""
        return min((sum(weights[term] for term in reading) for reading in self.readings), default=0.0)


def prepare_query(text: str, languages: Iterable[str | None]) -> Question:
    """The question's terms, stemmed by its own language and by those of what is searched.

    Function words of both are left out where others remain.
    """
    text = text[:_QUERY_CHARACTERS]
    searched = tuple(languages)
    language = detect_language(text, searched)
    asked = dict.fromkeys((language, *searched))
    readings = {tuple(_reading(text, language, each)) for each in asked}
    return Question(language, tuple(reading for reading in readings if reading))


def _reading(text: str, language: str | None, stemmed: str | None) -> list[int]:
    dull = FUNCTION_WORDS.get(language or "en", _NONE) | FUNCTION_WORDS.get(stemmed or "", _NONE)
    kept = _WORD.sub(lambda word: "" if word[0].lower() in dull else word[0], text)
    return query_terms(kept, stemmed) or query_terms(text, stemmed)


def _fitting(vector: Sequence[float] | None) -> list[float] | None:
    if vector is None:
        return None
    try:
        return fitted(vector)
    except UnfitVectorError:
        return None


def ranking(
    hits: Sequence[Hit], question: Question, weights: Mapping[int, float], *, known: Set[str] | None
) -> list[tuple[Hit, float]]:
    """The usable finds with their scores, best first."""
    by_id = {str(hit.chunk_id): hit for hit in hits}
    fused = fuse(
        [Candidate(id_, hit.dense, hit.lexical, hit.language) for id_, hit in by_id.items()],
        question_language=question.language,
        known=known,
    )
    floor = _Floor(
        question,
        mass=question.mass(weights),
        most=max((hit.lexical or 0.0 for hit in hits), default=0.0),
        known=known,
        has_vectors=any(hit.dense for hit in hits),
    )
    return [(by_id[item.id], item.score) for item in fused if floor.bears(by_id[item.id])]


@dataclass(frozen=True, slots=True)
class _Floor:
    """What a find must reach for this question. What the vectors' leg passed over is far."""

    question: Question
    mass: float
    most: float
    known: Set[str] | None
    has_vectors: bool

    def bears(self, hit: Hit) -> bool:
        language = self.question.language
        counts = self.has_vectors and weights_for(language, hit.language, self.known).dense > 0
        return is_usable(
            cosine=(hit.dense or 0.0) if counts else None,
            coverage=self._share(hit.lexical or 0.0),
            best=self._share(self.most),
            language=language,
        )

    def _share(self, lexical: float) -> float:
        return lexical / self.mass if self.mass else 0.0


def _passages(reach: Reach, ranked: Sequence[tuple[Hit, float]], limit: int) -> list[Passage]:
    places = [(hit.document_id, hit.position) for hit, _ in ranked[: limit * 2]]
    around = dict.fromkeys(
        (document_id, position + step) for document_id, position in places for step in (-1, 0, 1)
    )
    known = candidates.texts(reach, list(around)) if around else {}
    assembly = Assembly(known, most=limit, characters=MOST_CHARACTERS)
    for place, (_, score) in zip(places, ranked, strict=False):
        assembly.add(place, score)
    assembly.widen(PASSAGE_CHARACTERS)
    return _numbered((group.best, group.text, group.score) for group in assembly.groups)


def _openings(reach: Reach, limit: int) -> list[Passage]:
    """The beginnings of the chat's own documents, for a question about the whole of them."""
    chunks = candidates.openings(reach, most=limit)
    documents = len({chunk.document_id for chunk in chunks})
    each = max(1, limit // documents) if documents else 0
    return _numbered((chunk, chunk.text, 0.0) for chunk in chunks if chunk.position < each)[:limit]


def _numbered(rows: Iterable[tuple[Stored, str, float]]) -> list[Passage]:
    return [
        Passage(
            number, chunk.chunk_id, chunk.document_id, chunk.title, chunk.page, chunk.heading, text, score
        )
        for number, (chunk, text, score) in enumerate(rows, start=1)
    ]
