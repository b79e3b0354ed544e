"""From a question to numbered passages that the person may read, best first; none when nothing is usable.

A search is opened (what is there, which models embedded it), asked (apps.knowledge.seeking gets the vectors)
and handed over. Access is checked in each statement.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from apps.knowledge import candidates
from apps.knowledge.assembling import Assembly, Budget, spread
from apps.knowledge.candidates import Hit, Reach, Stored, Survey
from apps.knowledge.embedding import UnfitVectorError, embedding_models, fitted
from apps.knowledge.questions import prepare_query
from apps.knowledge.ranking import Ranking, ranking
from apps.knowledge.tuning import DEFAULT, Tuned, most_passages, tuned_for
from apps.knowledge.whole import asks_for_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence, Set
    from uuid import UUID

    from apps.guardrails.classes import DataClass
    from apps.knowledge.embedding import EmbeddingModel
    from apps.knowledge.ranking import Why
    from apps.knowledge.spots import Spot

RERANKED: Final = 40
"""How many finds a reranker is given."""
_READ: Final = 3
"""How many finds are read for each passage that is wanted."""
_SPREAD: Final = 100
"""Among how many finds the documents are mixed."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What a model is handed under a number: a chunk, with neighbours from under the same heading."""

    number: int
    chunk_id: UUID
    document_id: UUID
    title: str
    place: Spot
    heading: tuple[str, ...]
    text: str
    score: float
    data_class: DataClass


@dataclass(frozen=True, slots=True)
class Search:
    """A search that was opened. `models` are those whose vector of the question it can use."""

    reach: Reach
    surveyed: Survey
    models: tuple[EmbeddingModel, ...]
    tunings: Mapping[UUID, Tuned]

    @property
    def passages(self) -> int:
        """How many passages an answer is given at most."""
        ids = self.surveyed.knowledge_base_ids
        return most_passages(self.tunings.get(id_, DEFAULT) for id_ in ids)

    @property
    def is_reranked(self) -> bool:
        """Whether a collection among those searched wants its finds put in order by a model."""
        return any(each.reranker_id for each in self.tunings.values())


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found for a text and its vectors: all of it in order, and the texts of the best finds."""

    search: Search
    text: str
    vectors: Mapping[UUID, Sequence[float]]
    ranking: Ranking
    read: tuple[tuple[Hit, float], ...] = ()
    known: Mapping[tuple[UUID, int], Stored] = field(default_factory=dict)
    openings: tuple[Stored, ...] = ()

    @property
    def why(self) -> Mapping[UUID, Why]:
        """The reasons for each chunk's place."""
        return self.ranking.why

    def texts(self) -> list[tuple[Hit, Stored]]:
        """The finds that were read, best first, as far as they may still be."""
        places = ((hit, self.known.get((hit.document_id, hit.position))) for hit, _ in self.read)
        return [(hit, chunk) for hit, chunk in places if chunk is not None]

    def reordered(self, scores: Mapping[UUID, float]) -> Found:
        """The same with the finds that have such a score (0 to 1) in its order, before the others.

        What the question points at still counts: a part's number does not depend on a model.
        """
        weight = self.ranking.weight
        best = [
            (hit, (1 - weight) * scores[hit.chunk_id] + weight * (self.why[hit.chunk_id].pointed or 0.0))
            for hit, _ in self.read
            if hit.chunk_id in scores
        ]
        others = [(hit, 0.0) for hit, _ in self.read if hit.chunk_id not in scores]
        return replace(self, read=(*sorted(best, key=lambda found: -found[1]), *others))

    def passages(self, *, limit: int | None = None, budget: Budget | None = None) -> list[Passage]:
        """At most `limit` passages (what the collections are tuned to) within the budget."""
        most = self.search.passages if limit is None else limit
        if most < 1:
            return []
        if not self.read and self.openings:
            return _openings(self.openings, most)
        assembly = Assembly(self.known, most=most, budget=budget or Budget())
        for hit, score in spread(self.read, most=most):
            assembly.add((hit.document_id, hit.position), score)
        assembly.widen()
        return _numbered((group.best, group.place, group.text, group.score) for group in assembly.groups)


def search_open(reach: Reach) -> Search:
    """What there is to search in, and how; in a scope."""
    surveyed = candidates.survey(reach)
    models = embedding_models(surveyed.model_ids) if surveyed.model_ids else {}
    bases = surveyed.knowledge_base_ids
    return Search(reach, surveyed, tuple(models.values()), tuned_for(bases) if bases else {})


def search_find(
    search: Search, text: str, vectors: Mapping[UUID, Sequence[float]], *, language: str | None = None
) -> Found:
    """What the question finds; in a scope.

    `vectors` has the question's vector for each of the search's models that answered; what another model
    embedded is found by its words only. `language` is the code of question and texts where it is known.
    """
    found = rank(search, text, vectors, language=language)
    depth = RERANKED if search.is_reranked else _READ * search.passages
    read = tuple(spread(found.usable[:_SPREAD], most=search.passages)[:depth])
    places = dict.fromkeys((hit.document_id, hit.position + step) for hit, _ in read for step in (-1, 0, 1))
    known = candidates.texts(search.reach, list(places)) if places else {}
    openings: tuple[Stored, ...] = ()
    if not read and search.reach.conversation_id is not None and asks_for_whole(text):
        own = replace(search.reach, knowledge_base_ids=())
        openings = tuple(candidates.openings(own, most=search.passages))
    return Found(search, text, vectors, found, read, known, openings)


def rank(
    search: Search, text: str, vectors: Mapping[UUID, Sequence[float]], *, language: str | None = None
) -> Ranking:
    """Both searches, fused, in a scope; as `search_find`, without reading any text."""
    surveyed = search.surveyed
    if surveyed.is_empty:
        return Ranking([], [])
    question = prepare_query(text, surveyed.languages, language)
    models = {model.id: model for model in search.models}
    weights = candidates.weights_of(question.terms, surveyed.chunks)
    asked = {term for reading in question.readings for term in reading}
    hits = candidates.find(
        search.reach,
        weights={term: weight for term, weight in weights.items() if term in asked},
        vectors=_fitting(vectors, models.keys()),
        chunks=surveyed.reach,
        pointed=[{term: weights[term] for term in terms} for terms in question.pointed],
        names=question.files,
    )
    return ranking(hits, question, weights, models, search.tunings)


def _fitting(vectors: Mapping[UUID, Sequence[float]], ids: Set[UUID]) -> dict[UUID, list[float]]:
    found = {}
    for id_ in vectors.keys() & ids:
        with suppress(UnfitVectorError):
            found[id_] = fitted(vectors[id_])
    return found


def _openings(chunks: Sequence[Stored], limit: int) -> list[Passage]:
    """The beginnings of the chat's own documents, for a question about the whole of them."""
    documents = len({chunk.document_id for chunk in chunks})
    each = max(1, limit // documents)
    return _numbered((chunk, chunk.place, chunk.text, 0.0) for chunk in chunks if chunk.position < each)[
        :limit
    ]


def _numbered(rows: Iterable[tuple[Stored, Spot, str, float]]) -> list[Passage]:
    return [
        Passage(
            number,
            chunk.chunk_id,
            chunk.document_id,
            chunk.title,
            place,
            chunk.heading,
            text,
            score,
            chunk.data_class,
        )
        for number, (chunk, place, text, score) in enumerate(rows, start=1)
    ]
