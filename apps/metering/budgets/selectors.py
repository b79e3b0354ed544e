"""Reads of budgets for pages and programs, in the caller's scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import ApiKey, Team, User
from apps.accounts.permissions import can
from apps.accounts.selectors import team_ids_of, tenant_settings
from apps.metering.budgets.models import (
    POOL,
    Budget,
    BudgetCounter,
    BudgetRequest,
    Reach,
    RequestState,
)
from apps.metering.budgets.people import MANAGE, SEE, led_teams
from apps.metering.budgets.purse import Line, lines_now
from apps.metering.known_models import known_models
from apps.rest.errors import not_found
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor


def standing_budgets(reach: Reach | None = None, subject_id: UUID | None = None) -> QuerySet[Budget]:
    """Budgets that limit something now, newest first; of one kind of subject, or of one."""
    rows = Budget.objects.filter(archived_at=None)
    if reach is not None:
        rows = rows.filter(reach=reach)
    return (rows if subject_id is None else rows.filter(subject_id=subject_id)).order_by("-created_at", "-id")


def has_team(team_id: UUID) -> bool:
    """Whether the team is still there: its budgets outlive it."""
    return Team.objects.filter(pk=team_id).exists()


def past_counters(budget: Budget) -> list[BudgetCounter]:
    """The last twelve periods of a shared budget, newest first, the one of now included."""
    return list(BudgetCounter.objects.filter(budget=budget, member_id=POOL).order_by("-ends_at")[:12])


def access_budget(budget_id: UUID) -> Budget:
    """A budget that limits something; 404 otherwise."""
    budget = Budget.objects.filter(pk=budget_id, archived_at=None).first()
    if budget is None:
        raise not_found()
    return budget


def subject_name(reach: Reach, subject_id: UUID) -> str:
    """What the subject is called now; 404 where the tenant has no such."""
    if reach is Reach.TENANT:
        name = tenant_settings().name if subject_id == current_tenant_id() else None
    elif reach is Reach.MODEL:
        name = next((model.name for model in known_models() if model.id == subject_id), None)
    else:
        kinds: dict[Reach, Any] = {Reach.TEAM: Team, Reach.PERSON: User, Reach.KEY: ApiKey}
        name = kinds[reach].objects.filter(pk=subject_id).values_list("name", flat=True).first()
    if name is None:
        raise not_found()
    return str(name)


def subject_choices(reach: Reach) -> list[tuple[str, str]]:
    """Ids and names of what such a budget may be made for, at most 500."""
    if reach is Reach.TENANT:
        return [(str(current_tenant_id()), tenant_settings().name)]
    if reach is Reach.MODEL:
        return [(str(model.id), model.name) for model in known_models()][:500]
    if reach is Reach.KEY:
        keys = ApiKey.objects.filter(revoked_at=None).select_related("user").order_by("user__name", "name")
        return [(str(key.pk), f"{key.user.name}: {key.name}") for key in keys[:500]]
    kinds: dict[Reach, Any] = {Reach.TEAM: Team.objects, Reach.PERSON: User.objects.filter(is_active=True)}
    return [(str(row.pk), row.name) for row in kinds[reach].order_by("name")[:500]]


def own_lines(actor: Actor, team_id: UUID | None = None, model: str = "") -> list[Line]:
    """The budgets that limit a person's calls: in one team and by one model, or in all of theirs."""
    teams = [team_id] if team_id is not None else team_ids_of(actor.user_id)
    keys = ApiKey.objects.filter(user_id=actor.user_id, revoked_at=None).values_list("pk", flat=True)
    named = [actor.api_key_id] if actor.api_key_id else ([] if team_id is not None else list(keys))
    models = [known.id for known in known_models() if model in ("", known.slug)]
    subjects = [current_tenant_id(), actor.user_id, *teams, *named, *models]
    return list(lines_now(subjects, actor.user_id, timezone.now()))


def access_line(actor: Actor, budget_id: UUID) -> Line:
    """A budget that limits the actor's calls; 404 otherwise."""
    for line in own_lines(actor):
        if line.budget_id == budget_id:
            return line
    raise not_found()


def requests_seen(actor: Actor, state: str = "") -> QuerySet[BudgetRequest]:
    """Requests that the actor may see: all with `costs.read`, else their own and those of teams they lead."""
    rows = BudgetRequest.objects.select_related("counter__budget").order_by("-created_at", "-id")
    if not can(actor, SEE):
        led = Q(counter__budget__reach=Reach.TEAM, counter__budget__subject_id__in=led_teams(actor.user_id))
        rows = rows.filter(Q(user_id=actor.user_id) | led)
    return rows.filter(state=state) if state in set(RequestState) else rows


def requests_to_decide(actor: Actor) -> QuerySet[BudgetRequest]:
    """Open requests of running periods that the actor may grant or decline."""
    rows = requests_seen(actor, RequestState.OPEN).filter(
        counter__ends_at__gt=timezone.now(), counter__budget__archived_at=None
    )
    if can(actor, MANAGE):
        return rows
    led = led_teams(actor.user_id)
    of_others = rows.exclude(user_id=actor.user_id)
    return of_others.filter(counter__budget__reach=Reach.TEAM, counter__budget__subject_id__in=led)


def access_request(actor: Actor, request_id: UUID) -> BudgetRequest:
    """A request that the actor may see; 404 otherwise."""
    found = requests_seen(actor).filter(pk=request_id).first()
    if found is None:
        raise not_found()
    return found
