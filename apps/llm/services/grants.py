"""Grants: which teams may use a model, and what their new chats begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Q

from apps.accounts.models import Team
from apps.audit.services import record
from apps.llm.models import Grant, Model, Route, RouteGrant
from apps.llm.policy.services import parameters_forget
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from apps.accounts.actors import Actor


def model_grants_set(*, actor: Actor | None, model: Model, team_ids: Iterable[UUID]) -> None:
    """Let exactly these teams use the model; Everyone stands for all.

    Raises ValidationError for a foreign team. A team that loses its default model falls back to Everyone's.
    """
    wanted = set(team_ids)
    teams = {team.pk: team for team in Team.objects.filter(pk__in=wanted)}
    if wanted - teams.keys():
        raise ValidationError({"teams": "This team does not exist. Reload the page."})
    had = {grant.team_id: grant for grant in model.grants.select_related("team")}
    before, after = _names(grant.team for grant in had.values()), _names(teams.values())
    model.grants.exclude(team_id__in=wanted).delete()
    parameters_forget(actor=actor)
    Grant.objects.bulk_create([Grant(team_id=pk, model=model) for pk in teams if pk not in had])
    if before != after:
        record(
            actor=actor,
            action="model.granted",
            target_type="model",
            target_id=model.pk,
            before={"slug": model.slug, "teams": before},
            after={"slug": model.slug, "teams": after},
        )


def team_grants_set(*, actor: Actor | None, team: Team, model_ids: Iterable[UUID]) -> None:
    """Let the team use exactly these models by grants of its own; what Everyone may use stays open to it."""
    wanted = set(model_ids)
    models = {model.pk: model for model in Model.objects.filter(pk__in=wanted)}
    if wanted - models.keys():
        raise ValidationError({"models": "This model does not exist. Reload the page."})
    had = {grant.model_id: grant for grant in Grant.objects.filter(team=team).select_related("model")}
    before, after = sorted(g.model.slug for g in had.values()), sorted(m.slug for m in models.values())
    Grant.objects.filter(team=team).exclude(model_id__in=wanted).delete()
    parameters_forget(actor=actor)
    Grant.objects.bulk_create([Grant(team=team, model_id=pk) for pk in models if pk not in had])
    if before != after:
        record(
            actor=actor,
            action="team.models_changed",
            target_type="team",
            target_id=team.pk,
            before={"models": before},
            after={"models": after},
        )


def default_set(*, actor: Actor | None, team: Team, model: Model | Route | None) -> None:
    """Begin the team's new chats with this model or route; None: with Everyone's default.

    It must be a chat model or a route that the team may use, by its own grant or Everyone's; raises
    ValidationError.
    """
    if model is not None:
        _check_default(team, model)
    old = _default_of(team)
    if old == model:
        return
    Grant.objects.filter(team=team, is_default=True).update(is_default=False)
    RouteGrant.objects.filter(team=team, is_default=True).update(is_default=False)
    if model is not None:
        grant = _own_grant(team, model)
        grant.is_default = True
        grant.save(update_fields=["is_default"])
    record(
        actor=actor,
        action="team.default_model_set",
        target_type="team",
        target_id=team.pk,
        before={"model": old.public_id if old else None},
        after={"model": model.public_id if model else None},
    )


def _check_default(team: Team, model: Model | Route) -> None:
    if isinstance(model, Model) and model.modality != Modality.CHAT.value:
        raise ValidationError({"default": "Only a chat model or a route can be a team's default."})
    if not model.grants.filter(Q(team=team) | Q(team__is_everyone=True)).exists():
        raise ValidationError({"default": "Let the team use this first, then make it the default."})


def _default_of(team: Team) -> Model | Route | None:
    """What the team itself made its default; its row is locked, so that it stays the only one."""
    Team.objects.select_for_update().get(pk=team.pk)
    grant = Grant.objects.filter(team=team, is_default=True).select_related("model").first()
    if grant is not None:
        return grant.model  # type: ignore[no-any-return]  # TenantForeignKey is untyped
    of_route = RouteGrant.objects.filter(team=team, is_default=True).select_related("route").first()
    return of_route.route if of_route else None


def _own_grant(team: Team, model: Model | Route) -> Grant | RouteGrant:
    if isinstance(model, Route):
        return RouteGrant.objects.get_or_create(team=team, route=model)[0]
    return Grant.objects.get_or_create(team=team, model=model)[0]


def _names(teams: Iterable[Team]) -> list[str]:
    return sorted(team.name for team in teams)
