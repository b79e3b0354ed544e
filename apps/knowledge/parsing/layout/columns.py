"""Columns of prose: one after the other, with what stands across them before and after."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Protocol, TypeVar

from apps.knowledge.parsing.layout.bidi import mostly_from_right

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.knowledge.parsing.layout.shapes import Run, Sheet

_MIN_COLUMN_LINES = 5
_FULL = 0.55
_CROSSING = 0.1
_STEPS = 120
_MAX_SWITCHES = 0.25
_MIN_WORDS = 4


class Placed(Protocol):
    """Anything with a box, downwards from the top."""

    @property
    def left(self) -> float: ...
    @property
    def top(self) -> float: ...
    @property
    def right(self) -> float: ...
    @property
    def bottom(self) -> float: ...


Line = TypeVar("Line", bound=Placed)


def blocks_of(lines: Sequence[Line], *, from_right: bool = False) -> list[list[Line]]:
    """Lines by column, in turn; what spans the gutter (a title, a footer) before or after both."""
    gutter = gutter_of(lines)
    if gutter is None:
        return [list(lines)]
    left = [line for line in lines if line.right <= gutter]
    right = [line for line in lines if line.left >= gutter]
    across = [line for line in lines if line.left < gutter < line.right]
    top = min(line.top for line in (*left, *right))
    above = [line for line in across if line.bottom <= top + line.bottom - line.top]
    sides = [*blocks_of(left, from_right=from_right), *blocks_of(right, from_right=from_right)]
    if from_right:
        sides = [*blocks_of(right, from_right=True), *blocks_of(left, from_right=True)]
    return [above, *sides, [line for line in across if line not in above]]


def gutter_of(lines: Sequence[Placed]) -> float | None:
    """Where hardly a line crosses, with full lines of prose on both sides; a table's gaps are no gutter."""
    if len(lines) < 2 * _MIN_COLUMN_LINES:
        return None
    low, high = min(line.left for line in lines), max(line.right for line in lines)
    best: tuple[int, float] | None = None
    for step in range(_STEPS // 4, _STEPS * 3 // 4):
        at = low + (high - low) * step / _STEPS
        left = [line for line in lines if line.right <= at]
        right = [line for line in lines if line.left >= at]
        crossing = len(lines) - len(left) - len(right)
        if crossing <= _CROSSING * len(lines) and _is_prose(left) and _is_prose(right):
            best = min(best, (crossing, at)) if best else (crossing, at)
    return best[1] if best else None


@dataclass(frozen=True, slots=True)
class Columns:
    """A page's runs by block (a column, or what stands across them) in reading order.

    `is_mixed`: the page's text has the lines of the columns in turns and can not be read as it stands.
    """

    blocks: list[list[Run]]
    is_mixed: bool = False


def columns_of(sheet: Sheet, runs: Sequence[Run]) -> Columns:
    """The page's columns of prose; one block where it has none."""
    gutter = gutter_of(runs)
    if gutter is None:
        return Columns([list(runs)])
    sided = [
        (run.left >= gutter, len(sheet.text[run.start : run.end].split()))
        for run in sorted(runs, key=lambda run: run.start)
        if not run.left < gutter < run.right
    ]
    switches = sum(one != other for (one, _), (other, _) in pairwise(sided))
    words = (median(count for is_right, count in sided if is_right == side) for side in (True, False))
    is_mixed = switches > _MAX_SWITCHES * len(sided) and min(words) >= _MIN_WORDS
    from_right = mostly_from_right(sheet.text)
    return Columns([block for block in blocks_of(runs, from_right=from_right) if block], is_mixed)


def _is_prose(lines: Sequence[Placed]) -> bool:
    if len(lines) < _MIN_COLUMN_LINES:
        return False
    width = max(line.right for line in lines) - min(line.left for line in lines)
    return median(line.right - line.left for line in lines) >= _FULL * width
