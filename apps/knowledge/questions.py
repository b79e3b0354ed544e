"""A question as it is searched by words: its terms by language, and what it points at. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.knowledge.language import FUNCTION_WORDS, detect_language
from apps.knowledge.lexical import query_terms
from apps.knowledge.pointing import pointers_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from apps.knowledge.pointing import Pointer

_CHARACTERS: Final = 4_000
_NONE: Final = frozenset[str]()
_WORD: Final = re.compile(r"(?<![\w@#/+.:-])(?>[^\W_]+(?:['\u2019-][^\W_]+)*)(?![-_/@#+.:]?\w)")
"""Words that stand alone: those inside an identifier or an address are part of it."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the words' leg asks it.

    `readings` are its terms by the stems of each language that it may be in or that is searched; `pointed`
    those of each thing that it points at.
    """

    language: str | None
    readings: tuple[tuple[int, ...], ...]
    pointers: tuple[Pointer, ...] = ()
    pointed: tuple[tuple[int, ...], ...] = ()

    @property
    def terms(self) -> tuple[int, ...]:
        """All terms, each once."""
        every = (*self.readings, *self.pointed)
        return tuple(dict.fromkeys(term for reading in every for term in reading))

    @property
    def files(self) -> list[str]:
        """The names of files that it points at, in lower case."""
        return [pointer.text.lower() for pointer in self.pointers if pointer.is_file]

    def mass(self, weights: Mapping[int, float]) -> float:
        """The weight of the whole question in the reading whose words are best known."""
        return min((sum(weights[term] for term in reading) for reading in self.readings), default=0.0)


def prepare_query(text: str, languages: Iterable[str | None], language: str | None = None) -> Question:
    """The question's terms, stemmed by its own language (detected unless given) and by those searched.

    Function words of both are left out where others remain.
    """
    text = text[:_CHARACTERS]
    searched = tuple(languages)
    language = language or detect_language(text, searched)
    asked = tuple(dict.fromkeys((language, *searched)))
    readings = {tuple(_reading(text, language, each)) for each in asked}
    pointers = pointers_of(text)
    return Question(
        language,
        tuple(reading for reading in readings if reading),
        tuple(pointers),
        tuple(tuple(query_terms(pointer.text, *asked)) for pointer in pointers),
    )


def _reading(text: str, language: str | None, stemmed: str | None) -> list[int]:
    dull = FUNCTION_WORDS.get(language or "en", _NONE) | FUNCTION_WORDS.get(stemmed or "", _NONE)
    kept = _WORD.sub(lambda word: "" if word[0].lower() in dull else word[0], text)
    return query_terms(kept, stemmed) or query_terms(text, stemmed)
