"""Which finds are worth a model's attention: an absolute floor, since ranks alone always name a best one.

Where the embedding model knows the language, questions off the topic find nothing and no right passage of
XQuAD's English set is lost. Words alone tell less: right passages reach down to a fifth of its weight,
so that floor only keeps out what shares next to nothing, and the model must say where passages do not answer
(python -m bench.retrieval_sql).
"""

from __future__ import annotations

from typing import Final

MEANING: Final = 0.33
WORDS: Final = 0.6
BOTH: Final = (0.25, 0.3)
WORDS_ALONE: Final = 0.2
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
