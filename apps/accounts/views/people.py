"""Administration of people: the list, invitations, one person's role and access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render

from apps.accounts import selectors
from apps.accounts.addresses import tenant_url
from apps.accounts.forms import InviteForm, RoleForm, add_problem
from apps.accounts.mail import mail_is_configured, send_after_commit
from apps.accounts.models import LinkKind, Role
from apps.accounts.pages import AdminPage, paged, searched
from apps.accounts.permissions import may_manage
from apps.accounts.services import (
    one_time_link_create,
    sessions_end_all,
    user_activate,
    user_create,
    user_deactivate,
    user_role_set,
)
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from apps.accounts.models import User

_MAILS = {LinkKind.INVITE: "You are invited", LinkKind.RESET: "Set a new password"}


class PeoplePage(AdminPage):
    """Everybody, with search and filters."""

    capability = "people.manage"

    def get(self, request: Any) -> HttpResponseBase:
        """The list."""
        filters = {name: searched(request, name) for name in ("q", "role", "state")}
        rows = selectors.people(filters["q"], role=filters["role"], state=filters["state"])
        context = paged(request, rows, **filters) | {"roles": Role.choices}
        return render(request, "accounts/people.html", context)


class LinkMakingPage(AdminPage):
    """A page that can end in a one-time link for a person."""

    capability = "people.manage"

    def link_made(self, request: Any, user: User, kind: str) -> HttpResponse:
        """Make the link, mail it where possible, and show it this once."""
        path = one_time_link_create(actor=self.actor, kind=kind, user=user)
        link = tenant_url(self.actor.tenant_id, path)
        send_after_commit(
            to=user.email,
            subject=_MAILS[LinkKind(kind)],
            template="invite" if kind == LinkKind.INVITE else "reset",
            context={"user": user, "link": link, "organisation": request.organisation},
        )
        context = {"person": user, "link": link, "mailed": mail_is_configured()}
        return render(request, "accounts/link_made.html", context)


class InvitePage(LinkMakingPage):
    """Add a person."""

    def get(self, request: Any) -> HttpResponseBase:
        """The form."""
        return render(request, "accounts/invite.html", {"form": InviteForm()})

    def post(self, request: Any) -> HttpResponseBase:
        """Add, and show the link that lets them in."""
        form = InviteForm(request.POST)
        if form.is_valid():
            try:
                user = user_create(actor=self.actor, **form.cleaned_data)
            except ProblemError as problem:
                add_problem(form, problem)
            else:
                return self.link_made(request, user, LinkKind.INVITE)
        return render(request, "accounts/invite.html", {"form": form}, status=422)


class PersonAdminPage(LinkMakingPage):
    """One person: role, teams, access."""

    def get(self, request: Any, user_id: UUID) -> HttpResponseBase:
        """The page."""
        user = selectors.access_user(user_id)
        return self._page(request, user, RoleForm(initial={"role": user.role}))

    def post(self, request: Any, user_id: UUID) -> HttpResponseBase:
        """Do what the pressed button says."""
        user = selectors.access_user(user_id)
        action = request.POST.get("action", "")
        form = RoleForm(request.POST if action == "role" else {"role": user.role})
        try:
            if action == "link":
                return self.link_made(request, user, LinkKind.RESET)
            self._act(action, user, form)
        except ProblemError as problem:
            form.is_valid()
            add_problem(form, problem)
            return self._page(request, selectors.access_user(user_id), form, status=problem.status)
        if not form.is_valid():
            return self._page(request, user, form, status=422)
        return HttpResponseRedirect(f"{request.path}?saved=1")

    def _act(self, action: str, user: User, form: RoleForm) -> None:
        if action == "role" and form.is_valid():
            user_role_set(actor=self.actor, user=user, role=form.cleaned_data["role"])
        elif action == "deactivate":
            user_deactivate(actor=self.actor, user=user)
        elif action == "activate":
            user_activate(actor=self.actor, user=user)
        elif action == "end-sessions":
            sessions_end_all(actor=self.actor, user=user)

    def _page(self, request: Any, user: User, form: RoleForm, status: int = 200) -> HttpResponse:
        context = {
            "person": user,
            "form": form,
            "teams": selectors.teams_of(user.id),
            "sessions": selectors.sessions_of(user.id).count(),
            "may_manage": may_manage(self.actor, user),
            "saved": "saved" in request.GET,
        }
        return render(request, "accounts/person.html", context, status=status)
