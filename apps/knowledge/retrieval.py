"""From a question to numbered passages that the person may read, best first; none when nothing is usable."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.knowledge import candidates
from apps.knowledge.assembling import Assembly
from apps.knowledge.candidates import Hit, Reach, Stored
from apps.knowledge.embedding import UnfitVectorError, embedding_models, fitted
from apps.knowledge.fusion import Candidate, fuse, weights_for
from apps.knowledge.language import FUNCTION_WORDS, detect_language
from apps.knowledge.lexical import query_terms
from apps.knowledge.relevance import is_usable
from apps.knowledge.whole import asks_for_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence, Set
    from uuid import UUID

    from apps.guardrails.classes import DataClass
    from apps.knowledge.embedding import EmbeddingModel

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
    data_class: DataClass


def models_asked(
    *, actor_user_id: UUID, knowledge_base_ids: Sequence[UUID] = (), conversation_id: UUID | None = None
) -> list[EmbeddingModel]:
    """The models whose vector of the question `retrieve` can use: those that embedded what is searched."""
    found = candidates.survey(Reach(actor_user_id, tuple(knowledge_base_ids), conversation_id))
    return list(embedding_models(found.model_ids).values())


def retrieve(
    *,
    actor_user_id: UUID,
    knowledge_base_ids: Sequence[UUID] = (),
    conversation_id: UUID | None = None,
    query_text: str,
    query_vectors: Mapping[UUID, Sequence[float]],
    limit: int = 8,
) -> list[Passage]:
    """At most `limit` passages for the question; empty when none is relevant enough. Inside a scope.

    `query_vectors` has the question's vector for each of `models_asked` that answered; what another model
    embedded is found by its words only. Access is checked in each statement.
    """
    if limit < 1:
        return []
    reach = Reach(actor_user_id, tuple(knowledge_base_ids), conversation_id)
    ranking = rank(reach, query_text, query_vectors)
    passages = _passages(reach, ranking.usable, limit)
    if not passages and conversation_id is not None and asks_for_whole(query_text):
        return _openings(Reach(actor_user_id, (), conversation_id), limit)
    return passages


@dataclass(frozen=True, slots=True)
class Ranking:
    """All finds with their scores, best first, and those of them that can bear an answer."""

    ordered: list[tuple[Hit, float]]
    usable: list[tuple[Hit, float]]


def rank(
    reach: Reach, text: str, vectors: Mapping[UUID, Sequence[float]], *, language: str | None = None
) -> Ranking:
    """Both searches, fused. `language` is the code of question and texts where it is known; in a scope."""
    found = candidates.survey(reach)
    if found.is_empty:
        return Ranking([], [])
    question = prepare_query(text, found.languages, language)
    models = embedding_models(vectors.keys())
    weights = candidates.weights_of(question.terms, found.chunks)
    fitting = _fitting(vectors, models.keys())
    hits = candidates.find(reach, weights=weights, vectors=fitting, chunks=found.reach)
    return ranking(hits, question, weights, models)


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


def prepare_query(text: str, languages: Iterable[str | None], language: str | None = None) -> Question:
    """The question's terms, stemmed by its own language (detected unless given) and by those searched.

    Function words of both are left out where others remain.
    """
    text = text[:_QUERY_CHARACTERS]
    searched = tuple(languages)
    language = language or detect_language(text, searched)
    asked = dict.fromkeys((language, *searched))
    readings = {tuple(_reading(text, language, each)) for each in asked}
    return Question(language, tuple(reading for reading in readings if reading))


def _reading(text: str, language: str | None, stemmed: str | None) -> list[int]:
    dull = FUNCTION_WORDS.get(language or "en", _NONE) | FUNCTION_WORDS.get(stemmed or "", _NONE)
    kept = _WORD.sub(lambda word: "" if word[0].lower() in dull else word[0], text)
    return query_terms(kept, stemmed) or query_terms(text, stemmed)


def _fitting(vectors: Mapping[UUID, Sequence[float]], ids: Set[UUID]) -> dict[UUID, list[float]]:
    found = {}
    for id_ in vectors.keys() & ids:
        with suppress(UnfitVectorError):
            found[id_] = fitted(vectors[id_])
    return found


def ranking(
    hits: Sequence[Hit],
    question: Question,
    weights: Mapping[int, float],
    models: Mapping[UUID, EmbeddingModel],
) -> Ranking:
    """What was found, fused; `models` are those whose vectors of the question were compared."""
    by_id = {str(hit.chunk_id): hit for hit in hits}
    known: dict[UUID | None, Set[str] | None] = {id_: model.known for id_, model in models.items()}
    fused = fuse(
        [
            Candidate(
                id_, hit.dense, hit.lexical, hit.language, str(hit.model_id), known.get(hit.model_id, _NONE)
            )
            for id_, hit in by_id.items()
        ],
        question_language=question.language,
    )
    floor = _Floor(
        question,
        mass=question.mass(weights),
        most=max((hit.lexical or 0.0 for hit in hits), default=0.0),
        known=known,
    )
    ordered = [(by_id[item.id], item.score) for item in fused]
    return Ranking(ordered, [(hit, score) for hit, score in ordered if floor.bears(hit)])


@dataclass(frozen=True, slots=True)
class _Floor:
    """What a find must reach for this question; `known` are the languages of each model."""

    question: Question
    mass: float
    most: float
    known: Mapping[UUID | None, Set[str] | None]

    def bears(self, hit: Hit) -> bool:
        language = self.question.language
        known = self.known.get(hit.model_id, _NONE)
        counts = hit.dense is not None and weights_for(language, hit.language, known).dense > 0
        return is_usable(
            cosine=hit.dense if counts else None,
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
            number,
            chunk.chunk_id,
            chunk.document_id,
            chunk.title,
            chunk.page,
            chunk.heading,
            text,
            score,
            chunk.data_class,
        )
        for number, (chunk, text, score) in enumerate(rows, start=1)
    ]
