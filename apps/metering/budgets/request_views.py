"""Pages of requests for more: the administration's, and a person's own with what limits their calls."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect

from apps.accounts.forms import tried
from apps.accounts.pages import PersonPage, paged
from apps.metering.budgets import selectors, shown
from apps.metering.budgets.forms import AskForm, DecisionForm
from apps.metering.budgets.requests import request_create, request_decide
from apps.metering.budgets.views import BudgetPage, BudgetsPage
from apps.metering.budgets.words import name_of, sentence
from apps.metering.pages import UNPROCESSABLE
from apps.rest.pages import id_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from apps.metering.budgets.purse import Line

OWN = "/settings/budgets"


class _Deciding(BudgetPage):
    """Grants and declines requests; the address of the page takes both."""

    actor: Any

    def decided(self, request: Any) -> str:
        """What is wrong with the decision, in words; empty where it was taken."""
        asked = selectors.access_request(self.actor, id_of(request.POST.get("request", "")))
        form = DecisionForm(request.POST)
        declines = request.POST.get("action") == "decline"
        if not form.is_valid() or (not declines and form.cleaned_data["amount"] is None):
            return "Enter how much you grant as a plain number, such as 2.5. Nothing was changed."
        granted = None if declines else form.cleaned_data["amount"]
        try:
            request_decide(actor=self.actor, asked=asked, granted=granted, answer=form.cleaned_data["answer"])
        except ValidationError as error:
            return " ".join(error.messages)
        return ""


class RequestListView(_Deciding, BudgetsPage):
    """Requests for more, the open ones first."""

    template_name = "metering/budget_requests.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list."""
        del request
        return self._shown("")

    def post(self, request: HttpRequest) -> HttpResponse:
        """Grant or decline one."""
        refused = self.decided(request)
        if refused:
            return self._shown(refused, status=UNPROCESSABLE)
        return HttpResponseRedirect(f"{request.path}?saved=1")

    def _shown(self, refused: str, *, status: int = 200) -> HttpResponse:
        currency = self.organisation.currency
        waiting = list(selectors.requests_to_decide(self.actor))
        seen = selectors.requests_seen(self.actor).exclude(pk__in=[asked.pk for asked in waiting])
        found = paged(self.request, seen)
        return self.page(
            **found,
            waiting=[shown.request_row(asked, currency) for asked in waiting],
            decided=[shown.request_row(asked, currency) for asked in found["page"].object_list],
            refused=refused,
            status=status,
        )


class OwnBudgetsView(_Deciding, PersonPage):
    """What limits one's own calls, asking for more, and, for a team's lead, what others ask for."""

    template_name = "metering/own_budgets.html"

    @cached_property
    def _lines(self) -> list[Line]:
        return selectors.own_lines(self.actor)

    def get(self, request: HttpRequest) -> HttpResponse:
        """`budget` chooses what is asked for."""
        return self._shown(self._form(chosen=request.GET.get("budget", "")))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for more, or decide as a lead."""
        if request.POST.get("request"):
            refused = self.decided(request)
            if refused:
                return self._shown(self._form(), refused=refused, status=UNPROCESSABLE)
            return HttpResponseRedirect(f"{OWN}?saved=1")
        form = self._form(request.POST)
        if form.is_valid() and tried(form, lambda: self._ask(form)):
            return HttpResponseRedirect(f"{OWN}?asked=1")
        return self._shown(form, status=UNPROCESSABLE)

    def _ask(self, form: AskForm) -> None:
        said = form.cleaned_data
        line = selectors.access_line(self.actor, UUID(said["budget"]))
        request_create(actor=self.actor, line=line, amount=said["amount"], reason=said["reason"])

    def _form(self, data: Any = None, *, chosen: str = "") -> AskForm:
        currency = self.organisation.currency
        choices = [
            (
                str(line.budget_id),
                f"{sentence(name_of(line))} ({currency if line.unit == 'money' else 'tokens'})",
            )
            for line in self._lines
        ]
        return AskForm(data, choices=choices, chosen=chosen)

    def _shown(self, form: AskForm, *, refused: str = "", status: int = 200) -> HttpResponse:
        currency = self.organisation.currency
        lines = sorted(self._lines, key=lambda line: -line.percent)
        own = selectors.requests_seen(self.actor).filter(user_id=self.actor.user_id)[:20]
        waiting = selectors.requests_to_decide(self.actor)
        return self.page(
            rows=[shown.own_row(line, self.organisation) for line in lines],
            shows=self.organisation.shows_budgets,
            form=form,
            asked_before=[shown.request_row(asked, currency) for asked in own],
            waiting=[shown.request_row(asked, currency) for asked in waiting],
            refused=refused,
            asked="asked" in self.request.GET,
            status=status,
        )
