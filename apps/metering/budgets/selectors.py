"""Reads of budgets for pages and programs, in the caller's scope."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.db.models import F, Q, Sum
from django.utils import timezone

from apps.accounts.models import ApiKey, Team, User
from apps.accounts.permissions import can
from apps.accounts.selectors import team_ids_of, tenant_settings
from apps.metering.budgets.forecast import Forecast, Pace, forecast
from apps.metering.budgets.models import (
    POOL,
    Budget,
    BudgetCounter,
    BudgetRequest,
    Reach,
    RequestState,
    Sharing,
    Unit,
)
from apps.metering.budgets.people import MANAGE, SEE, led_teams
from apps.metering.budgets.periods import period_at
from apps.metering.budgets.purse import Line, lines_now
from apps.metering.known_models import known_models
from apps.metering.models import DailyUsage
from apps.rest.errors import not_found
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor

HISTORY: Final = dt.timedelta(days=56)
MOST_MEMBERS: Final = 100
_COLUMNS: Final = {
    Reach.TEAM: "team_id",
    Reach.PERSON: "user_id",
    Reach.KEY: "api_key_id",
    Reach.MODEL: "model_id",
}


@dataclass(frozen=True, slots=True)
class Member:
    """What one person has used of their allowance, most first."""

    name: str
    spent: Decimal
    limit: Decimal

    @property
    def percent(self) -> int:
        return min(100, int(self.spent * 100 / self.limit)) if self.limit else 100


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget as it stands now. Of allowances the sums of all counters, `limit` of those that were used."""

    budget: Budget
    starts_at: dt.datetime
    ends_at: dt.datetime
    spent: Decimal
    reserved: Decimal
    limit: Decimal
    granted: Decimal
    forecast: Forecast | None = None

    @property
    def percent(self) -> int:
        """How much of the limit is spent or set aside, 100 at most."""
        used = self.spent + self.reserved
        if not self.limit:
            return 100 if self.budget.sharing == Sharing.POOL else 0
        return min(100, int(used * 100 / self.limit))


def standing_budgets(reach: Reach | None = None, subject_id: UUID | None = None) -> QuerySet[Budget]:
    """Budgets that limit something now, newest first; of one kind of subject, or of one."""
    rows = Budget.objects.filter(archived_at=None)
    if reach is not None:
        rows = rows.filter(reach=reach)
    return (rows if subject_id is None else rows.filter(subject_id=subject_id)).order_by("-created_at", "-id")


def standings(budgets: Iterable[Budget], *, with_forecast: bool = True) -> list[Standing]:
    """How they stand, in the order given."""
    wanted, now = list(budgets), timezone.now()
    zone = ZoneInfo(tenant_settings().time_zone)
    counters = BudgetCounter.objects.filter(budget__in=wanted, ends_at__gt=now, starts_at__lte=now)
    found: dict[UUID, list[BudgetCounter]] = {}
    for counter in counters:
        found.setdefault(counter.budget_id, []).append(counter)
    return [
        _standing(budget, found.get(budget.pk, []), now, zone, with_forecast=with_forecast)
        for budget in wanted
    ]


def _standing(
    budget: Budget,
    counters: Sequence[BudgetCounter],
    now: dt.datetime,
    zone: ZoneInfo,
    *,
    with_forecast: bool,
) -> Standing:
    period = period_at(budget.period, now, zone)  # type: ignore[arg-type]  # the column's choices
    starts_at = min((counter.starts_at for counter in counters), default=period.starts_at)
    spent = sum((counter.spent for counter in counters), Decimal(0))
    granted = sum((counter.granted for counter in counters), Decimal(0))
    persons = 1 if budget.sharing == Sharing.POOL else len(counters)
    limit = budget.amount * persons + granted
    coming = None
    if with_forecast and budget.sharing == Sharing.POOL:
        days = _days(budget, now, zone)
        ends_at = counters[0].ends_at if counters else period.ends_at
        coming = forecast(Pace(starts_at, ends_at, now, spent, limit, days), zone)
    return Standing(
        budget,
        starts_at,
        counters[0].ends_at if counters else period.ends_at,
        spent,
        sum((counter.reserved for counter in counters), Decimal(0)),
        limit,
        granted,
        coming,
    )


def _days(budget: Budget, now: dt.datetime, zone: ZoneInfo) -> dict[dt.date, Decimal]:
    """What the days before today came to for the budget's subject, from the days of the ledger."""
    today = now.astimezone(zone).date()
    rows = DailyUsage.objects.filter(day__gte=today - HISTORY, day__lt=today)
    column = _COLUMNS.get(Reach(budget.reach))
    if column is not None:
        rows = rows.filter(**{column: budget.subject_id})
    what: Any = Sum("amount") if budget.unit == Unit.MONEY else Sum(F("tokens_input") + F("tokens_output"))
    return {row["day"]: Decimal(row["used"] or 0) for row in rows.values("day").annotate(used=what)}


def members_now(budget: Budget) -> list[Member]:
    """Who has used most of an allowance in the period of now."""
    now = timezone.now()
    rows = BudgetCounter.objects.filter(budget=budget, ends_at__gt=now, starts_at__lte=now).exclude(
        member_id=POOL
    )
    counters = list(rows.order_by("-spent")[:MOST_MEMBERS])
    names = dict(
        User.objects.filter(pk__in=[counter.member_id for counter in counters]).values_list("pk", "name")
    )
    return [
        Member(
            names.get(counter.member_id, "Somebody who left"), counter.spent, budget.amount + counter.granted
        )
        for counter in counters
    ]


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
    rows = requests_seen(actor, RequestState.OPEN).filter(counter__ends_at__gt=timezone.now())
    if can(actor, MANAGE):
        return rows
    led = led_teams(actor.user_id)
    return rows.filter(counter__budget__reach=Reach.TEAM, counter__budget__subject_id__in=led)


def access_request(actor: Actor, request_id: UUID) -> BudgetRequest:
    """A request that the actor may see; 404 otherwise."""
    found = requests_seen(actor).filter(pk=request_id).first()
    if found is None:
        raise not_found()
    return found
