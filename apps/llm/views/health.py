"""Providers → Health: which connections answer, how fast, and what failed."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse

from apps.llm.selectors.administration import access_connection
from apps.llm.selectors.health import (
    RANGES,
    STATES,
    ConnectionStanding,
    Range,
    models_at,
    range_of,
    spans,
    standing_of,
    standings,
    tests_of,
    total_of,
)
from apps.llm.views.base import ModelsPage
from apps.llm.views.charts import calls_chart, latency_chart

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.http import HttpRequest

    from apps.llm.models import Connection

FILTERS: Final = ("q", "state")
_HEADINGS: Final = (
    "provider", "vendor", "state", "reason", "since", "last probe", "probe ms", "last test", "test result",
    "calls", "errors", "p50 ms", "p95 ms",
)  # fmt: skip


class HealthView(ModelsPage):
    """All connections, with charts of all their calls together; as CSV with `format=csv`."""

    template_name = "llm/health.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = {name: request.GET.get(name, "") for name in FILTERS}
        shown = range_of(request.GET.get("range", ""))
        rows = standings(filters, shown)
        if request.GET.get("format") == "csv":
            return _as_csv(rows)
        chosen = {name: value for name, value in filters.items() if value} | {"range": shown.slug}
        return self.page(
            rows=rows,
            filters=filters,
            states=STATES,
            csv_query=urlencode(chosen | {"format": "csv"}),
            **_charts(shown, None),
        )


class ProviderHealthView(ModelsPage):
    """One connection: its state, charts, kept tests, and the models that run there."""

    template_name = "llm/provider_health.html"

    def get(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        connection = access_connection(connection_id)
        shown = range_of(request.GET.get("range", ""))
        return self.page(
            row=standing_of(connection, shown),
            connection=connection,
            tests=tests_of(connection),
            models=models_at(connection),
            **_charts(shown, connection),
        )


def _charts(shown: Range, connection: Connection | None) -> dict[str, Any]:
    found = spans(shown, connection)
    total = total_of(shown, connection)
    return {
        "shown": shown,
        "ranges": RANGES.values(),
        "charts": [latency_chart(found, total), calls_chart(found, total)],
        "spans": [(at, figures) for at, figures in reversed(found) if figures.calls],
    }


def _as_csv(rows: Iterable[ConnectionStanding]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="provider-health.csv"'
    writer = csv.writer(response)
    writer.writerow(_HEADINGS)
    for row in rows:
        writer.writerow([_plain(value) for value in _cells(row)])
    return response


def _cells(row: ConnectionStanding) -> list[object]:
    health, test, figures = row.health, row.test, row.figures
    return [
        row.connection.name, row.vendor_label, row.state_label, row.reason, health.since, health.probed_at,
        health.probe_ms, test.finished_at if test else None, test.message if test else None,
        figures.calls, figures.errors, figures.p50, figures.p95,
    ]  # fmt: skip


def _plain(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
