"""From the order in which letters stand on a line to the order in which they are read.

The reverse of the Unicode Bidirectional Algorithm (UAX #9) for a line without embeddings: rules W2, W4,
W5, W7, N1 and L4. Where two texts would look the same, the one that keeps Latin words together is given.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import bidirectional, mirrored

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RIGHT = {"R", "AL"}
_DIGITS = {"EN", "AN"}
_JOINING = {"CS", "ES"}
_MARKS = {"NSM", "BN"}
_ALEFS, _LAM = frozenset("اأإآ"), "ل"
_FAVOUR = 4
_SPACE = 0.16
_GAP = 1.5
_OPENING, _CLOSING = "([{<\u00ab\u2039", ")]}>\u00bb\u203a"
_PAIRS = dict(zip(_OPENING + _CLOSING, _CLOSING + _OPENING, strict=True))


class Letter(NamedTuple):
    """A letter as it stands: its index in PDFium's text, and its box across (left, right)."""

    text: str
    source: int
    left: float
    right: float

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2


def is_from_right(text: str) -> bool:
    """Whether any letter is of a script that is written from the right."""
    return any("\u0590" <= letter <= "\u08ff" or "\ufb1d" <= letter <= "\ufefc" for letter in text)


def mostly_from_right(text: str) -> bool:
    """Whether more than half of a page is written from the right; its columns go from there too."""
    return sum("\u0590" <= letter <= "\u08ff" for letter in text) * 2 > len(text)


def in_reading_order(letters: Sequence[Letter], height: float, *, favoured: bool = False) -> list[Letter]:
    """The letters of one line as they are read, a space (source -1) where a gap shows that words part.

    `height` is that of the line in the letters' unit; `favoured`: the page goes from the right, and so do
    its lines with many Latin letters. The spaces given are looked at for their place alone.
    """
    standing = _with_spaces(letters, height)
    from_right = _goes_from_right(standing, _FAVOUR if favoured else 1)
    stretches = _stretches(standing, height)
    if from_right:
        stretches.reverse()
    read: list[Letter] = []
    for stretch in stretches:
        ordered = _from_right(stretch) if from_right else _from_left(stretch)
        read += [*([_space(read[-1].right)] if read else []), *ordered]
    return read


def _space(at: float) -> Letter:
    return Letter(" ", -1, at, at)


def _with_spaces(letters: Sequence[Letter], height: float) -> list[Letter]:
    """The letters from left to right, marks after the letter that carries them, spaces where words part."""
    solid = sorted((one for one in letters if not _is_mark(one) and one.text.strip()), key=_place)
    drawn = sorted(one.centre for one in letters if one.text.isspace() and one.right > one.left)
    carried: dict[int, list[Letter]] = {}
    for mark in (one for one in letters if _is_mark(one)) if solid else ():
        base = min(range(len(solid)), key=lambda at: abs(solid[at].centre - mark.centre))
        insort(carried.setdefault(base, []), mark, key=lambda one: one.source)
    found: list[Letter] = []
    for at, letter in enumerate(solid):
        before = solid[at - 1] if at else letter
        apart = letter.left - before.right > _SPACE * height
        if apart or any(before.centre < space < letter.centre for space in drawn):
            found.append(_space(before.right))
        found += [letter, *carried.get(at, ())]
    return found


def _place(letter: Letter) -> tuple[float, int]:
    """Letters of one glyph stand at one place, in the order of the text from the right."""
    return letter.centre, -letter.source


def _is_mark(letter: Letter) -> bool:
    return bidirectional(letter.text) in _MARKS


def _goes_from_right(letters: Sequence[Letter], weight: int) -> bool:
    classes = [bidirectional(one.text) for one in letters]
    return weight * sum(one in _RIGHT for one in classes) >= classes.count("L")


def _stretches(letters: Sequence[Letter], height: float) -> list[list[Letter]]:
    """The letters cut at gaps too wide for a space: cells of a table, sides of a page."""
    found: list[list[Letter]] = [[]]
    for letter in letters:
        last = found[-1][-1] if found[-1] else letter
        if letter.text != " " and last.text == " " and letter.left - last.right > _GAP * height:
            found[-1].pop()
            found.append([])
        found[-1].append(letter)
    return [stretch for stretch in found if stretch]


