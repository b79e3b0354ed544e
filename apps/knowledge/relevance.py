"""Which finds are worth a model's attention: an absolute floor, since ranks alone always name a best one.

Where the embedding model knows the language, questions off the topic find nothing and no right passage of
XQuAD's English set is lost. Words alone tell less: the best find must hold a fifth of the question's weight,
the rest half of that, which loses no right passage of XQuAD's Arabic and German sets and leaves their ranking
BM25's; half of the questions off the topic still find something, and the model must say that it does not
answer (manage.py evaluate tells the share of unanswered questions).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MEANING: Final = 0.33
WORDS: Final = 0.6
BOTH: Final = (0.25, 0.3)
WORDS_ALONE: Final = (0.2, 0.1)
"""What the best find must hold, and what any other: ranks tell the rest apart."""
PAIRS_ALONE: Final = (0.08, 0.03)
"""The same where terms are pairs of characters: half of a question's pairs stand across two words."""
_UNSPACED: Final = frozenset({"zh", "ja", "ko", "th"})


@dataclass(frozen=True, slots=True)
class Scale:
    """A model's cosines on MiniLM's scale, which the floors are of: (cosine - zero) * stretch.

    A multilingual model's zero differs by language: `zeros` where question and passage are both in one,
    `across` where they are in two.
    """

    zero: float = 0.0
    stretch: float = 1.0
    zeros: Mapping[str, float] = field(default_factory=dict, hash=False)
    across: float = 0.0

    def common(self, cosine: float, question: str | None = None, passage: str | None = None) -> float:
        """The cosine as MiniLM's would be, for the languages of both; None for one not recognised."""
        language = passage or question or ""
        zero = self.zeros.get(language, self.zero)
        if question and passage and question != passage:
            zero = self.across
        return (cosine - zero) * self.stretch


IDENTITY: Final = Scale()
SCALES: Final = {
    "all-minilm-l6-v2": IDENTITY,
    "multilingual-e5": Scale(
        zero=0.738,
        stretch=3.8,
        zeros={"en": 0.725, "de": 0.743, "ar": 0.741, "zh": 0.78},
        across=0.678,
    ),
}
"""By family. Measured on XQuAD with the small one (docs/performance.md): about as many right passages lie
below the floors as with MiniLM. Its larger sisters were trained to the same temperature."""


def scale_of(vendor_model: str) -> Scale | None:
    """The scale of a model's family; None where nobody measured it (apps.knowledge.calibrating does)."""
    name = vendor_model.lower()
    return next((scale for family, scale in SCALES.items() if family in name), None)


def is_usable(*, cosine: float | None, coverage: float, best: float, language: str | None) -> bool:
    """Whether a find can bear an answer.

    `cosine` is the similarity of question and chunk, None where the model does not know their language;
    `coverage` the share of the question's weight of words that the chunk holds (about 0 to 1, more where
    words repeat), `best` the largest among the finds; `language` the question's.
    """
    if cosine is None:
        first, other = PAIRS_ALONE if language in _UNSPACED else WORDS_ALONE
        return best >= first and coverage >= other
    if cosine >= MEANING or coverage >= WORDS:
        return True
    return cosine >= BOTH[0] and coverage >= BOTH[1]
