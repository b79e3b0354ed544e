"""Pages of single calls, and the form that corrects one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from apps.accounts.pages import paged
from apps.metering.known_models import model_names, name_of
from apps.metering.ledger.selectors import access_call, calls, corrections_of
from apps.metering.ledger.services import Figures, figures_of, usage_correct
from apps.metering.money import money
from apps.metering.pages import UNPROCESSABLE, CostPage
from apps.metering.usage.filters import RANGES, Wanted

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID

    from django.http import HttpResponseBase

    from apps.metering.models import UsageRecord

MOST_TOKENS = 2_000_000_000


class CorrectionForm(forms.Form):
    """What a call should come to, and why."""

    tokens_input = forms.IntegerField(label="Tokens in should be", min_value=0, max_value=MOST_TOKENS)
    tokens_output = forms.IntegerField(label="Tokens out should be", min_value=0, max_value=MOST_TOKENS)
    cost = forms.DecimalField(
        label="Cost should be", required=False, min_value=0, max_digits=28, decimal_places=12
    )
    reason = forms.CharField(max_length=300, help_text="Stands beside the correction for good.")


class CallsView(CostPage):
    """Calls, newest first, as the ledger has them."""

    template_name = "metering/calls.html"

    def get(self, request: Any) -> HttpResponseBase:
        """A page of them."""
        zone = self.organisation.time_zone
        wanted = Wanted.of({"range": "7d"} | request.GET.dict(), zone)
        corrected = request.GET.get("corrected") == "1"
        found = calls(wanted, zone, corrected=corrected)
        context = paged(request, found, **wanted.said(), corrected="1" if corrected else "")
        names = model_names()
        rows = [
            (call, cost_text(call.cost, call.currency), name_of(names, call.model_id, call.model_slug))
            for call in context["page"]
        ]
        return self.page(rows=rows, wanted=wanted, ranges=RANGES.items(), is_corrected=corrected, **context)


class CallView(CostPage):
    """One call with its corrections."""

    template_name = "metering/call.html"

    def get(self, request: Any, call_id: UUID) -> HttpResponseBase:
        """Every field of its row."""
        call = access_call(call_id)
        return self._page(call, self._form(call))

    def post(self, request: Any, call_id: UUID) -> HttpResponseBase:
        """Correct it."""
        self.require_manage()
        call = access_call(call_id)
        form = CorrectionForm(request.POST)

        def work(said: dict[str, Any]) -> None:
            reason = said.pop("reason")
            usage_correct(actor=self.actor, call_id=call_id, wanted=Figures(**said), reason=reason)

        if self.took(form, work):
            return self.saved()
        return self._page(call, form, UNPROCESSABLE)

    def _form(self, call: UsageRecord) -> CorrectionForm:
        figures = figures_of(call)
        initial = {
            "tokens_input": figures.tokens_input,
            "tokens_output": figures.tokens_output,
            "cost": None if figures.cost is None else figures.cost.normalize(),
        }
        return CorrectionForm(initial=initial)

    def _page(self, call: UsageRecord, form: CorrectionForm, status: int = 200) -> HttpResponseBase:
        corrections = [(row, cost_text(row.cost, row.currency)) for row in corrections_of(call)]
        return self.page(
            status=status,
            call=call,
            form=form,
            model_name=name_of(model_names(), call.model_id, call.model_slug),
            cost=cost_text(call.cost, call.currency),
            price=sorted((call.price or {}).items()),
            corrections=corrections,
        )


def cost_text(cost: Decimal | None, currency: str) -> str:
    """The cost in words; empty where it is unknown."""
    return "" if cost is None else money(cost, currency)
