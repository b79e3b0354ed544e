"""Teams → Models: one team's grants, default and parameters, and all teams beside all models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.accounts.forms import add_errors, tried
from apps.accounts.pages import PER_PAGE, paged, searched
from apps.llm.policy.forms import BulkForm, ParametersForm, TeamDefaultForm, TeamGrantsForm, TeamRoutesForm
from apps.llm.policy.selectors import (
    CHAT,
    grant_changes,
    matrix,
    models_found,
    team_models,
    team_routes,
    teams_found,
)
from apps.llm.policy.shown import LABELS, told
from apps.llm.routes.selectors import access_route
from apps.llm.routes.services import team_routes_set
from apps.llm.selectors.administration import access_model, access_team, people_in
from apps.llm.services import default_set, grants_change, parameters_set, team_grants_set
from apps.llm.views.base import UNPROCESSABLE, ModelsPage
from apps.llm.views.tables import Column, headings

if TYPE_CHECKING:
    from django.http import HttpRequest

    from apps.accounts.models import Team
    from apps.llm.models import Model, Route
    from apps.llm.policy.selectors import TeamModels, TeamRoute


COLUMNS: Final = (
    Column("Allowed", "allowed"),
    Column("Model", "name"),
    Column("Provider", "provider"),
    Column("Why"),
    Column("Parameters"),
)
MATRIX_COLUMNS: Final = (Column("Model", "name"),)
MATRIX_SORTS: Final = {"": "Name", "-name": "Name, backwards", "provider": "Provider"}
SORTS: Final = {**MATRIX_SORTS, "allowed": "Allowed first", "-allowed": "Allowed last"}


class ParametersPage(ModelsPage):
    """A page with the form of a team's parameters, for all models or for one."""

    def set_parameters(self, form: ParametersForm, team: Team, model: Model | None) -> bool:
        """Reset the parameter that was named, else save the form; whether it was taken."""
        name = self.request.POST.get("reset", "")
        if name in LABELS:
            parameters_set(actor=self.actor, team=team, model=model, changes={name: None})
            return True
        return form.is_valid() and tried(
            form,
            lambda: parameters_set(actor=self.actor, team=team, model=model, changes=form.cleaned_data),
        )


class TeamModelsView(ParametersPage):
    """A team's models, its default and its parameters; a tab of the team's page."""

    template_name = "llm/team_models.html"

    def get(self, request: HttpRequest, team_id: UUID) -> HttpResponse:
        return self._shown(access_team(team_id))

    def post(self, request: HttpRequest, team_id: UUID) -> HttpResponse:
        team = access_team(team_id)
        work = {
            "grants": self._set_grants,
            "routes": self._set_routes,
            "default": self._set_default,
            "parameters": self._set_all_parameters,
        }
        action = request.POST.get("action", "")
        if action not in work:
            raise Http404
        refused = work[action](team)
        if refused:
            return self._shown(team, status=UNPROCESSABLE, **refused)
        kept = {name: request.GET[name] for name in ("q", "sort", "page") if name in request.GET}
        return HttpResponseRedirect(f"{request.path}?{urlencode({'saved': action, **kept})}#{action}")

    def _set_grants(self, team: Team) -> dict[str, Any]:
        """What is ticked of what was shown; models on other pages of the list stay as they are."""
        form = TeamGrantsForm(self.request.POST, ids=_ids(models_found("")))
        if not form.is_valid():
            return {"refused": "A model of this list is gone. Nothing was saved. Look at the list again."}
        shown, ticked = _uuids(form, "shown"), _uuids(form, "models")
        own = team_models(team).own
        team_grants_set(actor=self.actor, team=team, model_ids=(own - shown) | (ticked & shown))
        return {}

    def _set_routes(self, team: Team) -> dict[str, Any]:
        known = [str(each.route.pk) for each in team_routes(team)]
        form = TeamRoutesForm(self.request.POST, ids=known)
        if not form.is_valid():
            return {"refused": "A route of this list is gone. Nothing was saved. Look at the list again."}
        team_routes_set(actor=self.actor, team=team, route_ids=form.cleaned_data["routes"])
        return {}

    def _set_default(self, team: Team) -> dict[str, Any]:
        form = self._default_form(
            team, list(models_found("")), team_models(team), team_routes(team), self.request.POST
        )
        if form.is_valid():
            chosen = _default_named(form.cleaned_data["default"])
            if tried(form, lambda: default_set(actor=self.actor, team=team, model=chosen)):
                return {}
        return {"default_form": form}

    def _set_all_parameters(self, team: Team) -> dict[str, Any]:
        form = ParametersForm(self.request.POST, side=team_models(team), model=None)
        return {} if self.set_parameters(form, team, None) else {"form": form}

    def _default_form(
        self, team: Team, models: list[Model], side: TeamModels, routes: list[TeamRoute], data: Any = None
    ) -> TeamDefaultForm:
        usable = side.own | side.inherited
        chat = [(f"model:{m.pk}", m.name) for m in models if m.modality == CHAT and m.pk in usable]
        own = next((f"route:{each.route.pk}" for each in routes if each.is_default), None)
        return TeamDefaultForm(
            data,
            chat=chat,
            routes=[(f"route:{each.route.pk}", each.route.name) for each in routes if each.is_usable],
            otherwise="The first by name" if team.is_everyone else "As for Everyone",
            initial={"default": own or (f"model:{side.default_id}" if side.default_id else "")},
        )

    def _shown(self, team: Team, *, status: int = 200, **forms: Any) -> HttpResponse:
        filters = {name: searched(self.request, name) for name in ("q", "sort")}
        side = team_models(team)
        models = list(models_found("", filters["sort"]))
        found = side.ordered([model for model in models if _fits(model, filters["q"])], filters["sort"])
        page = Paginator(found, PER_PAGE).get_page(self.request.GET.get("page"))
        for row in page:
            row.model.shown_settings = told(row.settings, team)  # type: ignore[attr-defined]  # for the template
        routes = team_routes(team)
        context = {
            "form": ParametersForm(side=side, model=None),
            "default_form": self._default_form(team, models, side, routes),
            "people": people_in([team]),
            "routes": routes,
            "saved": self.request.GET.get("saved", ""),
            "query": _query(filters),
            "filters": filters,
            "headings": headings(COLUMNS, filters),
            "sorts": SORTS.items(),
        }
        return self.page(status=status, team=team, side=side, page=page, **context | forms)


