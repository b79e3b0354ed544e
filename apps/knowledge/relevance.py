"""Which finds are worth a model's attention: an absolute floor, since ranks alone always name a best one."""

from __future__ import annotations

from typing import Final

MEANING: Final = 0.33
WORDS: Final = 0.6
BOTH: Final = (0.25, 0.3)


def is_usable(*, cosine: float | None, coverage: float) -> bool:
    """Whether a find can bear an answer.

    `cosine` is the similarity of question and chunk, None without vectors; `coverage` the share of the
    question's weight of words that the chunk holds (about 0 to 1, more where words repeat).
    """
    if cosine is None:
        return coverage >= WORDS
    if cosine >= MEANING or coverage >= WORDS:
        return True
    return cosine >= BOTH[0] and coverage >= BOTH[1]
