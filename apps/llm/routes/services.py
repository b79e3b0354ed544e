"""Writes of routes and their grants: each one transaction, each audited with before and after.

Bad input raises django's ValidationError by field, in words for the person; then nothing was saved.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from django.core.exceptions import ValidationError

from apps.accounts.models import Team
from apps.audit.services import record
from apps.guardrails.classes import SLUGS
from apps.llm.models import Model, Route, RouteGrant
from apps.llm.routes.composition import check
from apps.llm.routes.definitions import DefinitionError, Ref, refs_of
from apps.llm.routes.models import TRIAL
from apps.llm.routes.reading import read
from apps.llm.routes.selectors import PREFIX, definitions_of
from apps.llm.routes.writing import bound, written
from apps.llm.vendors.base import Modality
from apps.runs.services import run_create

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.llm.routes.definitions import Definition
    from apps.runs.models import Run

MOST_TEXT: Final = 8_000
SLUG: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
_SAID: Final = ("name", "slug", "purpose", "kind", "definition", "is_enabled")


def route_create(*, actor: Actor | None, values: Mapping[str, Any]) -> Route:
    """A new route that no team may use yet. References are slugs (`route/SLUG` for routes) or stored ones."""
    route = Route()
    _set(route, values)
    route.save(force_insert=True)
    _record(actor, "route.created", route, after=snapshot(route))
    return route


def route_update(*, actor: Actor | None, route: Route, values: Mapping[str, Any]) -> Route:
    """Change what is given; the grants stay."""
    before = snapshot(route)
    _set(route, values)
    route.save()
    _record(actor, "route.updated", route, before=before, after=snapshot(route))
    return route


def route_delete(*, actor: Actor | None, route: Route) -> None:
    """Delete the route with its grants; refused while another route contains it."""
    others = Route.objects.exclude(pk=route.pk)
    ref = Ref("route", route.pk)
    definitions = definitions_of(others)
    holding = [
        other.name
        for other in others
        if other.pk in definitions and ref in {found for _, found in refs_of(definitions[other.pk])}
    ]
    if holding:
        names = ", ".join(sorted(holding))
        raise ValidationError({"": f"{names} contains this route. Change that first. Nothing was deleted."})
    before = snapshot(route)
    target_id = route.pk
    route.delete()
    record(actor=actor, action="route.deleted", target_type="route", target_id=target_id, before=before)


def route_grants_set(*, actor: Actor | None, route: Route, team_ids: Iterable[UUID]) -> None:
    """Let exactly these teams use the route; Everyone stands for all. Raises ValidationError."""
    wanted = set(team_ids)
    teams = {team.pk: team for team in Team.objects.filter(pk__in=wanted)}
    if wanted - teams.keys():
        raise ValidationError({"teams": "This team does not exist. Reload the page."})
    had = {grant.team_id: grant.team.name for grant in route.grants.select_related("team")}
    before, after = sorted(had.values()), sorted(team.name for team in teams.values())
    route.grants.exclude(team_id__in=wanted).delete()
    RouteGrant.objects.bulk_create([RouteGrant(team_id=pk, route=route) for pk in teams if pk not in had])
    if before != after:
        _record(
            actor,
            "route.granted",
            route,
            before={"slug": route.slug, "teams": before},
            after={"slug": route.slug, "teams": after},
        )


def team_routes_set(*, actor: Actor | None, team: Team, route_ids: Iterable[UUID]) -> None:
    """Let the team use exactly these routes by grants of its own; Everyone's stay open to it."""
    wanted = set(route_ids)
    routes = {route.pk: route for route in Route.objects.filter(pk__in=wanted)}
    if wanted - routes.keys():
        raise ValidationError({"routes": "This route does not exist. Reload the page."})
    had = {
        grant.route_id: grant.route.slug
        for grant in RouteGrant.objects.filter(team=team).select_related("route")
    }
    before, after = sorted(had.values()), sorted(route.slug for route in routes.values())
    RouteGrant.objects.filter(team=team).exclude(route_id__in=wanted).delete()
    RouteGrant.objects.bulk_create([RouteGrant(team=team, route_id=pk) for pk in routes if pk not in had])
    if before != after:
        record(
            actor=actor,
            action="team.routes_changed",
            target_type="team",
            target_id=team.pk,
            before={"routes": before},
            after={"routes": after},
        )


def routes_exported(*, actor: Actor | None, filters: Mapping[str, str]) -> None:
    """Note in the audit log that somebody took the list, by these filters."""
    record(actor=actor, action="routes.exported", target_type="route", detail=dict(filters))


def snapshot(route: Route) -> dict[str, Any]:
    """What the audit log keeps of a route."""
    return {name: getattr(route, name) for name in _SAID}