class TeamModelView(ParametersPage):
    """The parameters of a team's calls of one model."""

    template_name = "llm/team_model.html"

    def get(self, request: HttpRequest, team_id: UUID, model_id: UUID) -> HttpResponse:
        team, model = access_team(team_id), access_model(model_id)
        side = team_models(team)
        return self._shown(side, model, ParametersForm(side=side, model=model))

    def post(self, request: HttpRequest, team_id: UUID, model_id: UUID) -> HttpResponse:
        team, model = access_team(team_id), access_model(model_id)
        side = team_models(team)
        form = ParametersForm(request.POST, side=side, model=model)
        if self.set_parameters(form, team, model):
            return HttpResponseRedirect(f"{request.path}?saved=parameters")
        return self._shown(side, model, form, status=UNPROCESSABLE)

    def _shown(
        self, side: TeamModels, model: Model, form: ParametersForm, *, status: int = 200
    ) -> HttpResponse:
        if model.modality != CHAT:
            raise Http404
        return self.page(
            status=status,
            team=side.team,
            model=model,
            row=side.of(model),
            form=form,
            people=people_in([side.team]),
            saved=self.request.GET.get("saved", ""),
        )


class TeamsModelsView(ModelsPage):
    """All models beside all teams: search both, tick rows and columns, look at what changes, then do it."""

    template_name = "llm/teams_models.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._shown()

    def post(self, request: HttpRequest) -> HttpResponse:
        models = {str(model.pk): model for model in models_found("")}
        teams = {str(team.pk): team for team in teams_found("")}
        form = BulkForm(request.POST, models=list(models), teams=list(teams))
        if not form.is_valid():
            return self._shown(form=form, status=UNPROCESSABLE)
        chosen = [models[pk] for pk in form.cleaned_data["models"]]
        among = [teams[pk] for pk in form.cleaned_data["teams"]]
        action = form.cleaned_data["action"]
        if "confirm" not in request.POST:
            return self._review(form, action, chosen, among)
        try:
            self._apply(action, chosen, among)
        except ValidationError as error:
            add_errors(form, error)
            return self._shown(form=form, status=UNPROCESSABLE)
        return HttpResponseRedirect(f"{reverse('admin-teams-models')}?saved=1")

    def _apply(self, action: str, models: list[Model], teams: list[Team]) -> None:
        if action == "default":
            for team in teams:
                default_set(actor=self.actor, team=team, model=models[0])
        else:
            grants_change(actor=self.actor, teams=teams, models=models, allowed=action == "allow")

    def _review(self, form: BulkForm, action: str, models: list[Model], teams: list[Team]) -> HttpResponse:
        changes = [] if action == "default" else grant_changes(teams, models, allowed=action == "allow")
        touched = teams if action == "default" else [change.team for change in changes]
        self.template_name = "llm/teams_models_review.html"
        return self.page(
            action=action,
            changes=changes,
            models=models,
            teams=touched,
            people=people_in(touched),
            chosen=form.cleaned_data,
        )

    def _shown(self, *, form: BulkForm | None = None, status: int = 200) -> HttpResponse:
        filters = {name: searched(self.request, name) for name in ("q", "team", "sort")}
        context = paged(self.request, models_found(filters["q"], filters["sort"]), **filters)
        teams = teams_found(filters["team"])
        return self.page(
            status=status,
            rows=matrix(context["page"], teams),
            teams=teams,
            form=form,
            ticked=_ticked(form),
            headings=headings(MATRIX_COLUMNS, filters),
            sorts=MATRIX_SORTS.items(),
            saved=self.request.GET.get("saved", ""),
            **context,
        )


def _default_named(text: str) -> Model | Route | None:
    """What a stored reference of the form names; None for nothing."""
    kind, _, key = text.partition(":")
    if not key:
        return None
    return access_route(UUID(key)) if kind == "route" else access_model(UUID(key))


def _query(filters: dict[str, str]) -> str:
    """The filters as the pager's links carry them: empty, or ending in &."""
    kept = urlencode({name: value for name, value in filters.items() if value})
    return f"{kept}&" if kept else ""


def _fits(model: Model, query: str) -> bool:
    words = query.casefold()
    return words in model.name.casefold() or words in model.slug.casefold()


def _ids(models: Any) -> list[str]:
    return [str(pk) for pk in models.values_list("pk", flat=True)]


def _uuids(form: TeamGrantsForm, name: str) -> set[UUID]:
    return {UUID(pk) for pk in form.cleaned_data[name]}


def _ticked(form: BulkForm | None) -> set[str]:
    """What was ticked when the form was refused."""
    sent: Any = form.data if form is not None else None
    return {*sent.getlist("models"), *sent.getlist("teams")} if sent is not None else set()
