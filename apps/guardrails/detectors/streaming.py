"""How much of a text that is still growing is settled, so that it may be shown."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from apps.guardrails.detectors.cues import cue_words
from apps.guardrails.detectors.documents import MONTHS
from apps.guardrails.detectors.secrets import LONGEST_KEY

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

BEHIND: Final = 20
"""Code points behind a value that may still tell what it is, such as "born" behind a date."""
LONGEST: Final = 400
"""Code points of the longest value that has spaces in it (an address); beyond, a break is made anyway."""
LONGEST_WORD: Final = 8_192
"""Code points of the longest value without spaces (a token)."""
BEFORE: Final = 160
"""Code points before a place that may tell what stands there: keep as many of what was settled for `find`."""
_WORD: Final = re.compile(r"(?<![^\s\"'(\[*„“«])([^\W\d_]+)(?=[\s,;!?)\]*\"'”»]|[.:]\s)")
_UNSPACED: Final = re.compile("[\u0e00-\ufaff]")
_BEGIN: Final = "-----BEGIN "
_END: Final = "-----END "
_INSIDE: Final = (
    "de da do dos das del della delle dello dei degli di du des d la le les lo el los las al am im an"
    " in der den dem bei en et e y sur sous upon on of the and van von vom zu zur ter ten bin ben ibn"
    " st nd rd th bis quater ext x no nr piso planta puerta apartamento appartamento apto apt andar"
    " sala interno interior int scala piano bloco bloque edif depto dpto esc bât local was wurde ist"
    " est è é foi il"
)


@cache
def _inside() -> AbstractSet[str]:
    """Small words that stand inside names, addresses and dates."""
    return frozenset((*_INSIDE.split(), *MONTHS, *cue_words("romance"), *cue_words("german")))


def open_from(text: str, longest: int = 0) -> int:
    """Where the open end begins: `find` on any continuation finds the same before it as on this text.

    It begins behind the last small word that can stand in no value. `longest` is the length in code points of
    the longest own term or pattern (those of a pattern are not known: choose what it shall find at least).
    Linear in the open end's length, at most LONGEST_KEY.
    """
    key = text.rfind(_BEGIN, max(0, len(text) - LONGEST_KEY))
    if key >= 0 and text.find("-----", text.find("-----", key + len(_BEGIN)) + 1) < 0:
        return key
    end = len(text) - max(BEHIND, longest)
    if end <= 0:
        return 0
    floor = max(0, end - LONGEST)
    settled = 0
    for match in _WORD.finditer(text, floor, end):
        word = match.group(1)
        if word.islower() and word not in _inside():
            settled = match.end()
    if settled:
        return settled
    return _forced(text, floor, end)


def _forced(text: str, floor: int, end: int) -> int:
    """Without such a word the end is cut at a space beyond LONGEST, or in one word beyond LONGEST_WORD."""
    if floor == 0:
        return 0
    unspaced = _UNSPACED.search(text, floor, end)
    if unspaced:
        return max(unspaced.start(), text.rfind(" ", floor, end) + 1)
    first = max(0, end - LONGEST_WORD)
    return max(first, *(text.rfind(each, first, floor) + 1 for each in " \n\t"))
