"""Making the statements of a month: once, for all teams together, when every call of the month is closed.

Runs as the platform role, since the application may only read what is frozen. Nothing can come to a month
afterwards: calls and corrections begin now, what has not ended yet is waited for, and so is, for two minutes,
what began before midnight and is being written. Where the time zone was changed, a month begins where the
statements before it ended: no call stands in two of them or in none.
"""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.db import connections
from django.db.models import Max
from django.utils import timezone

from apps.accounts.models import Team, TenantSettings
from apps.audit.models import AuditEvent
from apps.metering.known_models import model_names
from apps.metering.models import CostCentre, Statement, StatementLine, UsageRecord
from apps.metering.prices import COST_STEP
from apps.metering.rollups.amounts import AMOUNT, JOIN_RATES, RATES
from apps.metering.rollups.upkeep import SETTLED_AFTER
from apps.rest.days import day_begin
from apps.tenants.models import new_id
from apps.tenants.platform import PLATFORM, for_each_tenant, platform_scope
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

EVERY_S: Final = 600.0
PERCENT: Final = Decimal(100)
BATCH: Final = 1000
LARGEST_SHIFT: Final = dt.timedelta(days=2)
"""More than two time zones lie apart."""

_LINES: Final = f"""
WITH {RATES},
markups AS (
    SELECT team_id, model_id, percent, valid_from,
           lead(valid_from, 1, 'infinity')
               OVER (PARTITION BY team_id, model_id ORDER BY valid_from) AS until
    FROM metering_markup WHERE tenant_id = %(tenant)s
),
calls AS (
    SELECT u.*, {AMOUNT} AS amount, u.corrects_id IS NOT NULL AS is_correction,
           coalesce(both_.percent, team.percent, model.percent, base.percent, 0) AS percent
    FROM metering_usagerecord u {JOIN_RATES}
    LEFT JOIN markups both_ ON both_.team_id = u.team_id AND both_.model_id = u.model_id
         AND u.created_at >= both_.valid_from AND u.created_at < both_.until
    LEFT JOIN markups team ON team.team_id = u.team_id AND team.model_id IS NULL
         AND u.created_at >= team.valid_from AND u.created_at < team.until
    LEFT JOIN markups model ON model.team_id IS NULL AND model.model_id = u.model_id
         AND u.created_at >= model.valid_from AND u.created_at < model.until
    LEFT JOIN markups base ON base.team_id IS NULL AND base.model_id IS NULL
         AND u.created_at >= base.valid_from AND u.created_at < base.until
    WHERE u.tenant_id = %(tenant)s AND u.state = 'settled'
      AND u.created_at >= %(starts_at)s AND u.created_at < %(ends_at)s
)
SELECT team_id, max(team_name), model_id, max(model_slug), is_correction, percent,
       count(*) FILTER (WHERE NOT is_correction),
       count(*) FILTER (WHERE amount IS NULL AND NOT is_correction),
       sum(tokens_input), sum(tokens_output), sum(units), coalesce(sum(amount), 0)
FROM calls GROUP BY team_id, model_id, is_correction, percent
ORDER BY max(team_name), team_id, max(model_slug), is_correction, percent
"""  # noqa: S608 - constants of ours alone
_PEOPLE: Final = """
SELECT team_id, count(DISTINCT user_id) FROM metering_usagerecord
WHERE tenant_id = %(tenant)s AND state = 'settled' AND corrects_id IS NULL
  AND created_at >= %(starts_at)s AND created_at < %(ends_at)s
GROUP BY team_id
"""


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the tenant's time zone: its first day, and the moments at which it begins and ends."""

    first: dt.date
    starts_at: dt.datetime
    ends_at: dt.datetime

    @classmethod
    def of(cls, first: dt.date, time_zone: str) -> Month:
        """The month that begins with that day."""
        zone = ZoneInfo(time_zone)
        return cls(first, day_begin(first, zone), day_begin(following(first), zone))

    def behind(self, frozen_until: dt.datetime | None) -> Month:
        """From where the statements before it end, where another time zone moved its midnight."""
        if frozen_until is None or abs(frozen_until - self.starts_at) > LARGEST_SHIFT:
            return self
        return replace(self, starts_at=frozen_until)


def following(first: dt.date) -> dt.date:
    """The first day of the month after."""
    return (first + dt.timedelta(days=31)).replace(day=1)


def statements_create(tenant_id: UUID, month: dt.date) -> int | None:
    """Freeze the statements of the month that begins with that day; how many were made.

    None where it is too early: the month has not ended, or a call of it is still open. Does nothing where
    they, or those of a later month, are made already. A month without calls has no statement.
    """
    with tenant_scope(tenant_id):
        names = model_names()
    with platform_scope():
        settings = TenantSettings.across.select_for_update(no_key=True).get(tenant_id=tenant_id)
        span = Month.of(month, settings.time_zone)
        if span.ends_at + SETTLED_AFTER > timezone.now() or _has_open_calls(tenant_id, span):
            return None
        if Statement.across.filter(tenant_id=tenant_id, month__gte=month).exists():
            return 0
        span = span.behind(_frozen_until(tenant_id))
        made = _made(settings, span, names)
        if made:
            AuditEvent.across.create(
                tenant_id=tenant_id,
                action="statements.created",
                target_type="statement",
                detail={"month": f"{month:%Y-%m}", "statements": made},
            )
        return made


