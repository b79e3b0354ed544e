"""The installation that retrieval is measured on: 50 organisations, 200,000 chunks, the same at every run.

Texts are sentences of the sets in ../shared/data/rag, mixed anew: a document keeps to six neighbouring
passages, a fifth of its sentences come from anywhere in its set, and every seventh word is drawn from the
set's words as often as they are used, so that hardly a sentence stands twice. Half of the chunks name a part
that no other names. The vector of a chunk is the mean of its sentences' real MiniLM vectors, with noise.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from apps.knowledge.lexical import counted, weights_by_term
from launch.embedding import Embedder, graph_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEED: Final = 20261123
LARGE: Final = 120_000
MIDDLE: Final = (18_000, 12_000, 9_000, 7_000, 5_000)
SMALL: Final = tuple(range(1_000, 2_200, 100))
TINY: Final = 32
TOTAL: Final = 200_000
CHARACTERS: Final = 900
_SENTENCE: Final = re.compile(r"(?<=[.!?。؟]) *\s+|(?<=[。])|(?<= \.) ")
_MIXED: Final = {"cranfield": 45, "xquad/en": 25, "xquad/de": 15, "xquad/ar": 7, "xquad/zh": 8}
LANGUAGES: Final = {
    "cranfield": "en", "xquad/en": "en", "xquad/de": "de", "xquad/ar": "ar", "xquad/zh": "zh",
}  # fmt: skip
_OTHER_WORD: Final = 7
_NOISE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Sentence:
    """A real sentence: its words, and where its vector stands in the source's array."""

    words: tuple[str, ...]
    row: int


@dataclass(frozen=True, slots=True)
class Source:
    """One set: its passages as sentences, its words by how often they stand in it, its questions."""

    language: str
    passages: list[list[Sentence]]
    words: list[str]
    often: list[int]
    vectors: np.ndarray[Any, Any]
    questions: list[str]


@dataclass(frozen=True, slots=True)
class Made:
    """A chunk."""

    text: str
    terms: dict[int, float]
    vector: np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class MadeDocument:
    """A document with its chunks in order."""

    title: str
    language: str
    chunks: list[Made]


def sizes(total: int = TOTAL) -> list[int]:
    """Chunks of each of the 50 organisations, the largest first; `total` scales them."""
    rest = TOTAL - LARGE - sum(MIDDLE) - sum(SMALL)
    base = [40 + (place * 433) // TINY for place in range(TINY)]
    tiny = [size * rest // sum(base) for size in base]
    tiny[-1] += rest - sum(tiny)
    return [max(10, size * total // TOTAL) for size in (LARGE, *MIDDLE, *reversed(SMALL), *reversed(tiny))]


def sources(folder: Path) -> dict[str, Source]:
    """The sets with a real vector for each of their sentences (about a minute)."""
    embedder = Embedder(graph_path(), threads=2)
    return {name: _source(folder / name, LANGUAGES[name], embedder) for name in _MIXED}


def vectors_of(texts: Sequence[str]) -> np.ndarray[Any, Any]:
    """MiniLM's vectors."""
    return _embedded(Embedder(graph_path(), threads=2), texts)


def documents(found: dict[str, Source], chunks: int, seed: int) -> Iterator[MadeDocument]:
    """Documents with together so many chunks: 1 to 400 each, a dozen in the middle."""
    chance = random.Random(f"{SEED}-{seed}")
    noise = np.random.default_rng(SEED + seed)
    terms: dict[tuple[str, str], tuple[Counter[str], int]] = {}
    left, number = chunks, 0
    while left:
        name = chance.choices(list(_MIXED), list(_MIXED.values()))[0]
        size = min(left, 400, max(1, round(chance.lognormvariate(2.5, 1.0))))
        maker = _Maker(found[name], chance, noise, terms, f"{seed}-{number}")
        yield MadeDocument(maker.title, found[name].language, [maker.chunk(at) for at in range(size)])
        left, number = left - size, number + 1


class _Maker:
    """Makes the chunks of one document."""

    def __init__(
        self,
        source: Source,
        chance: random.Random,
        noise: np.random.Generator,
        terms: dict[tuple[str, str], tuple[Counter[str], int]],
        name: str,
    ) -> None:
        self._source, self._chance, self._noise, self._terms = source, chance, noise, terms
        start = chance.randrange(len(source.passages))
        near = [source.passages[(start + step) % len(source.passages)] for step in range(6)]
        self._near = [sentence for passage in near for sentence in passage]
        self._sum = list(accumulate(source.often))
        self._name = name
        self.title = f"Paper {name}: {' '.join(self._near[0].words[:6])}"

    def chunk(self, position: int) -> Made:
        words: list[str] = []
        rows: list[int] = []
        length = 0
        while length < CHARACTERS:
            sentence = self._sentence()
            rows.append(sentence.row)
            said = [self._word(word) for word in sentence.words]
            words += said
            length += sum(map(len, said)) + len(said)
        if self._chance.random() < 0.5:
            words += ["part", f"K{self._name}-{position}"]
        return Made(" ".join(words), self._weights(words), self._vector(rows))

    def _sentence(self) -> Sentence:
        if self._chance.random() < 0.8:
            return self._chance.choice(self._near)
        return self._chance.choice(self._chance.choice(self._source.passages))

    def _word(self, word: str) -> str:
        if self._chance.randrange(_OTHER_WORD):
            return word
        return self._chance.choices(self._source.words, cum_weights=self._sum)[0]

    def _weights(self, words: list[str]) -> dict[int, float]:
        counts: Counter[str] = Counter()
        length = 0
        for word in words:
            key = (word, self._source.language)
            if key not in self._terms:
                self._terms[key] = counted(*key)
            found, base = self._terms[key]
            counts.update(found)
            length += base
        return weights_by_term(counts, length)

    def _vector(self, rows: list[int]) -> np.ndarray[Any, Any]:
        vector = self._source.vectors[rows].mean(axis=0)
        vector = vector / np.linalg.norm(vector) + self._noise.normal(0, _NOISE, vector.shape)
        return vector / np.linalg.norm(vector)  # type: ignore[no-any-return]  # numpy's norm is Any


def _source(folder: Path, language: str, embedder: Embedder) -> Source:
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").read_text().splitlines()]
    asked = [json.loads(line) for line in (folder / "queries.jsonl").read_text().splitlines()]
    texts: list[str] = []
    passages: list[list[Sentence]] = []
    often: Counter[str] = Counter()
    for row in rows:
        found = [part.strip() for part in _SENTENCE.split(row["text"]) if part and part.strip(" .")]
        passages.append([])
        for text in found:
            words = tuple(text.split()) if language != "zh" else tuple(re.findall(".{1,12}", text))
            often.update(words)
            passages[-1].append(Sentence(words, len(texts)))
            texts.append(text)
    return Source(
        language,
        [passage for passage in passages if passage],
        list(often),
        list(often.values()),
        _embedded(embedder, texts),
        [row["text"] for row in asked],
    )


def _embedded(embedder: Embedder, texts: Sequence[str]) -> np.ndarray[Any, Any]:
    vectors = np.zeros((len(texts), 384), dtype=np.float32)
    for batch in embedder.batches(texts):
        vectors[batch.places] = batch.vectors
    return vectors
