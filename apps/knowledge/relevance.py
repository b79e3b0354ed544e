"""Which finds are worth a model's attention: an absolute floor, since ranks alone always name a best one.

The figures lose at most one right passage in fifty on XQuAD in English, German, Arabic and Chinese (bench/
retrieval_sql.py), and keep questions off the topic out where the embedding model knows their language. Words
alone tell less, so there the floor is lower and some questions off the topic pass.
"""

from __future__ import annotations

from typing import Final

MEANING: Final = 0.33
WORDS: Final = 0.6
BOTH: Final = (0.25, 0.3)
WORDS_ALONE: Final = 0.28
PAIRS_ALONE: Final = 0.12
_UNSPACED: Final = frozenset({"zh", "ja", "ko", "th"})
"""Scripts whose terms are pairs of characters: half of a question's pairs stand across two words."""


def is_usable(*, cosine: float | None, coverage: float, language: str | None) -> bool:
    """Whether a find can bear an answer.

    `cosine` is the similarity of question and chunk, None where the model does not know their language;
    `coverage` the share of the question's weight of words that the chunk holds (about 0 to 1, more where
    words repeat); `language` the question's.
    """
    if cosine is None:
        return coverage >= (PAIRS_ALONE if language in _UNSPACED else WORDS_ALONE)
    if cosine >= MEANING or coverage >= WORDS:
        return True
    return cosine >= BOTH[0] and coverage >= BOTH[1]
