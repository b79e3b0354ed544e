"""The charts of connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.metering.charts import Chart, Words, line_chart

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from apps.metering.statistics import Figures


def latency_chart(spans: Sequence[tuple[datetime, Figures]], total: Figures) -> Chart:
    """The median and the slowest twentieth of the times to a first token."""
    summary = "No answers in this time."
    if total.p50 is not None and total.p95 is not None:
        summary = f"Half of the answers began within {total.p50:,} ms, 95 of 100 within {total.p95:,} ms."
    lines = {"Half of the calls": [f.p50 for _, f in spans], "95 of 100 calls": [f.p95 for _, f in spans]}
    words = Words("latency", "Time to the first token", summary, "ms")
    return line_chart(words, lines, spans[0][0], _end(spans))


def calls_chart(spans: Sequence[tuple[datetime, Figures]], total: Figures) -> Chart:
    """Calls and errors of each span."""
    summary = "No calls in this time."
    if total.error_rate is not None:
        summary = f"{total.calls:,} calls, {total.errors:,} errors ({total.error_rate:.1%})."
    lines = {"Calls": [f.calls for _, f in spans], "Errors": [f.errors for _, f in spans]}
    return line_chart(Words("calls", "Calls and errors", summary, "calls"), lines, spans[0][0], _end(spans))


def _end(spans: Sequence[tuple[datetime, Figures]]) -> datetime:
    """When the last span is over."""
    return spans[-1][0] + (spans[1][0] - spans[0][0])
