"""Boxes, runs of letters and ruled lines on a page: x to the right, y downwards, in points."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from apps.knowledge.parsing.layout.bidi import is_from_right

if TYPE_CHECKING:
    from collections.abc import Iterable

_SAME_LINE = 0.5
_APART = 0.75
_BACK = 2.0


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2


class Rule(NamedTuple):
    """A straight line, drawn across (`is_level`) or down: its place, and where it begins and ends."""

    is_level: bool
    at: float
    start: float
    end: float


@dataclass(slots=True)
class Run:
    """Letters start…end (exclusive) of the page's text that stand beside each other on one line."""

    start: int
    end: int
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(slots=True)
class Sheet:
    """A page's text with a box for each letter, None for white space, and the ruled lines on it."""

    text: str
    boxes: list[Box | None]
    rules: list[Rule] = field(default_factory=list)

    def runs(self) -> list[Run]:
        """Letters that follow each other in the text and on the page, cut at gaps wider than a space."""
        found: list[Run] = []
        start = end = 0
        left = top = right = bottom = 0.0
        for index, box in enumerate(self.boxes):
            if box is None:
                continue
            x, y, to_x, to_y = box
            height = min(bottom - top, to_y - y)
            same = abs(top + bottom - y - to_y) <= 2 * _SAME_LINE * height
            if same and (
                -_BACK * height < max(x - right, left - to_x) <= _APART * height or left <= x <= right
            ):
                end = index + 1
                left, top = min(left, x), min(top, y)
                right, bottom = max(right, to_x), max(bottom, to_y)
                continue
            if end:
                found.append(Run(start, end, left, top, right, bottom))
            start, end, (left, top, right, bottom) = index, index + 1, box
        if end:
            found.append(Run(start, end, left, top, right, bottom))
        return _mended(found) if is_from_right(self.text) else found

    def words(self, indexes: Iterable[int]) -> str:
        """The letters at the indexes in the text's order, with a space wherever something stands between."""
        parts: list[str] = []
        before = -2
        for index in sorted(indexes):
            if index != before + 1 and parts:
                parts.append(" ")
            parts.append(self.text[index])
            before = index
        return "".join(parts)


def _mended(runs: list[Run]) -> list[Run]:
    """The runs, joined where a Latin word within a line from the right made the text jump ahead."""
    found: list[Run] = []
    for run in runs:
        before = found[-1] if found else None
        if before and _is_beside(before, run):
            found[-1] = Run(
                before.start,
                run.end,
                min(before.left, run.left),
                min(before.top, run.top),
                max(before.right, run.right),
                max(before.bottom, run.bottom),
            )
        else:
            found.append(run)
    return found


def _is_beside(one: Run, other: Run) -> bool:
    height = min(one.height, other.height)
    gap = max(one.left, other.left) - min(one.right, other.right)
    return abs(one.middle - other.middle) <= _SAME_LINE * height and gap <= _APART * height


def rows_of(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs by line from the top, each line's from left to right."""
    rows: list[list[Run]] = []
    middles: list[float] = []
    for run in sorted(runs, key=lambda run: (run.middle, run.left)):
        if rows and abs(run.middle - middles[-1]) <= _SAME_LINE * min(run.height, rows[-1][0].height):
            rows[-1].append(run)
        else:
            rows.append([run])
            middles.append(run.middle)
    return [sorted(row, key=lambda run: run.left) for row in rows]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells by row, each the indexes of its letters in the page's text; `top` and `bottom` of the whole.

    `edges` are where its columns begin, to know it again on the next page.
    """

    rows: tuple[tuple[tuple[int, ...], ...], ...]
    top: float
    bottom: float
    edges: tuple[float, ...]

    def indexes(self) -> set[int]:
        return {index for row in self.rows for cell in row for index in cell}