def shown(route: Route) -> dict[str, Any]:
    """The definition with references as people know them; what is gone keeps its stored form."""
    definition = read(route.kind, route.definition)
    ids = {
        ref.kind: {r.id for _, r in refs_of(definition) if r.kind == ref.kind}
        for _, ref in refs_of(definition)
    }
    names = dict(Model.objects.filter(pk__in=ids.get("model", ())).values_list("pk", "slug"))
    routes = Route.objects.filter(pk__in=ids.get("route", ())).values_list("pk", "slug")
    names |= {pk: f"{PREFIX}{slug}" for pk, slug in routes}
    return written(definition, lambda ref: names.get(ref.id, str(ref)))


def _set(route: Route, values: Mapping[str, Any]) -> None:
    for name in ("name", "slug", "purpose", "kind", "is_enabled"):
        if name in values:
            setattr(route, name, values[name].strip() if isinstance(values[name], str) else values[name])
    errors = _errors(route)
    if errors:
        raise ValidationError(errors)
    if "definition" in values or "kind" in values:
        route.definition = _checked(route, values.get("definition", route.definition))


def _errors(route: Route) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not 1 <= len(route.name) <= 100:  # noqa: PLR2004 - the column's
        errors["name"] = "Enter a name of at most 100 characters."
    if len(route.purpose) > 200:  # noqa: PLR2004 - the column's
        errors["purpose"] = "At most 200 characters."
    if not SLUG.fullmatch(route.slug):
        errors["slug"] = "Use lower-case letters, digits, dots, hyphens and underscores, at most 60."
    elif Route.objects.filter(slug=route.slug).exclude(pk=route.pk).exists():
        errors["slug"] = "Another route has this id. Choose another."
    return errors


def _checked(route: Route, data: Any) -> dict[str, Any]:
    """The definition as it is stored; raises ValidationError for what can not run."""
    try:
        definition = read(route.kind, bound(data, _stored_by_slug()))
        _exist(definition)
        others = definitions_of(Route.objects.exclude(pk=route.pk))
        check(route.pk, definition, others)
    except DefinitionError as error:
        raise ValidationError({error.field: error.message}) from error
    return written(definition)


def _stored_by_slug() -> Any:
    """Writes a reference as it is stored; an unknown slug stays and is refused by the reader."""
    models = dict(Model.objects.values_list("slug", "pk"))
    routes = dict(Route.objects.values_list("slug", "pk"))

    def stored(text: str) -> str:
        if text.startswith(PREFIX):
            found = routes.get(text.removeprefix(PREFIX))
            return f"route:{found}" if found else text
        return f"model:{models[text]}" if text in models else text

    return stored


def _exist(definition: Definition) -> None:
    """Raises DefinitionError for a reference that is not there, or to a model that does not chat."""
    refs = refs_of(definition)
    models = set(
        Model.objects.filter(
            pk__in=[ref.id for _, ref in refs if ref.kind == "model"], modality=Modality.CHAT.value
        ).values_list("pk", flat=True)
    )
    routes = set(
        Route.objects.filter(pk__in=[ref.id for _, ref in refs if ref.kind == "route"]).values_list(
            "pk", flat=True
        )
    )
    for field, ref in refs:
        if ref.id not in (models if ref.kind == "model" else routes):
            raise DefinitionError(field, "This model or route does not exist here, or is not for chat.")
    _teams_exist(definition)


def _teams_exist(definition: Definition) -> None:
    teams = {team for rule in getattr(definition, "rules", ()) for team in rule.when.teams}
    if teams and Team.objects.filter(pk__in=teams).count() != len(teams):
        raise DefinitionError("rules", "This team does not exist. Reload the page.")


def _record(
    actor: Actor | None,
    action: str,
    route: Route,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(actor=actor, action=action, target_type="route", target_id=route.pk, before=before, after=after)


def trial_start(*, actor: Actor, route: Route, team: Team, text: str, data_class: str = "") -> Run:
    """Ask the route as this team would, in a run of the administrator's own; raises ValidationError.

    `data_class` is the class, by its name, that the question is taken to have.
    """
    if data_class and data_class not in dict(SLUGS):
        raise ValidationError({"data_class": "Choose a class of the list."})
    tried = {"route_id": str(route.pk), "data_class": data_class}
    run = trial_run(actor=actor, kind=TRIAL, team=team, text=text, tried=tried)
    detail = {"slug": route.slug, "team": team.name, "data_class": data_class}
    record(actor=actor, action="route.tried", target_type="route", target_id=route.pk, detail=detail)
    return run


def trial_run(*, actor: Actor, kind: str, team: Team, text: str, tried: Mapping[str, str]) -> Run:
    """A run that asks what `tried` names this question; raises ValidationError for one that is none."""
    if not text.strip() or len(text) > MOST_TEXT:
        raise ValidationError({"text": f"Write a question of at most {MOST_TEXT:,} characters."})
    return run_create(
        kind=kind,
        team_id=team.pk,
        user_id=actor.user_id,
        api_key_id=actor.api_key.id if actor.api_key else None,
        input={**tried, "text": text},
    )