def _from_left(letters: Sequence[Letter]) -> list[Letter]:
    """A line from the left: what stands between its first and last letter from the right is turned."""
    classes = [bidirectional(one.text) for one in letters]
    found: list[Letter] = []
    at = 0
    while at < len(letters):
        if classes[at] not in _RIGHT:
            found.append(letters[at])
            at += 1
            continue
        end = next((later for later in range(at, len(letters)) if classes[later] == "L"), len(letters))
        while classes[end - 1] not in _RIGHT | _MARKS:
            end -= 1
        found += _from_right(letters[at:end])
        at = end
    return found


def _from_right(letters: Sequence[Letter]) -> list[Letter]:
    """A line from the right: turned, but for Latin words and numbers; its brackets are turned too."""
    tokens = list(_tokens(letters))
    kept = _unligated([letter for token in reversed(tokens) for letter in token])
    single = {token[0].source for token in tokens if len(token) == 1 and token[0].text in _PAIRS}
    turned = [
        one._replace(text=_PAIRS[one.text]) if one.source in single and mirrored(one.text) else one
        for one in kept
    ]
    return min((turned, kept), key=_unmatched)


def _unligated(letters: list[Letter]) -> list[Letter]:
    """A lam and an alef that are one glyph, which PDFium may give in either order: the lam comes first."""
    for at in range(len(letters) - 1):
        alef, lam = letters[at], letters[at + 1]
        if alef.text in _ALEFS and lam.text == _LAM and alef[2:] == lam[2:]:
            letters[at : at + 2] = [lam, alef]
    return letters


def _unmatched(letters: Sequence[Letter]) -> int:
    """How many brackets have no partner."""
    opened: list[str] = []
    missing = 0
    for one in letters:
        if one.text in _OPENING:
            opened.append(_PAIRS[one.text])
        elif one.text in _PAIRS:
            missing += not (opened and opened[-1] == one.text and opened.pop())
    return missing + len(opened)


def _tokens(letters: Sequence[Letter]) -> Iterator[list[Letter]]:
    """What keeps its order from left to right: runs with Latin letters, numbers, a letter and its marks."""
    classes = [bidirectional(one.text) for one in letters]
    at = 0
    while at < len(letters):
        end = at + 1
        if classes[at] == "L" or _begins_number(classes, at):
            end = _latin_end(letters, classes, at) or _number_end(classes, at)
        else:
            while end < len(letters) and classes[end] in _MARKS:
                end += 1
        yield list(letters[at:end])
        at = end


def _latin_end(letters: Sequence[Letter], classes: Sequence[str], start: int) -> int:
    """Where the run that begins here and holds a Latin letter ends; 0 where it holds none."""
    stop = next((at for at in range(start, len(classes)) if classes[at] in _RIGHT), len(classes))
    if "L" not in classes[start:stop]:
        return 0
    end = 1 + max(at for at in range(start, stop) if classes[at] == "L" or classes[at] in _DIGITS)
    inside = "".join(one.text for one in letters[start:end])
    closing = letters[end].text if end < stop else ""
    return end + (closing in _PAIRS and inside.count(_PAIRS[closing]) > inside.count(closing))


def _begins_number(classes: Sequence[str], at: int) -> bool:
    return classes[at] in _DIGITS or (classes[at] == "ET" and "EN" in classes[at + 1 : at + 2])


def _number_end(classes: Sequence[str], start: int) -> int:
    """Where a number ends: its digits, a mark between two of them, and the unit that stands at it."""
    is_arabic = next((one for one in classes[start:] if one in _RIGHT), "") == "AL"
    joining = {"CS"} if is_arabic else _JOINING
    end = start + 1
    while end < len(classes):
        if classes[end] in _DIGITS or (classes[end] == "ET" and not is_arabic):
            end += 1
        elif classes[end] in joining and end + 1 < len(classes) and classes[end + 1] in _DIGITS:
            end += 2
        else:
            break
    return end
