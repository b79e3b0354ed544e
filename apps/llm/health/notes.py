"""What is written of a connection's health: after errors, trials and probes, never after a good call.

The row in Postgres is the breaker: every call reads it in the statement that loads its model, so that
processes agree without a word between them. A failing call locks the row before it counts, so that of many
that fail at once the last sees them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from apps.llm.health.notices import came_back, went_down
from apps.llm.health.rules import FAULTS, LEASE_S, MIN_PROBE_FAILURES, WINDOW_S, next_pause, opens
from apps.llm.vendors.base import ErrorKind
from apps.metering.statistics import recent_outcomes
from apps.tenants.models import new_id
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from apps.llm.health.rules import Standing

CLOSED: Final = "closed"
HALF_OPEN: Final = "half_open"
COUNTED: Final = tuple(sorted(kind.value for kind in FAULTS))

_CLAIM: Final = Statement("""
UPDATE llm_connectionhealth
SET state = 'half_open', retry_at = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE tenant_id = %(tenant)s AND connection_id = %(connection)s
  AND state <> 'closed' AND retry_at <= clock_timestamp()
""")
_FAILED: Final = Statement("""
INSERT INTO llm_connectionhealth AS h (id, tenant_id, connection_id, state, pause_s, error_kind, failed_at,
                                       probe_error, probe_failures)
VALUES (%(id)s, %(tenant)s, %(connection)s, 'closed', 0, %(kind)s, clock_timestamp(), '', 0)
ON CONFLICT (tenant_id, connection_id)
DO UPDATE SET failed_at = excluded.failed_at, error_kind = excluded.error_kind
RETURNING state, since, pause_s, probe_failures, told_at IS NOT NULL,
          EXTRACT(EPOCH FROM clock_timestamp() - since)::float8
""")
_PROBED: Final = Statement("""
INSERT INTO llm_connectionhealth AS h (id, tenant_id, connection_id, state, pause_s, error_kind,
                                       probed_at, probe_ms, probe_error, probe_failures)
VALUES (%(id)s, %(tenant)s, %(connection)s, 'closed', 0, %(kind)s, clock_timestamp(), %(ms)s, %(kind)s,
        %(failed)s::integer)
ON CONFLICT (tenant_id, connection_id)
DO UPDATE SET
    probed_at = excluded.probed_at, probe_ms = excluded.probe_ms, probe_error = excluded.probe_error,
    error_kind = CASE WHEN excluded.probe_failures > 0 THEN excluded.error_kind ELSE h.error_kind END,
    probe_failures = CASE WHEN excluded.probe_failures > 0 THEN h.probe_failures + 1 ELSE 0 END
RETURNING state, since, pause_s, probe_failures, told_at IS NOT NULL,
          EXTRACT(EPOCH FROM clock_timestamp() - since)::float8
""")
_OPEN: Final = Statement("""
UPDATE llm_connectionhealth
SET state = 'open', pause_s = %(pause)s, retry_at = clock_timestamp() + make_interval(secs => %(pause)s),
    since = CASE WHEN state = 'closed' THEN clock_timestamp() ELSE since END,
    told_at = coalesce(told_at, clock_timestamp())
WHERE tenant_id = %(tenant)s AND connection_id = %(connection)s
""")
_CLOSE: Final = Statement("""
UPDATE llm_connectionhealth h
SET state = 'closed', since = clock_timestamp(), retry_at = NULL, error_kind = '', failed_at = NULL,
    told_at = NULL, probe_failures = 0
FROM (SELECT id, since FROM llm_connectionhealth
      WHERE tenant_id = %(tenant)s AND connection_id = %(connection)s AND state <> 'closed' FOR UPDATE) was
WHERE h.tenant_id = %(tenant)s AND h.id = was.id
RETURNING EXTRACT(EPOCH FROM clock_timestamp() - was.since)::float8
""")
_GIVE_BACK: Final = Statement("""
UPDATE llm_connectionhealth SET state = 'open', retry_at = clock_timestamp()
WHERE tenant_id = %(tenant)s AND connection_id = %(connection)s AND state = 'half_open'
""")


class _Row(NamedTuple):
    state: str
    since: datetime | None
    pause_s: int
    probe_failures: int
    is_told: bool
    age_s: float | None


def trial_claim(standing: Standing) -> bool:
    """Whether this call may try a connection that is down: one at a time, once its pause is over."""
    if standing.due_s is None or standing.due_s < 0:
        return False
    return bool(execute(_CLAIM, _of(standing.connection_id, lease=float(LEASE_S))).count)


def failure_note(connection_id: UUID, kind: ErrorKind, *, is_trial: bool) -> None:
    """A call to the connection failed: opens its breaker by the rule, or again after a trial.

    Must run after the call's ledger row was closed and committed. Kinds that are not the connection's fault
    only keep other calls away for a while, where there is another deployment.
    """
    row = _Row._make(execute(_FAILED, _of(connection_id, id=new_id(), kind=kind.value)).rows[0])
    if kind not in FAULTS:
        return
    has_failed_again = row.state == HALF_OPEN and is_trial
    if has_failed_again or (row.state == CLOSED and _has_failed_enough(connection_id, row.since)):
        _open(connection_id, kind, row)


def success_note(connection_id: UUID) -> None:
    """A trial was answered: the breaker closes, and administrators hear of it."""
    closed = execute(_CLOSE, _of(connection_id)).row
    if closed is not None:
        came_back(connection_id, down_s=closed[0])


def trial_give_back(connection_id: UUID) -> None:
    """A trial ended before it told anything: the next call may try at once."""
    execute(_GIVE_BACK, _of(connection_id))


def probe_note(connection_id: UUID, kind: ErrorKind | None, ms: int) -> None:
    """A probe or test ended after `ms`, with an error of `kind` or None.

    Twice in a row a fault opens the breaker; an answer of any other kind closes it.
    """
    has_failed = kind in FAULTS
    values = _of(connection_id, id=new_id(), kind=kind.value if kind else "", ms=ms, failed=int(has_failed))
    row = _Row._make(execute(_PROBED, values).rows[0])
    if kind is None or not has_failed:
        if row.state != CLOSED:
            success_note(connection_id)
    elif row.state == HALF_OPEN or (row.state == CLOSED and row.probe_failures >= MIN_PROBE_FAILURES):
        _open(connection_id, kind, row)


def _has_failed_enough(connection_id: UUID, since: datetime | None) -> bool:
    calls, failures = recent_outcomes(
        connection_id=connection_id, kinds=COUNTED, window_s=WINDOW_S, since=since
    )
    return opens(calls=calls, failures=failures)


def _open(connection_id: UUID, kind: ErrorKind, row: _Row) -> None:
    pause = next_pause(row.pause_s, closed_for_s=row.age_s if row.state == CLOSED else None)
    execute(_OPEN, _of(connection_id, pause=float(pause)))
    if not row.is_told:
        went_down(connection_id, kind)


def _of(connection_id: UUID, **values: Any) -> dict[str, Any]:
    return {"tenant": current_tenant_id(), "connection": connection_id, **values}
