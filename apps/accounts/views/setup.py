"""First run: organisation, account, model, team, people. Opens only with the one-time code, and only once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render

from apps.accounts import selectors
from apps.accounts.forms import (
    SetupAccountForm,
    SetupOrganisationForm,
    SetupPeopleForm,
    TeamForm,
    add_problem,
)
from apps.accounts.models import LinkKind, Role, TenantSettings, User
from apps.accounts.pages import TenantPage
from apps.accounts.services import (
    one_time_link_create,
    setup_finish,
    team_create,
    tenant_settings_update,
    user_create,
)
from apps.accounts.setup import SETUP_MODELS
from apps.accounts.tokens import token_hash
from apps.accounts.views.door import let_in
from apps.rest.errors import ProblemError, not_found

if TYPE_CHECKING:
    from django import forms

STEPS = ("organisation", "account", "model", "team", "people", "done")
_TITLES = {
    "organisation": "Your organisation",
    "account": "Your account",
    "model": "Connect a model",
    "team": "Your first team",
    "people": "Invite people",
    "done": "All set",
}
COOKIE = "atrium_setup"


class SetupPage(TenantPage):
    """One step of the set-up; each is saved before the next opens."""

    def get(self, request: Any, step: str = "organisation") -> HttpResponseBase:
        """The step's form."""
        code = self._open(request)
        if step == "done":
            return self._page(request, step, None)
        response = self._page(request, step, self._form(request, step, None))
        if request.GET.get("code"):
            response.set_cookie(COOKIE, code, httponly=True, samesite="Lax", path="/setup", max_age=86_400)
        return response

    def post(self, request: Any, step: str = "organisation") -> HttpResponseBase:
        """Save the step and go on."""
        self._open(request)
        if step == "done":
            return self._finish(request)
        form = self._form(request, step, request.POST)
        if form is not None and not form.is_valid():
            return self._page(request, step, form)
        try:
            answer = self._save(request, step, form)
        except ProblemError as problem:
            if form is None:
                raise
            add_problem(form, problem)
            return self._page(request, step, form)
        return answer or HttpResponseRedirect(f"/setup/{STEPS[STEPS.index(step) + 1]}")

    def _open(self, request: Any) -> str:
        code: str = request.GET.get("code") or request.COOKIES.get(COOKIE, "")
        settings = selectors.tenant_settings()
        link = selectors.open_link(token_hash(code)) if code else None
        if settings.setup_done_at is not None or link is None or link.kind != LinkKind.SETUP:
            raise not_found()
        return code

    def _form(self, request: Any, step: str, data: Any) -> forms.Form | None:
        settings = selectors.tenant_settings()
        if step == "organisation":
            initial = {
                "name": "" if settings.name == "Atrium" else settings.name,
                "time_zone": settings.time_zone,
            }
            return SetupOrganisationForm(data, initial=initial)
        if step == "account":
            owner = User.objects.filter(role=Role.OWNER).first()
            return SetupAccountForm(
                data, initial={"name": owner.name, "email": owner.email} if owner else None
            )
        if step == "team":
            return TeamForm(data)
        return SetupPeopleForm(data) if step == "people" else None

    def _save(self, request: Any, step: str, form: Any) -> HttpResponseBase | None:
        if step == "organisation":
            tenant_settings_update(actor=None, **form.cleaned_data)
        elif step == "account":
            return self._save_account(request, form)
        elif step == "model" and request.POST.get("builtin"):
            for connect in SETUP_MODELS:
                connect(request.tenant.id)
        elif step == "team":
            team_create(actor=request.actor, name=form.cleaned_data["name"])
        elif step == "people":
            return self._invite(request, form)
        return None

    def _save_account(self, request: Any, form: Any) -> HttpResponseBase:
        values = form.cleaned_data
        owner = User.objects.filter(role=Role.OWNER, email=values["email"].lower()).first()
        if owner is None:
            owner = user_create(actor=None, role=Role.OWNER, **values)
        return let_in(request, owner, "/setup/model")

    def _invite(self, request: Any, form: Any) -> HttpResponseBase | None:
        links: list[tuple[str, str]] = []
        for address in filter(None, map(str.strip, form.cleaned_data["addresses"].splitlines())):
            user = user_create(actor=request.actor, email=address, name=address.partition("@")[0])
            path = one_time_link_create(actor=request.actor, kind=LinkKind.INVITE, user=user)
            links.append((user.email, request.build_absolute_uri(path)))
        return self._page(request, "done", None, links=links) if links else None

    def _finish(self, request: Any) -> HttpResponseBase:
        if not TenantSettings.objects.filter(setup_done_at=None).exists() or not User.objects.exists():
            raise not_found()
        setup_finish(actor=request.actor)
        response = HttpResponseRedirect("/" if request.POST.get("go") != "admin" else "/admin/")
        response.delete_cookie(COOKIE, path="/setup")
        return response

    def _page(self, request: Any, step: str, form: Any, **extra: Any) -> HttpResponse:
        number = STEPS.index(step)
        context = {
            "step": step,
            "number": number + 1,
            "count": len(STEPS),
            "heading": _TITLES[step],
            "back": STEPS[number - 1] if number else "",
            "form": form,
            "has_builtin": bool(SETUP_MODELS),
        }
        return render(request, "accounts/setup.html", context | extra)
