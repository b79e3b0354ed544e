"""Keeps the days equal to the ledger, at the price of what is new in it.

Each tenant's mark stands at its oldest open call, or two minutes ago (no transaction that writes a call lasts
as long): what began before it is closed, and a closed call never changes. So every minute the calls between
the old mark and the new one are added to their days, for good, and those behind it are counted anew. A late
settlement holds the mark back; a correction begins now. When a day is over, and whenever a call turns up
behind the mark, the days from there on are made anew, whole; another currency, time zone or first exchange
rate makes all of them anew.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from django.db import connections

from apps.metering.rollups.amounts import AMOUNT, JOIN_RATES, RATES
from apps.metering.rollups.models import BEGINNING
from apps.rest.days import day_begin
from apps.tenants.models import new_id
from apps.tenants.platform import PLATFORM, for_each_tenant, platform_scope

if TYPE_CHECKING:
    from uuid import UUID

EVERY_S: Final = 60.0
SETTLED_AFTER: Final = timedelta(minutes=2)
MOST_DAYS: Final = timedelta(days=31)
"""Of a transaction: a long past is made anew month by month."""

_BEGIN: Final = """
INSERT INTO metering_rollupmark (id, tenant_id, counted_to, made_at, currency, time_zone)
SELECT %(id)s, s.tenant_id, %(beginning)s, now(), s.currency, s.time_zone
FROM accounts_tenantsettings s WHERE s.tenant_id = %(tenant)s
ON CONFLICT (tenant_id) DO NOTHING
"""
_READ: Final = """
SELECT m.counted_to, m.currency = s.currency AND m.time_zone = s.time_zone, s.currency, s.time_zone,
       (SELECT min(created_at) FROM metering_usagerecord WHERE tenant_id = %(tenant)s),
       (SELECT max(created_at) FROM metering_usagerecord WHERE tenant_id = %(tenant)s),
       (SELECT min(created_at) FROM metering_usagerecord WHERE tenant_id = %(tenant)s AND state = 'reserved'),
       clock_timestamp()
FROM metering_rollupmark m JOIN accounts_tenantsettings s ON s.tenant_id = m.tenant_id
WHERE m.tenant_id = %(tenant)s
"""
_LOCK: Final = "SELECT counted_to FROM metering_rollupmark WHERE tenant_id = %(tenant)s FOR UPDATE"
_CLEAR: Final = """
DELETE FROM metering_dailyusage WHERE tenant_id = %(tenant)s
 AND (%(all)s OR day >= (%(since)s::timestamptz AT TIME ZONE %(zone)s)::date) AND day < %(until_day)s
"""
_CLEAR_OPEN: Final = "DELETE FROM metering_dailyusage WHERE tenant_id = %(tenant)s AND is_open"
_ADD: Final = f"""
WITH {RATES}
INSERT INTO metering_dailyusage AS d (
    id, tenant_id, day, is_open, team_id, team_name, user_id, user_name, api_key_id, model_id, model_slug,
    currency, calls, failed, unpriced, tokens_input, tokens_cached, tokens_output, tokens_reasoning, units,
    cost, amount)
SELECT gen_random_uuid(), %(tenant)s, u.day, %(is_open)s, u.team_id, max(u.team_name), u.user_id,
       max(u.user_name), u.api_key_id, u.model_id, max(u.model_slug), u.currency,
       count(*) FILTER (WHERE u.is_call), count(*) FILTER (WHERE u.error_kind <> ''),
       count(*) FILTER (WHERE u.is_call AND u.amount IS NULL),
       sum(u.tokens_input), sum(u.tokens_cached), sum(u.tokens_output), sum(u.tokens_reasoning), sum(u.units),
       coalesce(sum(u.cost), 0), coalesce(sum(u.amount), 0)
FROM (SELECT (u.created_at AT TIME ZONE %(zone)s)::date AS day, {AMOUNT} AS amount,
             u.state = 'settled' AND u.corrects_id IS NULL AS is_call, u.team_id, u.team_name, u.user_id,
             u.user_name, u.api_key_id, u.model_id, u.model_slug, u.currency, u.error_kind, u.tokens_input,
             u.tokens_cached, u.tokens_output, u.tokens_reasoning,
             CASE u.state WHEN 'settled' THEN u.units ELSE 0 END AS units, u.cost
      FROM metering_usagerecord u {JOIN_RATES}
      WHERE u.tenant_id = %(tenant)s AND u.state <> 'reserved'
        AND u.created_at >= %(since)s AND u.created_at < %(until)s) AS u
