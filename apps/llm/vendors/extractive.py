"""Answers without a model: the sentences of the passages that fit the question best, each with its marker.

Honest (nothing is written that does not stand in a passage), instant and deterministic; the fallback when no
model can be reached.
"""

import math
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

from apps.llm.vendors.base import (
    ChatRequest,
    Delta,
    EmbeddingRequest,
    EmbeddingResult,
    ErrorKind,
    Finished,
    ListedModel,
    Modality,
    PassagePart,
    TextDelta,
    TextPart,
    Usage,
)
from apps.llm.vendors.errors import error
from apps.llm.vendors.interface import DEFAULT_TIMEOUTS, Endpoint, Field, Timeouts, Vendor

MODEL = "extractive"
MOST_SENTENCES = 4
WORDS_PER_DELTA = 4
LEAD = "From your documents:"
NOTHING_FOUND = (
    "No document answers this question. Nothing was made up. Attach a document that does, choose a knowledge "
    "base, or ask a model that is allowed to answer from what it has learned."
)
_LEAST_SHARE = 0.15
_LEAST_OF_FIRST = 0.4
_SENTENCE_CHARACTERS = 400
_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(
    r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n{2,}|\n(?=\s*[-*•#|\d])|(?<=\|)[ \t]*\n"  # noqa: RUF001 - Chinese stops
)
_CELL_END = re.compile(r"(?<!\\)\|")
_LEAST_WORDS = 6
_STATES = re.compile(r"[\d.!?:;。！？=|·]")  # noqa: RUF001 - Chinese stops
_STOP_WORDS = frozenset(
    (
        "a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do",
        "does", "for", "from", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its",
        "me", "may", "more", "must", "my", "no", "not", "of", "on", "or", "our", "shall", "should", "so",
        "some", "such", "than", "that", "the", "their", "them", "then", "there", "these", "they", "this",
        "those", "to", "us", "was", "we", "were", "what", "when", "where", "which", "who", "whom",
        "whose", "why", "will", "with", "would", "you", "your",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of a passage, with the terms that it holds and its place in reading order."""

    number: int
    order: int
    text: str
    terms: frozenset[str]


class Extractive(Vendor):
    """The vendor `extractive`: needs no host, no key and no model."""

    slug = "extractive"
    label = "Quotes from documents (no model)"
    key_page = ""
    needs_connection = False

    @property
    def fields(self) -> tuple[Field, ...]:
        """Nothing to fill in."""
        return ()

    async def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """The answer in groups of a few words, then Finished with no tokens used."""
        for piece in _pieces(answer_from(question_of(request), request.passages)):
            yield TextDelta(piece)
        yield Finished("stop", Usage(0, 0), MODEL)

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> EmbeddingResult:
        """Refuse: there is no model."""
        raise error(ErrorKind.BAD_REQUEST, detail="extractive has no embeddings")

    async def list_models(self, endpoint: Endpoint) -> list[ListedModel]:
        """The one entry there is."""
        return [ListedModel(MODEL, Modality.CHAT)]

    async def check(self, endpoint: Endpoint) -> None:
        """Always ready."""


def question_of(request: ChatRequest) -> str:
    """The words of the last message of the user."""
    for message in reversed(request.messages):
        if message.role == "user":
            return " ".join(part.text for part in message.parts if isinstance(part, TextPart))
    return ""


def answer_from(question: str, passages: Sequence[PassagePart]) -> str:
    """The best sentences in reading order, each followed by the marker of its passage, or NOTHING_FOUND."""
    sentences = _sentences(passages)
    chosen = _best(_terms(question), sentences)
    if not chosen:
        return NOTHING_FOUND
    quoted = [f"{sentence.text} [{sentence.number}]" for sentence in chosen]
    return f"{LEAD}\n\n" + "\n\n".join(quoted)


def _best(wanted: frozenset[str], sentences: Sequence[_Sentence]) -> list[_Sentence]:
    """Greedy: each next sentence adds most weight not yet covered; ties by reading order.

    The first must hold a real share of the question, each later one a good part of what the first held.
    """
    weights = _weights(wanted, sentences)
    least = _LEAST_SHARE * sum(weights.values())
    covered: set[str] = set()
    chosen: list[_Sentence] = []
    rest = list(sentences)
    while rest and len(chosen) < MOST_SENTENCES:
        gains = {sentence.order: _gain(sentence, weights, covered) for sentence in rest}
        best = max(rest, key=lambda sentence: (gains[sentence.order], -sentence.order))
        gain = gains[best.order]
        if gain <= 0 or gain < least:
            break
        least = least if chosen else _LEAST_OF_FIRST * gain
        chosen.append(best)
        covered |= best.terms
        rest.remove(best)
    return sorted(chosen, key=lambda sentence: sentence.order)


def _gain(sentence: _Sentence, weights: dict[str, float], covered: set[str]) -> float:
    """Weight of the question's terms in the sentence, a quarter for those that another one covers already."""
    shares = {term: 0.25 if term in covered else 1.0 for term in weights if term in sentence.terms}
    found = sum(weights[term] * share for term, share in shares.items())
    return found / (1.0 + math.log1p(max(0, len(sentence.terms) - 25) / 25))


def _weights(wanted: frozenset[str], sentences: Sequence[_Sentence]) -> dict[str, float]:
    """Inverse document frequency over the sentences at hand; a term that stands nowhere weighs most."""
    total = len(sentences)
    counts = {term: sum(term in sentence.terms for sentence in sentences) or 1 for term in sorted(wanted)}
    return {term: math.log(1 + (total - count + 0.5) / (count + 0.5)) for term, count in counts.items()}


def _sentences(passages: Sequence[PassagePart]) -> list[_Sentence]:
    found: list[_Sentence] = []
    seen: set[str] = set()
    for passage in passages:
        for raw in _SENTENCE_END.split(passage.text):
            text = " ".join(_plain(raw.strip()).split())
            terms = _terms(text)
            if not terms or text in seen or _is_heading(text):
                continue
            seen.add(text)
            found.append(_Sentence(passage.number, len(found), _shortened(text), terms))
    return found


def _plain(text: str) -> str:
    """The text without the mark that begins its line; a table's row as its cells that say something."""
    if "|" in {text[:1], text[-1:]}:
        return " · ".join(cell.strip() for cell in _CELL_END.split(text) if cell.strip())
    return text.lstrip("-*•#")


def _is_heading(text: str) -> bool:
    """A few words without a full stop, a colon or a number: they name what follows and say nothing."""
    return len(text.split()) < _LEAST_WORDS and not _STATES.search(text)


def _shortened(text: str) -> str:
    """A sentence without an end is quoted up to a word's end."""
    if len(text) <= _SENTENCE_CHARACTERS:
        return text
    return text[:_SENTENCE_CHARACTERS].rsplit(" ", 1)[0] + " …"


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    return str(snowballstemmer.stemmer("english").stemWord(word))


def _terms(text: str) -> frozenset[str]:
    words = (word.lower() for word in _WORD.findall(text))
    return frozenset(_stem(word) for word in words if word not in _STOP_WORDS)


def _pieces(text: str) -> Iterator[str]:
    """The text in groups of a few words whose concatenation is exactly the text."""
    words = re.findall(r"\S+\s*", text)
    for start in range(0, len(words), WORDS_PER_DELTA):
        yield "".join(words[start : start + WORDS_PER_DELTA])
