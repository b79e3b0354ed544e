"""Line charts as the templates draw them: paths of an SVG without text, labels beside it, and a summary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    Values = Sequence[int | float | Decimal | None]

WIDTH: Final = 600
HEIGHT: Final = 160
DASHES: Final = ("solid", "dashed", "dotted", "mixed")
ODD: Final = 5
"""Its half is no whole number: of people or calls there is none."""
_STEPS: Final = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Line:
    """A line's name, its dash (one of DASHES), and its path, which passes spans without a value over."""

    name: str
    dash: str
    path: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart over time, from `begin` to `end` (moments, or days where `is_daily`).

    `top` is the value of its upper edge.
    """

    id: str
    title: str
    summary: str
    unit: str
    top: float
    lines: list[Line]
    begin: date
    end: date
    is_daily: bool = False

    @property
    def scale(self) -> tuple[str, str]:
        """The values of the upper edge and of the middle."""
        return f"{self.top:,.10g}", f"{self.top / 2:,.10g}"

    @property
    def view_box(self) -> str:
        return f"0 0 {WIDTH} {HEIGHT}"


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart is called, says in a sentence, and counts."""

    id: str
    title: str
    summary: str
    unit: str


def line_chart(
    words: Words, lines: Mapping[str, Values], begin: date, end: date, *, is_daily: bool = False
) -> Chart:
    """The chart of up to four lines, which differ by dash as well as colour."""
    seen = [value for values in lines.values() for value in values if value]
    top = _round_up(max(map(float, seen), default=1))
    if top == ODD and all(value == int(value) for value in seen):
        top += 1
    drawn = [
        Line(name, dash, _path(values, top))
        for (name, values), dash in zip(lines.items(), DASHES, strict=False)
    ]
    return Chart(words.id, words.title, words.summary, words.unit, top, drawn, begin, end, is_daily)


def _round_up(value: float) -> float:
    """The next 1, 2 or 5 with noughts; whole numbers get at least 2, so that the middle is whole."""
    size = 10.0 ** math.floor(math.log10(value))
    top = next(step * size for step in _STEPS if step * size >= value * 0.999999)
    return max(2.0, top) if value >= 1 else top


def _path(values: Values, top: float) -> str:
    """Straight lines from value to value; one alone is a dot (a line without length, with a round end)."""
    points = [
        f"{(number + 0.5) * WIDTH / len(values):.1f} {HEIGHT - max(0.0, float(value)) * HEIGHT / top:.1f}"
        for number, value in enumerate(values)
        if value is not None
    ]
    return f"M{'L'.join(points)}h0" if points else ""
