"""First run: organisation, account, model, team, people. Opens only with the one-time code, and only once."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render

from apps.accounts import selectors
from apps.accounts.addresses import tenant_url
from apps.accounts.forms import (
    SetupAccountForm,
    SetupOrganisationForm,
    SetupPeopleForm,
    SetupTeamForm,
    add_problem,
)
from apps.accounts.models import LinkKind, Role
from apps.accounts.pages import TenantPage, sign_in_first
from apps.accounts.services import (
    membership_add,
    one_time_link_create,
    setup_finish,
    team_create,
    tenant_settings_update,
    user_create,
)
from apps.accounts.setup import SETUP_BUDGETS, SETUP_MODELS
from apps.accounts.tokens import token_hash
from apps.accounts.views.door import let_in
from apps.rest.errors import ProblemError, not_found

if TYPE_CHECKING:
    from django import forms

    from apps.accounts.actors import Actor

STEPS: Final = {
    "organisation": "Your organisation",
    "account": "Your account",
    "model": "Connect a model",
    "team": "Your first team",
    "people": "Invite people",
    "done": "All set",
}
_NAMES: Final = list(STEPS)
_NEED_ACCOUNT: Final = frozenset({"model", "team", "people", "done"})
_SKIPPABLE: Final = frozenset({"team", "people"})
COOKIE: Final = "atrium_setup"
COOKIE_SECONDS: Final = 86_400


class SetupPage(TenantPage):
    """One step of the set-up; each is saved before the next opens."""

    def get(self, request: Any, step: str = "") -> HttpResponseBase:
        """The step's form; the code is asked for where it is missing."""
        code = request.GET.get("code", "")
        if not self._is_open(code or request.COOKIES.get(COOKIE, "")):
            return render(request, "accounts/setup_code.html", {"wrong": bool(code)}, status=403)
        if code or not step:
            return self._begin(code)
        return self._closed_to(request, step) or self._page(request, step, self._form(step, None))

    def post(self, request: Any, step: str = "") -> HttpResponseBase:
        """Save the step and go on; what a service refuses leaves nothing of the step behind."""
        if not self._is_open(request.COOKIES.get(COOKIE, "")):
            return render(request, "accounts/setup_code.html", status=403)
        if closed := self._closed_to(request, step):
            return closed
        if step == "done":
            return self._finish(request)
        form = None if step in _SKIPPABLE and "skip" in request.POST else self._form(step, request.POST)
        if form is not None and not form.is_valid():
            return self._page(request, step, form, status=422)
        try:
            answer = self._save(request, step, form)
        except ProblemError as problem:
            if form is None:
                raise
            add_problem(form, problem)
            return self._page(request, step, form, status=422)
        return answer or HttpResponseRedirect(f"/setup/{_NAMES[_NAMES.index(step) + 1]}")

    def _is_open(self, code: str) -> bool:
        """Whether the code opens the set-up; raises 404 once it is done."""
        if selectors.tenant_settings().setup_done_at is not None:
            raise not_found()
        link = selectors.open_link(token_hash(code)) if code else None
        return link is not None and link.kind == LinkKind.SETUP

    def _begin(self, code: str) -> HttpResponseBase:
        response = HttpResponseRedirect("/setup/organisation")
        if code:
            response.set_cookie(
                COOKIE, code, max_age=COOKIE_SECONDS, path="/setup", httponly=True, samesite="Lax",
                secure=settings.IS_HTTPS,
            )  # fmt: skip
        return response

    def _closed_to(self, request: Any, step: str) -> HttpResponseBase | None:
        """Where to go instead: later steps are the owner's, who has an account by then."""
        if step not in STEPS:
            raise not_found()
        if step not in _NEED_ACCOUNT or (request.actor is not None and request.actor.role == Role.OWNER):
            return None
        return sign_in_first(request) if selectors.first_owner() else HttpResponseRedirect("/setup/account")

    def _form(self, step: str, data: Any) -> forms.Form | None:
        if step == "organisation":
            kept = selectors.tenant_settings()
            name = "" if kept.name == selectors.UNNAMED else kept.name
            initial = {"name": name, "language": kept.language, "time_zone": kept.time_zone}
            return SetupOrganisationForm(data, initial=initial)
        if step == "account":
            return None if selectors.first_owner() else SetupAccountForm(data)
        if step == "team":
            return SetupTeamForm(data, currency=selectors.tenant_settings().currency)
        return SetupPeopleForm(data) if step == "people" else None

    def _save(self, request: Any, step: str, form: Any) -> HttpResponseBase | None:
        if step == "model" and request.POST.get("builtin"):
            for connect in SETUP_MODELS:
                connect(request.tenant.id)
        if form is None:
            return None
        values = form.cleaned_data
        if step == "organisation":
            tenant_settings_update(actor=request.actor, **values)
        elif step == "account":
            return let_in(request, user_create(actor=None, role=Role.OWNER, **values), "/setup/model")
        elif step == "team":
            _begin_team(request.actor, **values)
        elif step == "people":
            return self._invite(request, values["addresses"])
        return None

    def _invite(self, request: Any, addresses: list[str]) -> HttpResponseBase | None:
        links: list[tuple[str, str]] = []
        for address in addresses:
            user = user_create(actor=request.actor, email=address, name=address.partition("@")[0])
            path = one_time_link_create(actor=request.actor, kind=LinkKind.INVITE, user=user)
            links.append((user.email, tenant_url(request.tenant.id, path)))
        return self._page(request, "done", None, links=links) if links else None

    def _finish(self, request: Any) -> HttpResponseBase:
        setup_finish(actor=request.actor)
        response = HttpResponseRedirect("/admin/" if request.POST.get("go") == "admin" else "/")
        response.delete_cookie(COOKIE, path="/setup")
        return response

    def _page(
        self, request: Any, step: str, form: forms.Form | None, *, status: int = 200, **extra: Any
    ) -> HttpResponse:
        number = _NAMES.index(step)
        context = {
            "step": step,
            "action": f"/setup/{step}",
            "steps": STEPS.values(),
            "heading": STEPS[step],
            "back": _NAMES[number - 1] if number else "",
            "form": form,
            "owner": selectors.first_owner(),
            "has_builtin": bool(SETUP_MODELS),
        }
        return render(request, "accounts/setup.html", context | extra, status=status)


def _begin_team(actor: Actor, *, name: str, monthly_budget: Decimal | None) -> None:
    """The first team, with its maker in it, and what its calls may cost a month."""
    team = team_create(actor=actor, name=name)
    membership_add(actor=actor, team=team, user=actor.user)
    for give in SETUP_BUDGETS if monthly_budget else ():
        give(actor, team, monthly_budget or Decimal(0))
