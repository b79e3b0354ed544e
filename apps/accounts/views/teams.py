"""Administration of teams and their members."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render

from apps.accounts import selectors
from apps.accounts.forms import TeamForm, add_problem
from apps.accounts.pages import AdminPage, paged
from apps.accounts.services import membership_add, membership_remove, team_create, team_update
from apps.rest.errors import ProblemError, not_found

if TYPE_CHECKING:
    from apps.accounts.models import Team, User


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
        return self._page(request, form, status=422)

    def _page(self, request: Any, form: TeamForm, status: int = 200) -> HttpResponse:
        context = {
            "teams": selectors.teams(),
            "form": form,
            "everybody": selectors.active_people().count(),
        }
        return render(request, "accounts/teams.html", context, status=status)


class TeamPage(AdminPage):
    """One team and its members."""

    capability = "teams.manage"

    def get(self, request: Any, team_id: UUID) -> HttpResponseBase:
        """The page."""
        team = selectors.access_team(team_id)
        return self._page(request, team, TeamForm(initial={"name": team.name}))

    def post(self, request: Any, team_id: UUID) -> HttpResponseBase:
        """Rename, add a member or remove one."""
        team = selectors.access_team(team_id)
        action = request.POST.get("action", "")
        form = TeamForm(request.POST if action == "rename" else {"name": team.name})
        try:
            self._act(action, team, form)
        except ProblemError as problem:
            if problem.status == HTTPStatus.NOT_FOUND:
                raise
            form.is_valid()
            add_problem(form, problem)
        if not form.is_valid():
            return self._page(request, team, form, status=422)
        return HttpResponseRedirect(f"{request.path}?saved=1")

    def _act(self, action: str, team: Team, form: TeamForm) -> None:
        if action == "rename" and form.is_valid():
            team_update(actor=self.actor, team=team, name=form.cleaned_data["name"])
        elif action == "add":
            membership_add(actor=self.actor, team=team, user=self._named())
        elif action == "remove":
            membership_remove(actor=self.actor, team=team, user=self._named())

    def _named(self) -> User:
        try:
            return selectors.access_user(UUID(self.request.POST.get("user", "")))
        except ValueError as error:
            raise not_found() from error

    def _page(self, request: Any, team: Team, form: TeamForm, status: int = 200) -> HttpResponse:
        context = paged(request, selectors.members_of(team)) | {
            "team": team,
            "others": [] if team.is_everyone else selectors.people_beside(team)[:500],
            "form": form,
            "saved": "saved" in request.GET,
        }
        return render(request, "accounts/team.html", context, status=status)
