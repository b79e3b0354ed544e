"""Where nothing is usable: the documents that come nearest, and the words that none of them says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.knowledge import candidates
from apps.knowledge.language import FUNCTION_WORDS, detect_language
from apps.knowledge.support import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from apps.knowledge.candidates import Stored
    from apps.knowledge.retrieval import Found

MOST_DOCUMENTS: Final = 3
MOST_WORDS: Final = 5
_LOOKED_AT: Final = 24
_WORD: Final = re.compile(r"[^\W_]{2,}(?:['\u2019-][^\W_]+)*")
_UNSPACED: Final = frozenset({"zh", "ja", "ko", "th"})


@dataclass(frozen=True, slots=True)
class Nearest:
    """The chunk that comes nearest of each document, and the question's words that no such chunk holds."""

    chunks: tuple[Stored, ...] = ()
    missing: tuple[str, ...] = ()


def nearest(found: Found) -> Nearest:
    """What comes nearest of all that was searched, usable or not. Inside a scope."""
    ranked = found.ranking.ordered[:_LOOKED_AT]
    places = [(hit.document_id, hit.position) for hit, _ in ranked]
    known = candidates.texts(found.search.reach, places) if places else {}
    chunks = [known[place] for place in places if place in known]
    best: dict[UUID, Stored] = {}
    for chunk in chunks:
        best.setdefault(chunk.document_id, chunk)
    return Nearest(
        tuple(best.values())[:MOST_DOCUMENTS],
        missing_words(found.text, (f"{chunk.title}\n{chunk.text}" for chunk in chunks)),
    )


def missing_words(question: str, texts: Iterable[str]) -> tuple[str, ...]:
    """The question's words that none of the texts holds in any form, in its order, at most five.

    None where no text is in the question's language, or where its script writes no spaces.
    """
    language = detect_language(question)
    known = frozenset[str]()
    is_comparable = False
    for text in texts:
        if detect_language(text, (language,)) == language:
            is_comparable = True
            known |= words_of(text, language).stems
    if not is_comparable or language in _UNSPACED:
        return ()
    dull = FUNCTION_WORDS.get(language or "en", frozenset())
    words = dict.fromkeys(word for word in _WORD.findall(question) if word.lower() not in dull)
    absent = (word for word in words if not words_of(word, language).stems <= known)
    return tuple(absent)[:MOST_WORDS]
