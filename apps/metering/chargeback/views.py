"""Pages of statements, as page, CSV and PDF, and the cost centres of teams."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.generic.base import ContextMixin, TemplateResponseMixin

from apps.accounts.exports import as_csv
from apps.accounts.pages import PersonPage, paged
from apps.accounts.selectors import access_team
from apps.audit.services import record
from apps.metering.chargeback import selectors
from apps.metering.chargeback.services import MOST_CODE, cost_centre_set
from apps.metering.money import money, plain
from apps.metering.pages import CostPage
from apps.rest.errors import ProblemError
from apps.rest.pages import id_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from apps.metering.models import Statement, StatementLine

HEADINGS: Final = (
    "statement", "month", "team", "cost centre", "model", "model name", "correction", "calls",
    "calls without a price", "tokens in", "tokens out", "pieces", "cost", "mark-up %", "charge", "currency",
)  # fmt: skip
MOST_EXPORTED: Final = 2_000


class StatementsView(CostPage):
    """Every statement, by month; the cost centres; as CSV with `format=csv`."""

    template_name = "metering/statements.html"

    def get(self, request: Any) -> HttpResponse:
        """The list or its export."""
        month = month_of(request.GET.get("month", ""))
        if request.GET.get("format") == "csv":
            return exported(self, selectors.statements(self.actor, month)[:MOST_EXPORTED], "statements")
        return self._page(month)

    def post(self, request: Any) -> HttpResponse:
        """Set a team's cost centre."""
        self.require_manage()
        team = access_team(id_of(request.POST.get("team", "")))
        try:
            cost_centre_set(actor=self.actor, team=team, code=request.POST.get("code", ""))
        except ProblemError as problem:
            if not problem.errors:
                raise
            return self._page(None, status=422, refused=problem.errors[0]["message"])
        return self.saved()

    def _page(self, month: dt.date | None, *, status: int = 200, refused: str = "") -> HttpResponse:
        chosen = f"{month:%Y-%m}" if month else ""
        found = paged(self.request, selectors.statements(self.actor, month), month=chosen)
        return self.page(
            status=status,
            months=[(f"{one:%Y-%m}", one) for one in selectors.months(self.actor)],
            month=chosen,
            rows=[
                (row, money(row.amount, row.currency), money(row.charge, row.currency))
                for row in found["page"]
            ],
            teams=selectors.team_codes(),
            most_code=MOST_CODE,
            refused=refused,
            csv_query=urlencode({"month": chosen, "format": "csv"}),
            **found,
        )


class StatementView(CostPage):
    """One statement; `format=csv` and `format=pdf` are downloads of the same frozen rows."""

    template_name = "metering/statement.html"

    def get(self, request: Any, statement_id: UUID) -> HttpResponse:
        """The statement in the form that is asked for."""
        return shown(self, statement_id)


class _OwnPage(TemplateResponseMixin, ContextMixin, PersonPage):
    """A page for who leads a team."""

    back: ClassVar[str] = "settings-statements"

    def page(self, **context: Any) -> HttpResponse:
        """The page's template with this context."""
        return self.render_to_response(self.get_context_data(**context))


class OwnStatementsView(_OwnPage):
    """The statements of the teams that a person leads."""

    template_name = "metering/own_statements.html"

    def get(self, request: Any) -> HttpResponse:
        """The list."""
        found = paged(request, selectors.statements(self.actor))
        rows = [
            (row, money(row.amount, row.currency), money(row.charge, row.currency)) for row in found["page"]
        ]
        return self.page(rows=rows, **found)


class OwnStatementView(_OwnPage):
    """One of them."""

    template_name = "metering/own_statement.html"

    def get(self, request: Any, statement_id: UUID) -> HttpResponse:
        """The statement in the form that is asked for."""
        return shown(self, statement_id)


def shown(view: CostPage | _OwnPage, statement_id: UUID) -> HttpResponse:
    """The statement as page, CSV or PDF; raises 404."""
    statement = selectors.access_statement(view.actor, statement_id)
    wanted = view.request.GET.get("format")
    if wanted == "csv":
        return exported(view, [statement], f"statement-{statement.number}")
    lines = selectors.lines_of(statement)
    if wanted == "pdf":
        _record(view, f"statement-{statement.number}.pdf")
        return pdf_response(statement, lines)
    currency = statement.currency
    rows = [
        (line, money(line.amount, currency), plain(line.percent), money(line.charge, currency))
        for line in lines
    ]
    return view.page(
        statement=statement,
        rows=rows,
        amount=money(statement.amount, currency),
        charge=money(statement.charge, currency),
    )


def pdf_response(statement: Statement, lines: list[StatementLine]) -> HttpResponse:
    """The statement as a file. The first one loads what writes PDFs: 40 MiB that a server may never need."""
    from apps.metering.chargeback.document import statement_pdf

    disposition = f'attachment; filename="statement-{statement.number}.pdf"'
    return HttpResponse(
        statement_pdf(statement, lines),
        content_type="application/pdf",
        headers={"Content-Disposition": disposition},
    )


def exported(view: Any, statements: Any, name: str) -> HttpResponse:
    """The lines of these statements with exact amounts; the export is audited."""
    _record(view, f"{name}.csv")
    return as_csv(name, HEADINGS, cells(statements))


def cells(statements: Any) -> Iterator[tuple[object, ...]]:
    """A row for each line of each statement."""
    for statement, lines in selectors.with_lines(statements):
        for line in lines:
            yield (
                statement.number, f"{statement.month:%Y-%m}", statement.team_name, statement.cost_centre,
                line.model_slug, line.model_name, "yes" if line.is_correction else "", line.calls,
                line.unpriced, line.tokens_input, line.tokens_output, line.units, line.amount, line.percent,
                line.charge, statement.currency,
            )  # fmt: skip


def month_of(text: str) -> dt.date | None:
    """The month that an address names as YYYY-MM; None for anything else."""
    try:
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def _record(view: Any, name: str) -> None:
    record(actor=view.actor, action="statements.exported", target_type="statement", detail={"file": name})
