"""Line charts as the templates draw them: paths of an SVG without text, labels beside it, and a summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from apps.metering.statistics import Figures

WIDTH: Final = 600
HEIGHT: Final = 160
_STEPS: Final = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Line:
    """A line's name, its dash (solid or dashed), and its path, which passes spans without a value over."""

    name: str
    dash: str
    path: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart over time. `top` is the value of its upper edge."""

    id: str
    title: str
    summary: str
    unit: str
    top: int
    lines: list[Line]
    begin: datetime
    end: datetime

    @property
    def half(self) -> float:
        return self.top / 2

    @property
    def view_box(self) -> str:
        return f"0 0 {WIDTH} {HEIGHT}"


def latency_chart(spans: Sequence[tuple[datetime, Figures]], total: Figures) -> Chart:
    """The median and the slowest twentieth of the times to a first token."""
    lines = {"Half of the calls": [f.p50 for _, f in spans], "95 of 100 calls": [f.p95 for _, f in spans]}
    summary = "No answers in this time."
    if total.p50 is not None and total.p95 is not None:
        summary = f"Half of the answers began within {total.p50:,} ms, 95 of 100 within {total.p95:,} ms."
    return _chart("latency", "Time to the first token", summary, "ms", spans, lines)


def calls_chart(spans: Sequence[tuple[datetime, Figures]], total: Figures) -> Chart:
    """Calls and errors of each span."""
    lines: dict[str, list[int | None]] = {
        "Calls": [f.calls for _, f in spans],
        "Errors": [f.errors for _, f in spans],
    }
    summary = "No calls in this time."
    if total.error_rate is not None:
        summary = f"{total.calls:,} calls, {total.errors:,} errors ({total.error_rate:.1%})."
    return _chart("calls", "Calls and errors", summary, "calls", spans, lines)


def _chart(
    slug: str,
    title: str,
    summary: str,
    unit: str,
    spans: Sequence[tuple[datetime, Figures]],
    lines: dict[str, list[int | None]],
) -> Chart:
    top = _round_up(max((value for values in lines.values() for value in values if value), default=1))
    drawn = [
        Line(name, dash, _path(values, top))
        for (name, values), dash in zip(lines.items(), ("solid", "dashed"), strict=True)
    ]
    end = spans[-1][0] + (spans[1][0] - spans[0][0])
    return Chart(slug, title, summary, unit, top, drawn, spans[0][0], end)


def _round_up(value: int) -> int:
    """The next 1, 2 or 5 followed by noughts; at least 2, so that the middle is whole."""
    size: int = 10 ** (len(str(value)) - 1)
    return max(2, next(step * size for step in _STEPS if step * size >= value))


def _path(values: Sequence[int | None], top: int) -> str:
    """Straight lines from value to value; one alone is a dot (a line without length, with a round end)."""
    points = [
        f"{(number + 0.5) * WIDTH / len(values):.1f} {HEIGHT - value * HEIGHT / top:.1f}"
        for number, value in enumerate(values)
        if value is not None
    ]
    return f"M{'L'.join(points)}h0" if points else ""