def statements_due() -> int:
    """Freeze every month of every tenant that is over and has none yet; how many statements were made."""
    return for_each_tenant(_catch_up)


def _catch_up(tenant_id: UUID) -> int:
    made = 0
    for month in _months_without(tenant_id):
        found = statements_create(tenant_id, month)
        if found is None:
            break
        made += found
    return made


def _months_without(tenant_id: UUID) -> list[dt.date]:
    """The months since the last statement, or since the first call, that are over; oldest first."""
    with platform_scope():
        settings = TenantSettings.across.filter(tenant_id=tenant_id).first()
        if settings is None:
            return []
        zone = ZoneInfo(settings.time_zone)
        last = Statement.across.filter(tenant_id=tenant_id).aggregate(last=Max("month"))["last"]
        calls = UsageRecord.across.filter(tenant_id=tenant_id)
        since = calls.filter(created_at__gte=_frozen_until(tenant_id)) if last else calls
        first = since.order_by("created_at").values_list("created_at", flat=True).first()
    if first is None:
        return []
    month, this = first.astimezone(zone).date().replace(day=1), timezone.now().astimezone(zone).date()
    month = max(month, following(last)) if last else month
    found = []
    while following(month) <= this:
        found.append(month)
        month = following(month)
    return found


def _frozen_until(tenant_id: UUID) -> dt.datetime | None:
    """The moment before which every call stands in a statement; None: there is none."""
    found: dt.datetime | None = Statement.across.filter(tenant_id=tenant_id).aggregate(at=Max("ends_at"))[
        "at"
    ]
    return found


def _has_open_calls(tenant_id: UUID, span: Month) -> bool:
    return UsageRecord.across.filter(
        tenant_id=tenant_id, state="reserved", created_at__lt=span.ends_at
    ).exists()


def _made(settings: TenantSettings, span: Month, names: Mapping[UUID, str]) -> int:
    values = {
        "tenant": settings.tenant_id,
        "currency": settings.currency,
        "starts_at": span.starts_at,
        "ends_at": span.ends_at,
    }
    with closing(connections[PLATFORM].cursor()) as cursor:
        cursor.execute(_LINES, values)
        lines = cursor.fetchall()
        cursor.execute(_PEOPLE, values)
        people = dict(cursor.fetchall())
    rows = list(_statements(settings, span, lines, people))
    Statement.across.bulk_create([statement for statement, _ in rows], BATCH)
    kept = [line for _, found in rows for line in found]
    for line in kept:
        line.model_name = names.get(line.model_id, "")
    StatementLine.across.bulk_create(kept, BATCH)
    return len(rows)


def _statements(
    settings: TenantSettings, span: Month, lines: Iterable[tuple[Any, ...]], people: dict[UUID | None, int]
) -> Iterable[tuple[Statement, list[StatementLine]]]:
    """A statement with its lines for each team, numbered on from the last."""
    tenant_id = settings.tenant_id
    by_team: dict[UUID | None, list[tuple[Any, ...]]] = {}
    names: dict[UUID | None, str] = {}
    for row in lines:
        by_team.setdefault(row[0], []).append(row)
        names[row[0]] = row[1]
    names |= dict(Team.across.filter(tenant_id=tenant_id).values_list("id", "name"))
    codes = dict(CostCentre.across.filter(tenant_id=tenant_id).values_list("team_id", "code"))
    last = Statement.across.filter(tenant_id=tenant_id).aggregate(last=Max("number"))["last"] or 0
    ranked = sorted(by_team, key=lambda team_id: (names[team_id].casefold(), str(team_id)))
    for number, team_id in enumerate(ranked, last + 1):
        statement = Statement(
            tenant_id=tenant_id,
            number=number,
            month=span.first,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            team_id=team_id,
            team_name=names[team_id],
            cost_centre=codes.get(team_id, "") if team_id else "",
            organisation=settings.name,
            currency=settings.currency,
            people=people.get(team_id, 0),
        )
        own = [_line(statement, row) for row in by_team[team_id]]
        for field in ("calls", "unpriced", "tokens_input", "tokens_output", "amount", "charge"):
            setattr(statement, field, sum(getattr(line, field) for line in own))
        yield statement, own


def _line(statement: Statement, row: tuple[Any, ...]) -> StatementLine:
    amount, percent = row[11], row[5]
    charge = (amount * (PERCENT + percent) / PERCENT).quantize(COST_STEP, rounding=ROUND_HALF_UP)
    return StatementLine(
        id=new_id(),
        tenant_id=statement.tenant_id,
        statement_id=statement.pk,
        model_id=row[2],
        model_slug=row[3],
        is_correction=row[4],
        percent=percent,
        calls=row[6],
        unpriced=row[7],
        tokens_input=row[8],
        tokens_output=row[9],
        units=row[10],
        amount=amount,
        charge=charge,
    )
