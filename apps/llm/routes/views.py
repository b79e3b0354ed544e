"""Admin pages of routes: the list, the form of each kind, teams, the try-out pane and the dry run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.accounts.exports import as_csv
from apps.accounts.pages import paged, searched
from apps.guardrails.classes import SLUGS
from apps.llm.forms import TeamsForm
from apps.llm.routes.administration import closed_models, listed_routes, targets
from apps.llm.routes.filled import initial_of
from apps.llm.routes.forms import Offered, RouteForm
from apps.llm.routes.models import RouteKind
from apps.llm.routes.selectors import access_route, trial_of
from apps.llm.routes.services import (
    MOST_TEXT,
    route_create,
    route_delete,
    route_grants_set,
    route_update,
    routes_exported,
    trial_start,
)
from apps.llm.routes.shown import dry_run_shown, trial_shown
from apps.llm.selectors.administration import access_team, people_in, teams
from apps.llm.views.base import UNPROCESSABLE, ModelsPage, uuid_of
from apps.llm.views.tables import Column, headings
from apps.runs.services import run_stop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.http import HttpRequest

    from apps.accounts.models import Team
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
    "data_class": "The best one that may receive the data class of what is asked.",
}


FILTERS: Final = ("q", "kind", "state", "sort")
COLUMNS: Final = (
    Column("Name", "name"),
    Column("Kind", "kind"),
    Column("Teams", "teams", falls=True),
    Column("State", "state"),
)
SORTS: Final = {
    "": "Name",
    "-name": "Name, backwards",
    "kind": "Kind",
    "teams": "Most teams",
    "state": "On first",
    "-state": "Off first",
    "newest": "Newest",
}
EXPORTED: Final = ("name", "id", "kind", "purpose", "teams", "state")
MOST_EXPORTED: Final = 2_000


class RouteListView(ModelsPage):
    template_name = "llm/routes.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = {name: searched(request, name) for name in FILTERS}
        return self.page(
            **paged(request, listed_routes(filters), **filters),
            chosen=[name for name in FILTERS if filters[name] and name != "sort"],
            headings=headings(COLUMNS, filters),
            sorts=SORTS.items(),
            kinds=[(value, label, ABOUT[value]) for value, label in RouteKind.choices],
            deleted=request.GET.get("deleted", ""),
        )


class RouteExportView(ModelsPage):
    """The filtered list as CSV; recorded."""

    def get(self, request: Any) -> HttpResponse:
        filters = {name: searched(request, name) for name in FILTERS}
        kept = {name: value for name, value in filters.items() if value}
        routes_exported(actor=self.actor, filters=kept)
        found = listed_routes(filters)[:MOST_EXPORTED]
        return as_csv(f"routes-{request.tenant.slug}", EXPORTED, (_cells(route) for route in found))


def _cells(route: Route) -> list[object]:
    granted = ", ".join(sorted(grant.team.name for grant in route.grants.all()))
    state = "on" if route.is_enabled else "off"
    return [route.name, route.public_id, route.get_kind_display(), route.purpose, granted, state]


class RouteAddView(ModelsPage):
    template_name = "llm/route_form.html"

    def get(self, request: HttpRequest, kind: str) -> HttpResponse:
        """`member` begins it with a model or route, by its stored reference."""
        form = _form(_known(kind), teams())
        form.initial["member_1"] = request.GET.get("member", "")
        return self._shown(form)

    def post(self, request: HttpRequest, kind: str) -> HttpResponse:
        form = _form(_known(kind), teams(), request.POST)
        if "add" in request.POST:
            return self._shown(form.again(request.POST["add"]))
        made = _taken(form, lambda: route_create(actor=self.actor, values=form.values()))
        if made is not None:
            return HttpResponseRedirect(f"{_page_of(made)}?saved=1")
        return self._shown(form, status=UNPROCESSABLE)

    def _shown(self, form: RouteForm, *, status: int = 200) -> HttpResponse:
        return self.page(form=form, label=RouteKind(form.kind).label, about=ABOUT[form.kind], status=status)


class RoutePage(ModelsPage):
    """One route: its form, its teams, a trial and a dry run."""

    template_name = "llm/route.html"

    def shown(self, route: Route, *, form: RouteForm | None = None, **context: Any) -> HttpResponse:
        """The whole page; `context` adds what a refused part of it says."""
        request, among = self.request, teams()
        organisation = request.organisation  # type: ignore[attr-defined]  # set by TenantPage
        granted = [str(pk) for pk in route.grants.values_list("team_id", flat=True)]
        reached = [team for team in among if str(team.pk) in granted]
        found: dict[str, Any] = {
            "form": form or _form(route.kind, among, route=route),
            "label": RouteKind(route.kind).label,
            "about": ABOUT[route.kind],
            "teams_form": TeamsForm(teams=among, chosen=granted),
            "teams": among,
            "people": people_in(reached) if reached else 0,
            "closed": closed_models(route, granted),
            "trial": trial_shown(trial_of(route, key)) if (key := _given(request, "trial")) else None,
            "run": dry_run_shown(
                route,
                _team(request, "run", among),
                of_team=bool(request.GET.get("of")),
                zone=organisation.time_zone,
            ),
            "saved": request.GET.get("saved", ""),
            "most_text": MOST_TEXT,
            "data_classes": SLUGS,
        }
        return self.page(route=route, **found | context)


class RouteView(RoutePage):
    def get(self, request: HttpRequest, route_id: UUID) -> HttpResponse:
        return self.shown(access_route(route_id))

    def post(self, request: HttpRequest, route_id: UUID) -> HttpResponse:
        route = access_route(route_id)
        form = _form(route.kind, teams(), request.POST, route=route)
        if "add" in request.POST:
            return self.shown(route, form=form.again(request.POST["add"]))
        if _taken(form, lambda: route_update(actor=self.actor, route=route, values=form.values())):
            return HttpResponseRedirect(f"{_page_of(route)}?saved=1")
        return self.shown(access_route(route_id), form=form, status=UNPROCESSABLE)


class RouteTeamsView(RoutePage):
    """Which teams may use the route."""

    def get(self, request: HttpRequest, route_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(f"{_page_of(access_route(route_id))}#teams")

    def post(self, request: HttpRequest, route_id: UUID) -> HttpResponse:
        route = access_route(route_id)
        form = TeamsForm(request.POST, teams=teams(), chosen=[])
        if not form.is_valid():
            return self.shown(route, teams_form=form, status=UNPROCESSABLE)
        chosen = [UUID(team_id) for team_id in form.cleaned_data["teams"]]
        route_grants_set(actor=self.actor, route=route, team_ids=chosen)
        return HttpResponseRedirect(f"{_page_of(route)}?saved=teams#teams")


class RouteTrialView(RoutePage):
    """Asks the route as a team would."""

    def get(self, request: HttpRequest, route_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(f"{_page_of(access_route(route_id))}#trial")

    def post(self, request: HttpRequest, route_id: UUID) -> HttpResponse:
        route = access_route(route_id)
        team = access_team(uuid_of(request.POST.get("team", "")))
        text, data_class = request.POST.get("text", ""), request.POST.get("data_class", "")
        try:
            run = trial_start(actor=self.actor, route=route, team=team, text=text, data_class=data_class)
        except ValidationError as error:
            refused = {"messages": error.messages, "text": text, "team": team}
            return self.shown(route, trial_refused=refused, status=UNPROCESSABLE)
        return HttpResponseRedirect(f"{_page_of(route)}?trial={run.pk}#trial")


class RouteTrialResultView(ModelsPage):
    """A trial as far as it has come, without the page around it: what the page asks for again and again."""

    template_name = "llm/trial.html"

    def get(self, request: HttpRequest, route_id: UUID, run_id: UUID) -> HttpResponse:
        route = access_route(route_id)
        return self.page(trial=trial_shown(trial_of(route, run_id)))


class RouteTrialStopView(ModelsPage):
    """Ends a trial that still runs; what it has said stays."""

    def post(self, request: HttpRequest, route_id: UUID, run_id: UUID) -> HttpResponse:
        route = access_route(route_id)
        run_stop(run_id=trial_of(route, run_id).pk)
        return HttpResponseRedirect(f"{_page_of(route)}?trial={run_id}#trial")


class RouteDeleteView(ModelsPage):
    """Deletes the route, unless another one contains it."""

    template_name = "llm/route_delete.html"

    def get(self, request: HttpRequest, route_id: UUID) -> HttpResponse:
        return self._shown(access_route(route_id))

    def post(self, request: HttpRequest, route_id: UUID) -> HttpResponse:
        route = access_route(route_id)
        try:
            route_delete(actor=self.actor, route=route)
        except ValidationError as error:
            return self._shown(route, refused=error.messages, status=UNPROCESSABLE)
        return HttpResponseRedirect(f"{reverse('admin-routes')}?deleted=1")

    def _shown(self, route: Route, *, status: int = 200, refused: Sequence[str] = ()) -> HttpResponse:
        reached = [grant.team for grant in route.grants.select_related("team").order_by("team__name")]
        people = people_in(reached) if reached else 0
        return self.page(route=route, teams=reached, people=people, refused=refused, status=status)


def _taken(form: RouteForm, work: Callable[[], Route]) -> Route | None:
    """The route, if the form was right and the service took it; what was refused stands at its fields."""
    if not form.is_valid():
        return None
    try:
        return work()
    except ValidationError as error:
        form.refuse(error)
        return None


def _form(kind: str, among: Sequence[Team], data: Any = None, route: Route | None = None) -> RouteForm:
    models, routes = targets(route)
    initial: dict[str, Any] = {}
    if route is not None:
        initial = {"name": route.name, "slug": route.slug, "purpose": route.purpose}
        initial |= {"is_enabled": route.is_enabled} | initial_of(route.kind, route.definition)
    offered = Offered(models, routes, [(str(team.pk), team.name) for team in among])
    return RouteForm(data, kind=kind, offered=offered, initial=initial)


def _known(kind: str) -> str:
    if kind not in RouteKind.values:
        raise Http404
    return kind


def _given(request: HttpRequest, name: str) -> UUID | None:
    """The id that the address gives under this name; 404 for what is none."""
    text = request.GET.get(name, "")
    return uuid_of(text) if text else None


def _team(request: HttpRequest, name: str, among: Sequence[Team]) -> Team | None:
    """The team that the address names; 404 for one that is not there."""
    key = _given(request, name)
    if key is None:
        return None
    found = next((team for team in among if team.pk == key), None)
    if found is None:
        raise Http404
    return found


def _page_of(route: Route) -> str:
    return reverse("admin-route", args=[route.pk])
