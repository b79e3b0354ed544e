"""Keeps the days equal to the ledger: those that may have changed are made anew from it.

A day may change as long as a call that began in it is open. So each tenant's mark stands at its oldest open
call, or two minutes ago (no transaction that writes a call lasts as long), and every round makes the days
from there on anew. A late settlement, a correction, another currency or time zone need nothing of their own.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import connections

from apps.metering.rollups.amounts import AMOUNT, JOIN_RATES, RATES
from apps.tenants.models import new_id
from apps.tenants.platform import PLATFORM, platform_scope, tenant_ids

if TYPE_CHECKING:
    from uuid import UUID

EVERY_S: Final = 60.0
SETTLED_AFTER: Final = timedelta(minutes=2)
MOST_DAYS: Final = timedelta(days=31)
"""Of a transaction: a long past is made anew month by month."""
BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The mark of a tenant of which nothing is counted yet."""

_BEGIN: Final = """
INSERT INTO metering_rollupmark (id, tenant_id, counted_to, made_at, currency, time_zone)
SELECT %(id)s, s.tenant_id, %(beginning)s, now(), s.currency, s.time_zone
FROM accounts_tenantsettings s WHERE s.tenant_id = %(tenant)s
ON CONFLICT (tenant_id) DO NOTHING
"""
_READ: Final = """
SELECT CASE WHEN m.currency = s.currency AND m.time_zone = s.time_zone THEN m.counted_to
            ELSE %(beginning)s END, s.currency, s.time_zone,
       (SELECT min(created_at) FROM metering_usagerecord WHERE tenant_id = %(tenant)s),
       (SELECT max(created_at) FROM metering_usagerecord WHERE tenant_id = %(tenant)s),
       (SELECT min(created_at) FROM metering_usagerecord WHERE tenant_id = %(tenant)s AND state = 'reserved'),
       clock_timestamp()
FROM metering_rollupmark m JOIN accounts_tenantsettings s ON s.tenant_id = m.tenant_id
WHERE m.tenant_id = %(tenant)s
"""
_LOCK: Final = "SELECT 1 FROM metering_rollupmark WHERE tenant_id = %(tenant)s FOR UPDATE"
_CLEAR: Final = """
DELETE FROM metering_dailyusage WHERE tenant_id = %(tenant)s
 AND (%(all)s OR day >= (%(since)s::timestamptz AT TIME ZONE %(zone)s)::date) AND day < %(until)s
"""
_FILL: Final = f"""
WITH {RATES}
INSERT INTO metering_dailyusage (
    id, tenant_id, day, team_id, team_name, user_id, user_name, api_key_id, model_id, model_slug, currency,
    calls, failed, unpriced, tokens_input, tokens_cached, tokens_output, tokens_reasoning, units,
    cost, amount)
SELECT gen_random_uuid(), %(tenant)s, u.day, u.team_id, max(u.team_name), u.user_id, max(u.user_name),
       u.api_key_id, u.model_id, max(u.model_slug), u.currency,
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
        AND u.created_at >= date_trunc('day', %(since)s::timestamptz, %(zone)s)
        AND u.created_at < %(until)s::date::timestamp AT TIME ZONE %(zone)s) AS u
GROUP BY u.day, u.team_id, u.user_id, u.api_key_id, u.model_id, u.currency
"""  # noqa: S608 - constants of ours alone
_MOVE: Final = """
UPDATE metering_rollupmark SET counted_to = %(counted_to)s, made_at = %(now)s, currency = %(currency)s,
       time_zone = %(zone)s
WHERE tenant_id = %(tenant)s
"""


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be made anew of a tenant; from `since` on, None: there is nothing."""

    tenant_id: UUID
    since: datetime | None
    is_all: bool
    currency: str
    zone: str
    now: datetime
    counted_to: datetime

    @property
    def until(self) -> datetime | None:
        """The midnight at which the first part ends, after the day of `since` in every time zone."""
        return None if self.since is None else _midnight_after(min(self.now, self.since + MOST_DAYS))

    def values(self) -> dict[str, Any]:
        """As the statements name them."""
        until = self.until
        return {
            "tenant": self.tenant_id, "since": self.since, "until": until and until.date(),
            "all": self.is_all, "currency": self.currency, "zone": self.zone, "now": self.now,
            "counted_to": self.counted_to,
        }  # fmt: skip


def roll_up() -> int:
    """Bring every tenant's days up to the ledger; returns how many tenants had something to count."""
    return sum(roll_up_tenant(tenant_id) for tenant_id in tenant_ids())


def roll_up_tenant(tenant_id: UUID) -> bool:
    """Bring one tenant's days up to its ledger, month by month; whether there was something to count."""
    work = _work(tenant_id)
    if work is None:
        return False
    counted = work.since is not None
    while work.until is not None and work.until <= work.now:
        _execute(work, _LOCK, _CLEAR, _FILL)
        work = replace(work, since=work.until, is_all=False)
    _execute(work, _LOCK, *((_CLEAR, _FILL) if counted else ()), _MOVE)
    return counted


def _work(tenant_id: UUID) -> _Work | None:
    """What has to be looked at again; None for a tenant that has no settings yet."""
    values: dict[str, Any] = {"tenant": tenant_id, "id": new_id(), "beginning": BEGINNING}
    with platform_scope(), closing(connections[PLATFORM].cursor()) as cursor:
        cursor.execute(_BEGIN, values)
        cursor.execute(_READ, values)
        row = cursor.fetchone()
    if row is None:
        return None
    mark, currency, zone, first, last, oldest_open, now = row
    is_all = mark == BEGINNING
    since = None if last is None or last < mark else max(mark, first)
    counted_to = min(now - SETTLED_AFTER, oldest_open or now)
    return _Work(tenant_id, since, is_all, currency, zone, now, counted_to)


def _execute(work: _Work, *statements: str) -> None:
    with platform_scope(), closing(connections[PLATFORM].cursor()) as cursor:
        for statement in statements:
            cursor.execute(statement, work.values())


def _midnight_after(moment: datetime) -> datetime:
    return (moment + timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