GROUP BY u.day, u.team_id, u.user_id, u.api_key_id, u.model_id, u.currency
ON CONFLICT (tenant_id, day, is_open, team_id, user_id, api_key_id, model_id, currency) DO UPDATE
SET team_name = excluded.team_name, user_name = excluded.user_name, model_slug = excluded.model_slug,
    calls = d.calls + excluded.calls, failed = d.failed + excluded.failed,
    unpriced = d.unpriced + excluded.unpriced, tokens_input = d.tokens_input + excluded.tokens_input,
    tokens_cached = d.tokens_cached + excluded.tokens_cached,
    tokens_output = d.tokens_output + excluded.tokens_output,
    tokens_reasoning = d.tokens_reasoning + excluded.tokens_reasoning, units = d.units + excluded.units,
    cost = d.cost + excluded.cost, amount = d.amount + excluded.amount
"""  # noqa: S608 - constants of ours alone
_MOVE: Final = """
UPDATE metering_rollupmark SET counted_to = %(counted_to)s, made_at = %(now)s, currency = %(currency)s,
       time_zone = %(zone)s
WHERE tenant_id = %(tenant)s
"""


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be counted of a tenant: the calls from `since` on, which `is_anew` makes a day's beginning.

    `mark` is where the mark was found, `counted_to` where it will stand.
    """

    tenant_id: UUID
    mark: datetime
    since: datetime
    is_anew: bool
    is_all: bool
    currency: str
    zone: str
    now: datetime
    counted_to: datetime

    def values(self, **more: Any) -> dict[str, Any]:
        """As the statements name them."""
        return {
            "tenant": self.tenant_id, "since": self.since, "all": self.is_all, "currency": self.currency,
            "zone": self.zone, "now": self.now, "counted_to": self.counted_to,
        } | more  # fmt: skip


def roll_up() -> int:
    """Bring every tenant's days up to the ledger; returns how many tenants had something to count."""
    return for_each_tenant(roll_up_tenant)


def roll_up_tenant(tenant_id: UUID) -> bool:
    """Bring one tenant's days up to its ledger; whether there was something to count."""
    work, has_calls = _work(tenant_id)
    if work is None:
        return False
    if not has_calls:
        _execute(work, (_CLEAR_OPEN, {}), *([(_CLEAR, _days(None))] if work.is_all else ()), (_MOVE, {}))
        return False
    while work.is_anew and (part := _midnight(work.since, work.zone, MOST_DAYS)) <= work.counted_to:
        _execute(work, (_CLEAR, _days(part, work.zone)), (_ADD, {"is_open": False, "until": part}))
        work = replace(work, since=part, is_all=False)
    _execute(
        work,
        (_CLEAR_OPEN, {}),
        *([(_CLEAR, _days(None))] if work.is_anew else ()),
        (_ADD, {"is_open": False, "until": work.counted_to}),
        (_ADD, {"is_open": True, "since": work.counted_to, "until": "infinity"}),
        (_MOVE, {}),
    )
    return True


def _work(tenant_id: UUID) -> tuple[_Work | None, bool]:
    """What has to be counted, and whether anything has; None for a tenant that has no settings yet."""
    values: dict[str, Any] = {"tenant": tenant_id, "id": new_id(), "beginning": BEGINNING}
    with platform_scope(), closing(connections[PLATFORM].cursor()) as cursor:
        cursor.execute(_BEGIN, values)
        cursor.execute(_READ, values)
        row = cursor.fetchone()
    if row is None:
        return None, False
    mark, is_same, currency, zone, first, last, oldest_open, now = row
    is_all = mark == BEGINNING or not is_same
    counted_to = min(now - SETTLED_AFTER, oldest_open or now)
    since = min(mark, counted_to)
    is_anew = is_all or counted_to < mark or _day(mark, zone) != _day(counted_to, zone)
    if is_anew:
        since = _midnight(first if is_all and first else since, zone)
    work = _Work(tenant_id, mark, since, is_anew, is_all, currency, zone, now, counted_to)
    return work, last is not None and (is_anew or last >= mark)


def _execute(work: _Work, *statements: tuple[str, dict[str, Any]]) -> None:
    """In one transaction, unless another process has moved the mark meanwhile."""
    with platform_scope(), closing(connections[PLATFORM].cursor()) as cursor:
        cursor.execute(_LOCK, work.values())
        if cursor.fetchone() != (work.mark,):
            return
        for statement, more in statements:
            cursor.execute(statement, work.values(**more))


def _days(until: datetime | None, zone: str = "UTC") -> dict[str, Any]:
    """The day before which days are cleared; None: all that follow."""
    return {"until_day": "infinity" if until is None else _day(until, zone)}


def _day(moment: datetime, zone: str) -> Any:
    return moment.astimezone(ZoneInfo(zone)).date()


def _midnight(moment: datetime, zone: str, later: timedelta = timedelta()) -> datetime:
    """The beginning of the moment's day in the zone, or of the day so much later."""
    return day_begin(_day(moment, zone) + later, ZoneInfo(zone))
