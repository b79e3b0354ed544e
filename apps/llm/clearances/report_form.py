"""What is asked of the data-class report, by its page and over REST."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from apps.guardrails.classes import SLUGS, DataClass
from apps.llm.clearances.report import Period, calls_of
from apps.llm.routes.selectors import local_zone

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from apps.metering.models import UsageRecord


class ReportForm(forms.Form):
    """Which calls; days are the organisation's."""

    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    data_class = forms.ChoiceField(label="Data class", required=False, choices=[("", "All"), *SLUGS])
    model = forms.CharField(
        label="Model",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "such as gpt-5"}),
    )

    def period(self) -> Period:
        """What is asked for; wrong days do not narrow."""
        self.is_valid()
        found = self.cleaned_data
        return Period.of(found.get("since"), found.get("until"), local_zone())

    def calls(self, period: Period) -> QuerySet[UsageRecord]:
        """The calls that fit."""
        found = self.cleaned_data
        slug, model = found.get("data_class") or "", found.get("model") or ""
        return calls_of(period, DataClass.of(slug) if slug else None, model)

    def said(self) -> dict[str, str]:
        """The filters as the address has them."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}
