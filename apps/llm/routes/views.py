"""Admin pages of routes: the list, the form of each kind, teams, the try-out pane and the dry run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.llm.errors import ModelNotFoundError
from apps.llm.forms import TeamsForm
from apps.llm.routes.administration import closed_models, listed_routes, targets
from apps.llm.routes.filled import initial_of
from apps.llm.routes.forecast import dry_run
from apps.llm.routes.forms import RouteForm
from apps.llm.routes.models import RouteKind
from apps.llm.routes.selectors import access_route, past_questions, plan_of, trial_of
from apps.llm.routes.services import (
    route_create,
    route_delete,
    route_grants_set,
    route_update,
    trial_start,
)
from apps.llm.selectors.administration import access_team, teams
from apps.llm.views.base import UNPROCESSABLE, ModelsPage, add_errors

if TYPE_CHECKING:
    from django.http import HttpRequest

    from apps.llm.models import Route

ABOUT = {
    "fallback": "The next model when one fails or is slow.",
    "cheapest": "The lowest known price among models that are good enough.",
    "fastest": "The quickest by its own last answers.",
    "best_value": "Quality, price and speed weighed against each other.",
    "task": "Rules on length, language, code, team and hour, and optionally a classifier.",
    "cascade": "A cheap model first; a checker sends on what it can not do.",
    "judge": "One model answers, another checks before anyone reads it.",
    "ensemble": "Several answer at once; one merges them and shows where they differ.",
}


class RouteListView(ModelsPage):
    template_name = "llm/routes.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        query, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
        return self.page(
            routes=listed_routes(query, kind),
            q=query,
            kind=kind,
            kinds=[(value, label, ABOUT[value]) for value, label in RouteKind.choices],
        )


class RouteAddView(ModelsPage):
    template_name = "llm/route_form.html"

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        return self._shown(_form(_known(kind)))

    def post(self, request: HttpRequest, kind: str) -> HttpResponse:
        form = _form(_known(kind), request.POST)
        if form.is_valid():
            try:
                route = route_create(actor=self.actor, values=form.values())
            except ValidationError as error:
                add_errors(form, error)
            else:
                return HttpResponseRedirect(f"{_page_of(route)}?saved=1")
        return self._shown(form, status=UNPROCESSABLE)

    def _shown(self, form: RouteForm, *, status: int = 200) -> HttpResponse:
        return self.page(form=form, label=RouteKind(form.kind).label, about=ABOUT[form.kind], status=status)


class RouteView(ModelsPage):
    """One route: its form, its teams, a trial and a dry run."""

    template_name = "llm/route.html"

    def get(self, request: HttpRequest, route_id: UUID) -> HttpResponse:
        route = access_route(route_id)
        form = _form(route.kind, route=route)
        return self._shown(route, form, request)

    def post(self, request: HttpRequest, route_id: UUID) -> HttpResponse:
        route = access_route(route_id)
        form = _form(route.kind, request.POST, route=route)
        if form.is_valid():
            try:
                route_update(actor=self.actor, route=route, values=form.values())
            except ValidationError as error:
                add_errors(form, error)
            else:
                return HttpResponseRedirect(f"{_page_of(route)}?saved=1")
        return self._shown(access_route(route_id), form, request, status=UNPROCESSABLE)

    def _shown(
        self, route: Route, form: RouteForm, request: HttpRequest, *, status: int = 200
    ) -> HttpResponse:
        granted = [str(pk) for pk in route.grants.values_list("team_id", flat=True)]
        return self.page(
            route=route,
            form=form,
            label=RouteKind(route.kind).label,
            about=ABOUT[route.kind],
            teams_form=TeamsForm(teams=teams(), chosen=granted),
            teams=teams(),
            closed=closed_models(route, granted),
            trial=_trial(route, request.GET.get("trial", "")),
            run=_run(route, request.GET.get("run", "")),
            saved=request.GET.get("saved", ""),
            status=status,
        )


class RouteTeamsView(ModelsPage):
    """Which teams may use the route."""

    def post(self, request: HttpRequest, route_id: UUID) -> HttpResponse:
        route = access_route(route_id)
        form = TeamsForm(request.POST, teams=teams(), chosen=[])
        if form.is_valid():
            chosen = [UUID(team_id) for team_id in form.cleaned_data["teams"]]
            route_grants_set(actor=self.actor, route=route, team_ids=chosen)
        return HttpResponseRedirect(f"{_page_of(route)}?saved=teams#teams")


class RouteTrialView(ModelsPage):
    """Asks the route as a team would."""

    def post(self, request: HttpRequest, route_id: UUID) -> HttpResponse:
        route = access_route(route_id)
        team = access_team(_uuid(request.POST.get("team", "")))
        try:
            run = trial_start(actor=self.actor, route=route, team=team, text=request.POST.get("text", ""))
        except ValidationError:
            return HttpResponseRedirect(f"{_page_of(route)}#trial")
        return HttpResponseRedirect(f"{_page_of(route)}?trial={run.pk}#trial")


class RouteDeleteView(ModelsPage):
    """Deletes the route, unless another one contains it."""

    template_name = "llm/route_delete.html"

    def get(self, request: HttpRequest, route_id: UUID) -> HttpResponse:
        return self.page(route=access_route(route_id))

    def post(self, request: HttpRequest, route_id: UUID) -> HttpResponse:
        route = access_route(route_id)
        try:
            route_delete(actor=self.actor, route=route)
        except ValidationError as error:
            return self.page(route=route, refused=error.messages, status=UNPROCESSABLE)
        return HttpResponseRedirect(reverse("admin-routes"))


def _form(kind: str, data: Any = None, route: Route | None = None) -> RouteForm:
    models, routes = targets(route)
    initial = None
    if route is not None:
        said = {"name": route.name, "slug": route.slug, "purpose": route.purpose}
        initial = said | {"is_enabled": route.is_enabled} | initial_of(route.kind, route.definition)
    return RouteForm(
        data,
        kind=kind,
        targets=[*models, *routes],
        models=models,
        teams=[(str(team.pk), team.name) for team in teams()],
        initial=initial,
    )


def _trial(route: Route, text: str) -> Any:
    """The trial that the address names: steps and words as far as they have come."""
    if not text:
        return None
    run = trial_of(route, _uuid(text))
    log = [(kind, payload) for _, kind, payload in run.log]
    steps = {payload["step"]["index"]: payload["step"] for kind, payload in log if kind == "step"}
    return {
        "run": run,
        "is_live": not run.is_over,
        "steps": [steps[index] for index in sorted(steps)],
        "text": "".join(payload for kind, payload in log if kind == "text"),
        "note": run.result.get("route"),
    }


def _run(route: Route, team_text: str) -> Any:
    """The dry run for the team that the address names."""
    if not team_text:
        return None
    team = access_team(_uuid(team_text))
    try:
        plan = plan_of(route.pk, team.pk)
    except ModelNotFoundError:
        return {"team": team, "summary": None}
    return {"team": team, "summary": dry_run(plan, past_questions())}


def _known(kind: str) -> str:
    if kind not in RouteKind.values:
        raise Http404
    return kind


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _page_of(route: Route) -> str:
    return reverse("admin-route", args=[route.pk])
