"""The page Usage and cost: for administrators of everything, for leads and members of what is theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.views.generic.base import ContextMixin, TemplateResponseMixin

from apps.accounts.exports import as_csv
from apps.accounts.pages import AdminPage, PersonPage
from apps.audit.services import record
from apps.metering.known_models import model_names
from apps.metering.usage import selectors, shown
from apps.metering.usage.filters import NARROWING, RANGES, Sight, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse

    from apps.metering.models import DailyUsage

MOST_EXPORTED: Final = 100_000
_HEADINGS: Final = (
    "day", "team", "person", "api key", "model", "calls", "failed", "tokens in", "tokens cached",
    "tokens out", "tokens reasoning", "pieces", "cost", "cost currency", "amount", "currency",
    "calls without a price",
)  # fmt: skip
_LABELS: Final = {"team": "Team", "model": "Model", "person": "Person", "key": "API key"}


class _Usage(TemplateResponseMixin, ContextMixin, PersonPage):
    """Filters from the address, charts and tables of what the person may see; CSV with `format=csv`."""

    def sight(self) -> Sight:
        """Whose usage is shown."""
        return Sight.of(self.actor)

    def get(self, request: Any) -> HttpResponse:
        """The page or its export."""
        organisation = request.organisation
        sight, wanted = self.sight(), Wanted.of(request.GET.dict(), organisation.time_zone)
        if request.GET.get("format") == "csv":
            return self._export(sight, wanted, organisation.currency)
        days = selectors.used_days(sight, wanted)
        total = selectors.used_in_all(sight, wanted)
        shares = {what: selectors.used_by(sight, wanted, what) for what in NARROWING}
        found = selectors.choices(sight, wanted)
        currency, names = organisation.currency, model_names()
        found["model"] = shown.choices(found["model"], names)
        narrowed = {name: str(value) for name, value in wanted.ids.items()}
        by_model = selectors.tokens_by_model(sight, wanted)
        return self.render_to_response(
            self.get_context_data(
                wanted=wanted,
                ranges=[
                    (label, urlencode(narrowed | {"range": slug}), slug == wanted.range)
                    for slug, label in RANGES.items()
                ],
                filters=[
                    (what, _LABELS[what], options, wanted.ids.get(what)) for what, options in found.items()
                ],
                total=total,
                total_amount=shown.amount_text(total, currency),
                charts=shown.charts(
                    total, days, shown.model_lines(days, by_model, dict(found["model"])), currency
                ),
                days=[(day, shown.amount_text(day, currency)) for day in reversed(days) if day.calls],
                tables=shown.tables(shares, wanted, currency, names),
                csv_query=urlencode(wanted.said() | {"format": "csv"}),
                counted_at=selectors.counted_at(),
                leads=bool(sight.team_ids),
            )
        )

    def _export(self, sight: Sight, wanted: Wanted, currency: str) -> HttpResponse:
        rows = selectors.export_rows(sight, wanted, MOST_EXPORTED)
        record(actor=self.actor, action="usage.exported", target_type="usage", detail=wanted.said())
        return as_csv("usage", _HEADINGS, _cells(rows, currency))


class UsageView(_Usage, AdminPage):
    """Everybody's, for administrators and auditors."""

    template_name = "metering/usage.html"
    capability = "costs.read"


class OwnUsageView(_Usage):
    """A person's own, and that of the teams that they lead."""

    template_name = "metering/own_usage.html"

    def sight(self) -> Sight:
        """Never everybody's: that is the administration's page."""
        return Sight.of_person(self.actor.user_id)


def _cells(rows: Any, currency: str) -> Iterator[tuple[object, ...]]:
    row: DailyUsage
    for row in rows:
        yield (
            row.day, row.team_name, row.user_name, row.api_key_id, row.model_slug, row.calls, row.failed,
            row.tokens_input, row.tokens_cached, row.tokens_output, row.tokens_reasoning, row.units, row.cost,
            row.currency, row.amount, currency, row.unpriced,
        )  # fmt: skip
