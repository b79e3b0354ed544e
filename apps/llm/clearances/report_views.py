"""The admin page of the data-class report, and its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

from apps.accounts.exports import as_csv
from apps.accounts.pages import paged
from apps.audit.services import record
from apps.llm.clearances.report import MOST_EXPORTED, READ, TITLES, as_cells, prove, told
from apps.llm.clearances.report_form import ReportForm
from apps.llm.views.base import ModelsPage

if TYPE_CHECKING:
    from django.http import HttpRequest


class ReportView(ModelsPage):
    """Each call of a period with its class and what let it go."""

    capability = READ
    template_name = "llm/data_classes.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = ReportForm(request.GET)
        period = form.period()
        context: dict[str, Any] = paged(request, form.calls(period), **form.said())
        return self.page(
            **context, form=form, period=period, proof=prove(period), calls=told(context["page"].object_list)
        )


class ReportExportView(ModelsPage):
    """The calls as CSV; the export is an event itself."""

    capability = READ

    def get(self, request: HttpRequest) -> HttpResponse:
        form = ReportForm(request.GET)
        found = form.calls(form.period())
        calls = told(found[:MOST_EXPORTED])
        record(
            actor=self.actor,
            action="data_class_report.exported",
            target_type="usage",
            detail={**form.said(), "rows": len(calls)},
        )
        rows = [as_cells(call) for call in calls]
        if len(calls) == MOST_EXPORTED and (more := found.count() - MOST_EXPORTED) > 0:
            rows.append((f"{more} older calls of the period are not in this file: export fewer days.",))
        return as_csv("data-classes", TITLES, rows)
