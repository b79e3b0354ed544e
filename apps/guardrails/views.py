"""Pages of policies: the organisation's, a team's, a rule, a trial, and what rules found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.generic.base import ContextMixin, TemplateResponseMixin

from apps.accounts.pages import AdminPage
from apps.accounts.permissions import can, require
from apps.accounts.selectors import access_team, everyone, teams
from apps.guardrails.consulting import (
    access_consultation,
    consultation_shown,
    consultation_start,
    trial_in,
)
from apps.guardrails.forms import RuleForm, SettingsForm, TrialForm
from apps.guardrails.permissions import MANAGE, READ
from apps.guardrails.rules import RuleError
from apps.guardrails.selectors import (
    DAYS,
    access_own,
    access_row,
    hits,
    reach_of,
    report,
    side_of,
    summary,
    versions_of,
)
from apps.guardrails.services import policy_change, rule_override, rule_remove, rule_save, rule_switch

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from apps.accounts.models import Team
    from apps.guardrails.selectors import Side

UNPROCESSABLE = 422
MOST_VERSIONS = 10


class PolicyPage(TemplateResponseMixin, ContextMixin, AdminPage):
    """A page for who may read policies; writes need who may manage them."""

    capability = READ

    def page(self, *, status: int = 200, **context: Any) -> HttpResponse:
        """The page's template with this context."""
        context = {"may_manage": can(self.actor, MANAGE)} | context
        return self.render_to_response(self.get_context_data(**context), status=status)

    def team(self, team_id: UUID | None) -> Team:
        """The team that the address names, Everyone without one; raises Http404."""
        return everyone() if team_id is None else access_team(team_id)


def home_of(team: Team) -> str:
    """The page of the team's policy."""
    return reverse("admin-policies") if team.is_everyone else reverse("admin-team-policies", args=[team.pk])


class PolicyView(PolicyPage):
    """A team's rules beside what it inherits, with Override and Reset; the organisation's for Everyone."""

    template_name = "guardrails/policy.html"

    def get(self, request: HttpRequest, team_id: UUID | None = None) -> HttpResponse:
        del request
        side = side_of(self.team(team_id))
        return self._shown(side, SettingsForm(side=side))

    def post(self, request: HttpRequest, team_id: UUID | None = None) -> HttpResponse:
        require(self.actor, MANAGE)
        side = side_of(self.team(team_id))
        form = SettingsForm(request.POST, side=side)
        if not form.is_valid():
            return self._shown(side, form, UNPROCESSABLE)
        policy_change(actor=self.actor, team=side.team, change=form.change())
        return HttpResponseRedirect(f"{home_of(side.team)}?saved=settings#settings")

    def _shown(self, side: Side, form: SettingsForm, status: int = 200) -> HttpResponse:
        versions = list(versions_of(side.policy)[:MOST_VERSIONS]) if side.policy.version else []
        return self.page(
            status=status, side=side, team=side.team, form=form, people=reach_of(side.team), versions=versions
        )


class RuleView(PolicyPage):
    """A rule of the team's own: new, or to change."""

    template_name = "guardrails/rule.html"
    capability = MANAGE

    def get(
        self, request: HttpRequest, team_id: UUID | None = None, rule_id: UUID | None = None
    ) -> HttpResponse:
        del request
        side = side_of(self.team(team_id))
        rule = access_own(side, rule_id) if rule_id else None
        return self._shown(side, RuleForm(rule=rule), rule_id)

    def post(
        self, request: HttpRequest, team_id: UUID | None = None, rule_id: UUID | None = None
    ) -> HttpResponse:
        side = side_of(self.team(team_id))
        form = RuleForm(request.POST, rule=access_own(side, rule_id) if rule_id else None)
        if form.is_valid() and form.rule is not None:
            try:
                rule_save(actor=self.actor, team=side.team, rule=form.rule)
            except RuleError as error:
                form.refuse(error)
            else:
                return HttpResponseRedirect(f"{home_of(side.team)}?saved=rules#rules")
        return self._shown(side, form, rule_id, UNPROCESSABLE)

    def _shown(self, side: Side, form: RuleForm, rule_id: UUID | None, status: int = 200) -> HttpResponse:
        people = reach_of(side.team)
        return self.page(
            status=status,
            side=side,
            team=side.team,
            form=form,
            rule_id=rule_id,
            people=people,
            home=home_of(side.team),
        )


class RuleActionView(PolicyPage):
    """What is done with a rule by one click: override, reset (or remove), switch on or off."""

    capability = MANAGE
    http_method_names = ["post"]

    def post(self, request: HttpRequest, rule_id: UUID, team_id: UUID | None = None) -> HttpResponse:
        side = side_of(self.team(team_id))
        action = request.POST.get("action", "")
        if action == "override":
            return self._override(side, rule_id)
        rule = access_own(side, rule_id)
        if action == "remove":
            rule_remove(actor=self.actor, team=side.team, rule_id=rule.id)
        elif action in {"on", "off"}:
            rule_switch(actor=self.actor, team=side.team, rule=rule, is_enabled=action == "on")
        else:
            raise Http404
        return HttpResponseRedirect(f"{home_of(side.team)}?saved=rules#rules")

    def _override(self, side: Side, rule_id: UUID) -> HttpResponse:
        row = access_row(side, rule_id)
        if row.is_own:
            raise Http404
        own = rule_override(actor=self.actor, team=side.team, rule=row.rule)
        return HttpResponseRedirect(reverse("admin-team-rule", args=[side.team.pk, own.id]))


class TrialView(PolicyPage):
    """What a policy does to a text: what is found, and what would pass."""

    template_name = "guardrails/trial.html"

    def get(self, request: HttpRequest, team_id: UUID | None = None) -> HttpResponse:
        del request
        team = self.team(team_id)
        return self.page(team=team, form=TrialForm(), home=home_of(team))

    def post(self, request: HttpRequest, team_id: UUID | None = None) -> HttpResponse:
        team = self.team(team_id)
        form = TrialForm(request.POST)
        if not form.is_valid():
            return self.page(status=UNPROCESSABLE, team=team, form=form, home=home_of(team))
        side, said = side_of(team), form.cleaned_data
        comes_in = said["direction"] == "in"
        trial = trial_in(side, said["text"], comes_in=comes_in)
        run = None
        if "ask" in request.POST:
            require(self.actor, MANAGE)
            run = consultation_start(actor=self.actor, side=side, trial=trial, comes_in=comes_in)
        asked = consultation_shown(run) if run else None
        return self.page(team=team, form=form, trial=trial, asked=asked, home=home_of(team))


class ConsultationView(PolicyPage):
    """What asked models have said so far, without the page around it: the page asks again and again."""

    template_name = "guardrails/consultation.html"

    def get(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        del request
        return self.page(asked=consultation_shown(access_consultation(self.actor, run_id)))


class FindingsView(PolicyPage):
    """What rules found in a period, also what those in shadow would have done."""

    template_name = "guardrails/findings.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        days = request.GET.get("days", "7")
        period = int(days) if days in {str(each) for each in DAYS} else 7
        chosen = request.GET.get("team", "")
        offered = list(teams())
        team = next((each for each in offered if str(each.pk) == chosen), None)
        shadow = {"yes": True, "no": False}.get(request.GET.get("shadow", ""))
        lines = report(hits(days=period, team_id=team.pk if team else None, shadow=shadow))
        return self.page(
            lines=lines,
            summary=summary(lines),
            days=period,
            periods=DAYS,
            teams=offered,
            chosen=team,
            shadow=request.GET.get("shadow", ""),
        )
