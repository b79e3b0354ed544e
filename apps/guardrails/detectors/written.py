"""A text as it is meant: without the marks that a format writes into values.

JSON's escapes, HTML's entities, an address's percent signs, Markdown's emphasis and plain inline tags stand
between the letters of a value and hide it from what reads letter by letter. Control characters are left out,
as all that cannot be seen. Positions are translated back.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from apps.guardrails.detectors.positions import Positions

_ANY: Final = re.compile(r"[\\&%*`~<\x00-\x08\x0e-\x1f\x7f]")
_MARK: Final = re.compile(
    r"(?:\\[nrt]){3,}"
    r"|\\{1,4}(?:u[0-9a-fA-F]{4}|[nrt\"/_*\-.@+()#\[\]{}!`~>|])"
    r"|&(?:#[0-9]{2,6}|#[xX][0-9a-fA-F]{2,5}|[A-Za-z]{2,8});"
    r"|%(?:20|2[BDEFbdef]|3[Aa]|40|5[Ff])"
    r"|\*{2,}|(?<![\w*])\*(?=\w)(?![0-9]{1,2}\. ?[0-9])|(?<=\w)\*(?![\w*])|`+|~~"
    r"|</?(?:b|i|u|em|strong|code|mark|span)>"
    r"|[\x00-\x08\x0e-\x1f\x7f]+"
)
_SPACES: Final = {"n": "\n", "r": "\n", "t": "\t"}
_SURROGATES: Final = range(0xD800, 0xE000)


def _meant(mark: str) -> str:
    """What the mark stands for; '' for one that only marks."""
    first = mark[0]
    if first == "\\":
        if mark[2:3] == "\\" and mark[1] != "\\":
            return "\n\n"
        what = mark.lstrip("\\")
        if what[0] == "u":
            point = int(what[1:], 16)
            return mark if point in _SURROGATES else chr(point)
        return _SPACES.get(what, what)
    if first == "%":
        return chr(int(mark[1:], 16))
    if first == "&":
        return unescape(mark)
    return ""


def meant(text: str) -> tuple[str, Positions | None]:
    """The text without such marks; None when all positions are as before."""
    if not _ANY.search(text):
        return text, None
    positions, done, length = Positions(), 0, 0
    pieces: list[str] = []
    for place in _ANY.finditer(text):
        match = _MARK.match(text, place.start()) if place.start() >= done else None
        mark = match.group() if match else ""
        letters = _meant(mark) if match else ""
        if match is None or letters == mark:
            continue
        pieces += (text[done : match.start()], letters)
        length += match.start() - done
        positions.replaced(length, len(mark), len(letters))
        length += len(letters)
        done = match.end()
    if not pieces:
        return text, None
    pieces.append(text[done:])
    return "".join(pieces), positions
