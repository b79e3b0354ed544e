"""Providers → Health: which connections answer, how fast, and what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from apps.accounts.exports import as_csv
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
from apps.llm.views.tables import Column, headings

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from apps.llm.models import Connection

FILTERS: Final = ("q", "state", "sort")
COLUMNS: Final = (
    Column("Provider", "name"),
    Column("State", "state"),
    Column("Last probe"),
    Column("Last test"),
    Column("Calls", "calls", falls=True, is_number=True),
    Column("Error rate", "errors", falls=True, is_number=True),
    Column("Half within", "p50", falls=True, is_number=True),
    Column("95 of 100 within", "p95", falls=True, is_number=True),
)
SORTS: Final = {
    "": "Trouble first",
    "name": "Name",
    "calls": "Most calls",
    "errors": "Most errors",
    "p50": "Slowest, half within",
    "p95": "Slowest, 95 of 100 within",
}
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
            return as_csv("provider-health", _HEADINGS, (_cells(row) for row in rows))
        chosen = {name: value for name, value in filters.items() if value} | {"range": shown.slug}
        return self.page(
            rows=rows,
            filters=filters,
            states=STATES,
            sorts=SORTS.items(),
            headings=headings(COLUMNS, filters | {"range": shown.slug}),
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


def _cells(row: ConnectionStanding) -> list[object]:
    health, test, figures = row.health, row.test, row.figures
    return [
        row.connection.name, row.vendor_label, row.state_label, row.reason, health.since, health.probed_at,
        health.probe_ms, test.finished_at if test else None, test.message if test else None,
        figures.calls, figures.errors, figures.p50, figures.p95,
    ]  # fmt: skip
