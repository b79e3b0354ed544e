"""What can be told of a question without asking a model: length, language, code. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

_SCRIPTS: Final = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
)
_WORDS: Final = {
    "de": "der die das und ist nicht ich wir wie was ein eine für mit auf dem den von zu bitte kann",
    "en": "the and is not i we how what a an for with on of to please can you are do does in",
    "es": "el la los las y es no yo cómo qué un una para con en de por favor puede cuál del",
    "fr": "le la les et est pas je nous comment que un une pour avec sur de des du au vous quel quelle",
    "it": "il lo gli e è non io noi come che un una per con su di del della può quale sono",
    "nl": "de het en is niet ik wij hoe wat een voor met op van te kan u welke zijn naar",
    "pl": "i jest nie ja my jak co dla z na do w czy proszę może się który to od",
    "pt": "o os as e é não eu nós como que um uma para com em do da por favor pode qual",
}
_KNOWN: Final = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_CODE: Final = re.compile(
    r"```|^\s*(?:def|class|import|from|function|const|let|public|#include|SELECT|INSERT|UPDATE)\b.*[(:;{=*]"
    r"|[;{}]\s*$|=>|\)\s*\{|</\w+>",
    re.MULTILINE,
)
LOOKED_AT: Final = 4_000
"""Characters of a question that are looked at."""


@dataclass(frozen=True, slots=True)
class Traits:
    """A question's metadata. `tokens` counts all that is asked; None where the past has not kept it.

    `needs` are abilities without which a model can not answer; `hour` is the organisation's.
    """

    tokens: int
    hour: int
    team_id: UUID | None = None
    language: str | None = None
    has_code: bool | None = None
    has_attachments: bool | None = None
    needs: frozenset[str] = frozenset()


def language_of(text: str) -> str:
    """The two letters of the language that the text is most likely in; empty where that is not plain."""
    text = text[:LOOKED_AT]
    letters = sum(character.isalpha() for character in text)
    for language, script in _SCRIPTS:
        if letters and len(script.findall(text)) * 4 >= letters:
            return language
    words = re.findall(r"[^\W\d_]+", text.lower())
    counts = sorted(((sum(word in known for word in words), name) for name, known in _KNOWN.items()))
    (second, _), (first, best) = counts[-2:]
    return best if first > second else ""


def has_code(text: str) -> bool:
    """Whether the text holds program code."""
    return _CODE.search(text[:LOOKED_AT]) is not None
