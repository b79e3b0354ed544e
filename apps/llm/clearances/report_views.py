"""The admin page of the data-class report, and its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponse

from apps.accounts.exports import as_csv
from apps.accounts.pages import paged
from apps.audit.services import record
from apps.guardrails.classes import SLUGS, DataClass
from apps.llm.clearances.report import MOST_EXPORTED, TITLES, Period, as_cells, calls_of, prove, told
from apps.llm.routes.selectors import local_zone
from apps.llm.views.base import ModelsPage

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from apps.metering.models import UsageRecord

READ = "audit.read"


class ReportForm(forms.Form):
    """Which calls; days are the organisation's."""

    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    data_class = forms.ChoiceField(label="Data class", required=False, choices=[("", "All"), *SLUGS])
    model = forms.CharField(
        label="Model", required=False, max_length=100, widget=forms.TextInput(attrs={"placeholder": "Its id"})
    )

    def period(self) -> Period:
        """What is asked for; wrong days do not narrow."""
        self.is_valid()
        found = self.cleaned_data
        return Period.of(found.get("since"), found.get("until"), local_zone())

    def calls(self, period: Period) -> QuerySet[UsageRecord]:
        """The calls that fit."""
        found = self.cleaned_data
        slug, model = found.get("data_class") or "", (found.get("model") or "").replace("\x00", "")
        return calls_of(period, DataClass.of(slug) if slug else None, model)

    def said(self) -> dict[str, str]:
        """The filters as the address has them."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}


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
        calls = told(form.calls(form.period())[:MOST_EXPORTED])
        record(
            actor=self.actor,
            action="data_class_report.exported",
            target_type="usage",
            detail={**form.said(), "rows": len(calls)},
        )
        return as_csv("data-classes", TITLES, (as_cells(call) for call in calls))
