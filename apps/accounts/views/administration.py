"""Administration of people, teams and the audit log, and its overview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render

from apps.accounts import selectors
from apps.accounts.forms import InviteForm, RoleForm, TeamForm, add_problem
from apps.accounts.mail import mail_is_configured, send_after_commit
from apps.accounts.models import LinkKind, User
from apps.accounts.overview import checklist
from apps.accounts.pages import AdminPage
from apps.accounts.services import (
    membership_add,
    membership_remove,
    one_time_link_create,
    sessions_end_all,
    team_create,
    team_update,
    user_activate,
    user_create,
    user_deactivate,
    user_role_set,
)
from apps.audit.models import AuditEvent
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from django.db.models import QuerySet

PER_PAGE = 50


def paged(request: Any, rows: QuerySet[Any], **filters: str) -> dict[str, Any]:
    """A page of rows, with the filters as a query that the pager's links keep."""
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    kept = urlencode({name: value for name, value in filters.items() if value})
    return {"page": page, "query": f"{kept}&" if kept else "", "filters": filters}


class OverviewPage(AdminPage):
    """What is set up and what is missing."""

    def get(self, request: Any) -> HttpResponseBase:
        """The checklist and the newest changes."""
        steps = checklist()
        context = {"steps": steps, "people": User.objects.filter(is_active=True).count()}
        context |= {"events": AuditEvent.objects.order_by("-created_at")[:8]}
        return render(request, "accounts/overview.html", context)


class PeoplePage(AdminPage):
    """Everybody, with search."""

    capability = "people.manage"

    def get(self, request: Any) -> HttpResponseBase:
        """The list."""
        query = request.GET.get("q", "").strip()[:100].replace("\x00", "")
        return render(request, "accounts/people.html", paged(request, selectors.people(query), q=query))


class InvitePage(AdminPage):
    """Add a person; the link is mailed where possible and shown once in any case."""

    capability = "people.manage"

    def get(self, request: Any) -> HttpResponseBase:
        """The form."""
        return render(request, "accounts/invite.html", {"form": InviteForm()})

    def post(self, request: Any) -> HttpResponseBase:
        """Add and show the link."""
        form = InviteForm(request.POST)
        if form.is_valid():
            try:
                user = user_create(actor=self.actor, **form.cleaned_data)
            except ProblemError as problem:
                add_problem(form, problem)
            else:
                return self._invited(request, user)
        return render(request, "accounts/invite.html", {"form": form})

    def _invited(self, request: Any, user: User) -> HttpResponse:
        link = person_link(request, self.actor, user, LinkKind.INVITE)
        return render(
            request, "accounts/link_made.html", {"person": user, "link": link, "mailed": mail_is_configured()}
        )


def person_link(request: Any, actor: Any, user: User, kind: str) -> str:
    """Make a one-time link for a person; mailed where mail is configured."""
    link: str = request.build_absolute_uri(one_time_link_create(actor=actor, kind=kind, user=user))
    subject = "You are invited" if kind == LinkKind.INVITE else "Set a new password"
    send_after_commit(to=user.email, subject=subject, template="reset", context={"user": user, "link": link})
    return link


class PersonAdminPage(AdminPage):
    """One person: role, teams, access."""

    capability = "people.manage"

    def get(self, request: Any, user_id: UUID) -> HttpResponseBase:
        """The page."""
        user = selectors.access_user(user_id)
        return self._page(request, user, RoleForm(initial={"role": user.role}))

    def post(self, request: Any, user_id: UUID) -> HttpResponseBase:
        """Do what the pressed button says."""
        user = selectors.access_user(user_id)
        action = request.POST.get("action", "")
        if action == "link":
            link = person_link(request, self.actor, user, LinkKind.RESET)
            return render(
                request,
                "accounts/link_made.html",
                {"person": user, "link": link, "mailed": mail_is_configured()},
            )
        form = RoleForm(request.POST if action == "role" else {"role": user.role})
        try:
            self._act(action, user, form)
        except ProblemError as problem:
            form.is_valid()
            add_problem(form, problem)
            return self._page(request, user, form, status=problem.status)
        return HttpResponseRedirect(f"/admin/people/{user.id}?saved=1")

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
            "saved": "saved" in request.GET,
        }
        context |= {"sessions": selectors.sessions_of(user.id).count()}
        return render(request, "accounts/person.html", context, status=status)


class TeamsPage(AdminPage):
    """All teams, and a form for a new one."""

    capability = "teams.manage"

    def get(self, request: Any) -> HttpResponseBase:
        """The list."""
        return self._page(request, TeamForm())

    def post(self, request: Any) -> HttpResponseBase:
        """Make a team."""
        form = TeamForm(request.POST)
        if form.is_valid():
            try:
                team = team_create(actor=self.actor, name=form.cleaned_data["name"])
            except ProblemError as problem:
                add_problem(form, problem)
            else:
                return HttpResponseRedirect(f"/admin/teams/{team.id}")
        return self._page(request, form)

    def _page(self, request: Any, form: TeamForm) -> HttpResponse:
        context = {
            "teams": selectors.teams(),
            "form": form,
            "everybody": User.objects.filter(is_active=True).count(),
        }
        return render(request, "accounts/teams.html", context)


class TeamPage(AdminPage):
    """One team and its members."""

    capability = "teams.manage"

    def get(self, request: Any, team_id: UUID) -> HttpResponseBase:
        """The page."""
        team = selectors.access_team(team_id)
        return self._page(request, team_id, TeamForm(initial={"name": team.name}))

    def post(self, request: Any, team_id: UUID) -> HttpResponseBase:
        """Rename, add a member or remove one."""
        team = selectors.access_team(team_id)
        action = request.POST.get("action", "")
        form = TeamForm(request.POST if action == "rename" else {"name": team.name})
        if action == "rename" and form.is_valid():
            team_update(actor=self.actor, team=team, name=form.cleaned_data["name"])
        elif action in ("add", "remove"):
            user = selectors.access_user(_uuid(request.POST.get("user", "")))
            change = membership_add if action == "add" else membership_remove
            change(actor=self.actor, team=team, user=user)
        if not form.is_valid():
            return self._page(request, team_id, form)
        return HttpResponseRedirect(f"/admin/teams/{team.id}?saved=1")

    def _page(self, request: Any, team_id: UUID, form: TeamForm) -> HttpResponse:
        team = selectors.access_team(team_id)
        members = selectors.members_of(team)
        others = User.objects.filter(is_active=True).exclude(id__in=members.values("id")).order_by("name")
        context = {
            "team": team,
            "members": members,
            "others": others,
            "form": form,
            "saved": "saved" in request.GET,
        }
        return render(request, "accounts/team.html", context)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


class AuditPage(AdminPage):
    """Who did what, when and from where."""

    capability = "audit.read"

    def get(self, request: Any) -> HttpResponseBase:
        """The events, newest first, with filters."""
        action = request.GET.get("action", "").strip()[:80].replace("\x00", "")
        person = request.GET.get("person", "").strip()[:100].replace("\x00", "")
        events = AuditEvent.objects.order_by("-created_at", "-id")
        if action:
            events = events.filter(action__startswith=action)
        if person:
            events = events.filter(actor_name__icontains=person)
        return render(request, "accounts/audit.html", paged(request, events, action=action, person=person))
