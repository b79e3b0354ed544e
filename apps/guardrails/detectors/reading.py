"""A text made ready for the detectors: one way of writing digits, spaces and dashes, and its telling words.

Full-width and other scripts' digits become ASCII's, all spaces one space, all dashes a hyphen; what cannot
be seen (zero-width characters, soft hyphens) is left out, so that it hides nothing. Before that, what a
format writes into values is taken back (`written`). Positions are translated back.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final

from apps.guardrails.detectors.cues import UNSPACED, found_cues
from apps.guardrails.detectors.positions import Positions
from apps.guardrails.detectors.written import meant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from apps.guardrails.detectors.cues import Cues

_FAR: Final = 0x10000
_ANY_FAR: Final = re.compile("[\U00010000-\U0010ffff]")
_LAST: Final = 0x1FBFA
"""Behind it no character stands for an ASCII one."""
_APOSTROPHES: Final = (
    "\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}"
)
_QUOTES: Final = "«»“”„‟\u2039\u203a¡¿"
_MARKS: Final = re.compile("[\u0300-\u036f]")
_MARKED: Final = "[^\\W\\d_][\u0300-\u036f]+"


@cache
def _plain_forms() -> Mapping[int, str]:
    """What each character that is not plain stands for; '' where it cannot be seen."""
    forms = {}
    for point in (0xA0, 0xAD, *map(ord, _QUOTES[:2] + _QUOTES[-2:]), *range(0x100, _LAST)):
        letter = chr(point)
        category = unicodedata.category(letter)
        form = unicodedata.normalize("NFKC", letter)
        if category == "Nd":
            forms[point] = str(unicodedata.decimal(letter))
        elif category == "Cf":
            forms[point] = ""
        elif category in ("Zs", "Pd") or letter == "\N{MINUS SIGN}":
            forms[point] = " " if category == "Zs" else "-"
        elif letter in _APOSTROPHES:
            forms[point] = "'"
        elif letter in _QUOTES or letter == "…":
            forms[point] = '"'
        elif len(form) == 1 and form.isascii():
            forms[point] = form
    return forms


def _set_of(points: Sequence[int]) -> str:
    """A character set in ranges."""
    parts, start = [], points[0]
    for point, after in zip(points, [*points[1:], sys.maxunicode], strict=True):
        if after != point + 1:
            parts.append(f"{chr(start)}-{chr(point)}")
            start = after
    return "[" + "".join(parts) + "]"


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """What is not plain: of the first 65,536 characters, of those behind, and with what carries marks."""
    points = sorted(_plain_forms())
    near = _set_of([point for point in points if point < _FAR])
    far = _set_of([point for point in points if point >= _FAR])
    return re.compile(f"{near}+"), re.compile(far), re.compile(f"(?:{near}|{far})+|{_MARKED}")


def _pattern(text: str) -> re.Pattern[str]:
    """The quickest that finds all: a set within the first 65,536 costs a twentieth of one beyond."""
    near, far, whole = _patterns()
    if _MARKS.search(text) or (_ANY_FAR.search(text) and far.search(text)):
        return whole
    return near


def plain(text: str) -> tuple[str, Positions | None]:
    """The text in plain characters; None when all positions are as before."""
    if text.isascii():
        return text, None
    forms = _plain_forms()
    positions, pieces, done, length = Positions(), [], 0, 0
    for match in _pattern(text).finditer(text):
        run = match.group()
        pieces.append(text[done : match.start()])
        length += match.start() - done
        done = match.end()
        form = unicodedata.normalize("NFC", run) if _MARKS.match(run, 1) else run.translate(forms)
        pieces.append(form)
        if len(form) == len(run):
            length += len(form)
        elif _MARKS.match(run, 1):
            positions.replaced(length, len(run), len(form))
            length += len(form)
        else:
            for letter in run:
                size = len(forms[ord(letter)])
                positions.replaced(length, 1, size)
                length += size
    if not pieces:
        return text, None
    pieces.append(text[done:])
    return "".join(pieces), positions


def in_word(letter: str) -> bool:
    """Whether a value beside it is a part of something longer; scripts without spaces have no borders."""
    return letter.isalnum() and letter < UNSPACED


class Reading:
    """A text in plain characters (`text`) with the positions of its telling words."""

    def __init__(self, original: str) -> None:
        text, self._before = meant(original)
        self.text, self._positions = plain(text)

    @cached_property
    def cues(self) -> Cues:
        """The telling words, looked for when first asked about."""
        return found_cues(self.text)

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end] stands in the text as it was given."""
        for positions in (self._positions, self._before):
            if positions is not None:
                start, end = positions.start(start), positions.end(end)
        return start, end

    def told(self, category: str, start: int, end: int, *, before: int = 60, after: int = 14) -> bool:
        """Whether a telling word stands near: at most `before` characters before, or `after` behind."""
        return self.cues.near(category, start, end, before, after)
