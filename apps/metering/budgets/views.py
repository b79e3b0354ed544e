"""Admin pages of budgets: the organisation's, a team's tab, and one by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.generic.base import ContextMixin, TemplateResponseMixin

from apps.accounts.forms import tried
from apps.accounts.pages import AdminPage, paged
from apps.accounts.permissions import can, require
from apps.accounts.selectors import access_team
from apps.metering.budgets import selectors, shown
from apps.metering.budgets.forms import AmountForm, BudgetForm
from apps.metering.budgets.models import Reach, Sharing
from apps.metering.budgets.people import MANAGE, SEE
from apps.metering.budgets.requests import budget_end
from apps.metering.budgets.services import budget_create, budget_update, shows_budgets_set
from apps.metering.budgets.standings import members_now, standings
from apps.metering.pages import UNPROCESSABLE
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from django.http import HttpRequest

    from apps.accounts.models import Team
    from apps.metering.budgets.models import Budget


class BudgetPage(TemplateResponseMixin, ContextMixin):
    """The template with a context, of whoever is signed in."""

    request: Any

    @property
    def organisation(self) -> Any:
        return self.request.organisation

    def page(self, *, status: int = 200, **context: Any) -> HttpResponse:
        """The page's template with this context."""
        context["saved"] = "saved" in self.request.GET
        return self.render_to_response(self.get_context_data(**context), status=status)


class BudgetsPage(BudgetPage, AdminPage):
    """Of the administration: auditors look, administrators change."""

    capability = SEE

    def rows(self, budgets: Any) -> list[shown.BudgetRow]:
        """Budgets as the list shows them."""
        return [shown.budget_row(one, self.organisation) for one in standings(budgets)]

    def form(self, reach: Reach, data: Any = None, *, is_given: bool = False) -> BudgetForm:
        """For a new budget; of a subject that is given, or of one to choose."""
        choices = [] if is_given else selectors.subject_choices(reach)
        return BudgetForm(data, reach=reach, currency=self.organisation.currency, choices=choices)

    def made(self, form: BudgetForm, reach: Reach, subject_id: UUID) -> bool:
        """Whether the budget was made; what was refused stands beside the fields."""
        require(self.actor, MANAGE)
        return form.is_valid() and tried(
            form,
            lambda: budget_create(
                actor=self.actor,
                reach=reach,
                subject_id=subject_id,
                subject_name=selectors.subject_name(reach, subject_id),
                terms=form.terms(),
            ),
        )


class BudgetListView(BudgetsPage):
    """The budgets of the organisation, of teams, people, keys or models."""

    template_name = "metering/budgets.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """The list; `of` chooses whose."""
        reach = _reach(request)
        return self._shown(reach, self.form(reach))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make a budget, or show or hide from people how much is left."""
        reach = _reach(request)
        if request.POST.get("action") == "shows":
            require(self.actor, MANAGE)
            shows_budgets_set(actor=self.actor, shows="shows" in request.POST)
            return HttpResponseRedirect(f"{request.path}?of={reach}&saved=1")
        form = self.form(reach, request.POST)
        chosen = request.POST.get("subject", "") if "subject" in form.fields else self._only(reach)
        if form.is_valid() and self.made(form, reach, UUID(chosen)):
            return HttpResponseRedirect(f"{request.path}?of={reach}&saved=1")
        return self._shown(reach, form, status=UNPROCESSABLE)

    def _only(self, reach: Reach) -> str:
        choices = selectors.subject_choices(reach)
        return choices[0][0] if choices else str(current_tenant_id())

    def _shown(self, reach: Reach, form: BudgetForm, *, status: int = 200) -> HttpResponse:
        found = paged(self.request, selectors.standing_budgets(reach), of=str(reach))
        return self.page(
            **found,
            rows=self.rows(found["page"].object_list),
            form=form,
            reach=reach,
            reaches=[(value, label) for value, label in Reach.choices],
            may_manage=can(self.actor, MANAGE),
            to_decide=selectors.requests_to_decide(self.actor).count(),
            has_subjects=reach is Reach.TENANT or bool(selectors.subject_choices(reach)),
            shows=self.organisation.shows_budgets,
            status=status,
        )


class TeamBudgetView(BudgetsPage):
    """The tab Budget of a team."""

    template_name = "metering/team_budget.html"

    def get(self, request: HttpRequest, team_id: UUID) -> HttpResponse:
        """What the team has agreed on."""
        del request
        return self._shown(access_team(team_id), self.form(Reach.TEAM, is_given=True))

    def post(self, request: HttpRequest, team_id: UUID) -> HttpResponse:
        """Make a budget of the team."""
        team = access_team(team_id)
        form = self.form(Reach.TEAM, request.POST, is_given=True)
        if self.made(form, Reach.TEAM, team.pk):
            return HttpResponseRedirect(f"{request.path}?saved=1")
        return self._shown(team, form, status=UNPROCESSABLE)

    def _shown(self, team: Team, form: BudgetForm, *, status: int = 200) -> HttpResponse:
        return self.page(
            team=team,
            rows=self.rows(selectors.standing_budgets(Reach.TEAM, team.pk)),
            inherited=self.rows(selectors.standing_budgets(Reach.TENANT)),
            form=form,
            may_manage=can(self.actor, MANAGE),
            status=status,
        )


class BudgetView(BudgetsPage):
    """One budget: its amount, who has used it, and its past."""

    template_name = "metering/budget.html"

    def get(self, request: HttpRequest, budget_id: UUID) -> HttpResponse:
        """As it stands."""
        del request
        budget = selectors.access_budget(budget_id)
        return self._shown(budget, AmountForm(initial={"amount": f"{budget.amount.normalize():f}"}))

    def post(self, request: HttpRequest, budget_id: UUID) -> HttpResponse:
        """Agree on another amount, or end it."""
        require(self.actor, MANAGE)
        budget = selectors.access_budget(budget_id)
        if request.POST.get("action") == "end":
            budget_end(actor=self.actor, budget=budget)
            return HttpResponseRedirect(_back(budget))
        form = AmountForm(request.POST)
        if form.is_valid() and tried(
            form,
            lambda: budget_update(actor=self.actor, budget=budget, amount=form.cleaned_data["amount"]),
        ):
            return HttpResponseRedirect(f"{request.path}?saved=1")
        return self._shown(budget, form, status=UNPROCESSABLE)

    def _shown(self, budget: Budget, form: AmountForm, *, status: int = 200) -> HttpResponse:
        (row,) = self.rows([budget])
        currency, is_each = self.organisation.currency, budget.sharing == Sharing.EACH
        members = members_now(budget) if is_each else []
        past = [] if is_each else selectors.past_counters(budget)
        return self.page(
            budget=budget,
            row=row,
            form=form,
            unit=currency if budget.unit == "money" else "tokens",
            members=shown.member_rows(members, budget.unit, self.organisation),
            past=shown.past_rows(past, budget.unit, currency),
            is_each=is_each,
            back=_back(budget),
            may_manage=can(self.actor, MANAGE),
            status=status,
        )


def _reach(request: HttpRequest) -> Reach:
    """Whose budgets the address names; the organisation's where it says nothing that is known."""
    said = request.GET.get("of", "")
    return Reach(said) if said in set(Reach) else Reach.TENANT


def _back(budget: Budget) -> str:
    """The list that the budget stands in."""
    if budget.reach == Reach.TEAM and selectors.has_team(budget.subject_id):
        return reverse("admin-team-budget", args=[budget.subject_id])
    return f"{reverse('admin-budgets')}?of={budget.reach}"
