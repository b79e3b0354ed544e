"""Whether two questions ask the same: by their words, and by what they mean where a model says so. Pure.

Measured with the built-in English model: paraphrases have cosines from 0.86 on, but so has "in Norway" beside
"in Sweden"; hence words decide with the cosine, never it alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.knowledge.language import detect_language
from apps.knowledge.support import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.knowledge.support import Words

MEANT_ALIKE: Final = ((0.92, 0.3), (0.8, 0.6))
"""Wordings are alike from one of these cosines (on MiniLM's scale), each with its share of words, on."""
MEANT_SAME: Final = (0.85, 0.3)
"""The same for a verified answer, which also knows every word of the question."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A question with its language; a few words alone may tell none, or a wrong one."""

    text: str
    language: str | None


def wording_of(text: str) -> Wording:
    """The question as it is compared."""
    return Wording(text, detect_language(text))


def are_alike(one: Wording, other: Wording, cosine: float | None) -> bool:
    """Whether both ask the same; `cosine` is that of their vectors, None where there is none."""
    pairs = [
        (words_of(one.text, each), words_of(other.text, each)) for each in {one.language, other.language}
    ]
    return any(_equal(*pair) or any(_meant(*pair, cosine, *floor) for floor in MEANT_ALIKE) for pair in pairs)


def is_covered(asked: Wording, variants: Sequence[tuple[str, float | None]]) -> bool:
    """Whether a question is one of an answer's variants (text, cosine) in other words: the strict rule.

    It brings no word that none of the variants has, and means the same as one of them.
    """
    question = words_of(asked.text, asked.language)
    words = [(words_of(text, asked.language), cosine) for text, cosine in variants]
    known = frozenset[str]().union(*(variant.stems for variant, _ in words))
    return question.stems <= known and any(
        _equal(question, variant) or _meant(question, variant, cosine, *MEANT_SAME)
        for variant, cosine in words
    )


def _equal(one: Words, other: Words) -> bool:
    return one == other and bool(one.stems or one.numbers)


def _meant(one: Words, other: Words, cosine: float | None, meant: float, shared: float) -> bool:
    """Whether cosine and words reach both floors; "section 12" is never "section 13", nor "may" "may not"."""
    if cosine is None or (one.numbers, one.negates) != (other.numbers, other.negates):
        return False
    share = len(one.stems & other.stems) / max(1, len(one.stems | other.stems))
    return cosine >= meant and share >= shared
