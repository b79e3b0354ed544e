"""The statements of the hot paths, each for many runs of the tenant in scope at once.

They name the runs by `= ANY` also where a join or `=` would do, and ask for states by CASE: on young tables,
of which PostgreSQL has no statistics, it else reads all runs of the tenant to find the one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from django.utils import timezone

from apps.runs.live import LEASE_S, MOST_ATTEMPTS
from apps.runs.models import Run, RunState
from apps.tenants.models import new_id
from apps.tenants.postgresql.statements import Statement
from apps.tenants.scope import current_tenant_id, execute, execute_last, execute_later

_QUICK: Final = "WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))"
"""Losing such a commit in a crash of PostgreSQL is harmless: the fence tells, and later commits flush it."""

_INSERT: Final = Statement("""
INSERT INTO runs_run (id, tenant_id, kind, state, team_id, user_id, api_key_id, subject_id, input,
                      fence, attempts, worker, log, position, result, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, 0, 0, '', '[]'::jsonb, 0, '{}'::jsonb, %s)
""")

_CLAIM: Final = Statement(f"""{_QUICK}
UPDATE runs_run r SET state = 'running', fence = fence + 1, attempts = attempts + 1, worker = %s,
       lease_until = now() + make_interval(secs => {LEASE_S}), started_at = coalesce(started_at, now())
FROM quick
WHERE r.tenant_id = %s AND r.id = ANY(%s) AND r.attempts < {MOST_ATTEMPTS}
  AND CASE r.state WHEN 'queued' THEN true
                   WHEN 'running' THEN r.lease_until < now() AND r.call_opened_at IS NULL ELSE false END
RETURNING r.id, r.kind, r.team_id, r.user_id, r.api_key_id, r.subject_id, r.input, r.fence, r.attempts,
          r.created_at, r.stop_requested_at
""")  # noqa: S608 - constants of ours alone

_CHECKPOINT: Final = Statement(f"""{_QUICK}
UPDATE runs_run r SET lease_until = now() + make_interval(secs => {LEASE_S}),
       log = coalesce(n.log, r.log), position = coalesce(n.position, r.position)
FROM quick, jsonb_to_recordset(%(rows)s::jsonb) AS n(id uuid, fence int, log jsonb, position bigint)
WHERE r.tenant_id = %(tenant)s AND r.id = ANY(%(ids)s) AND r.id = n.id AND r.fence = n.fence
  AND CASE r.state WHEN 'running' THEN true ELSE false END
RETURNING r.id, r.stop_requested_at IS NOT NULL
""")  # noqa: S608 - constants of ours alone

_END: Final = Statement("""
UPDATE runs_run r SET state = n.state, log = n.log, position = n.position, error = n.error, result = n.result,
       fence = r.fence + n.bump, ended_at = now(), lease_until = NULL
FROM jsonb_to_recordset(%(rows)s::jsonb)
     AS n(id uuid, fence int, bump int, state text, log jsonb, position bigint, error jsonb, result jsonb)
WHERE r.tenant_id = %(tenant)s AND r.id = ANY(%(ids)s) AND r.id = n.id AND r.fence = n.fence
  AND r.state IN ('queued', 'running')
RETURNING r.id
""")

_STEPS: Final = Statement("""
INSERT INTO runs_step (id, tenant_id, run_id, index, kind, label, state, data, ms)
SELECT n.id, %s, n.run_id, n.index, n.kind, n.label, n.state, n.data, n.ms FROM jsonb_to_recordset(%s::jsonb)
       AS n(id uuid, run_id uuid, index int, kind text, label text, state text, data jsonb, ms int)
ON CONFLICT DO NOTHING
""")

_OPENED: Final = Statement("""
UPDATE runs_run SET call_opened_at = coalesce(call_opened_at, now())
WHERE tenant_id = %s AND id = ANY(%s) AND fence = %s
  AND CASE state WHEN 'running' THEN lease_until > now() ELSE false END
""")

_CHANGED: Final = Statement("""
SELECT r.id, r.kind, r.user_id, r.team_id, r.subject_id, r.api_key_id, r.input, r.state, r.fence, r.attempts,
       r.log
FROM runs_run r
JOIN jsonb_to_recordset(%(rows)s::jsonb) AS n(id uuid, fence int, position bigint) ON r.id = n.id
WHERE r.tenant_id = %(tenant)s AND r.id = ANY(%(ids)s)
  AND (r.fence <> n.fence OR r.position > n.position OR r.state NOT IN ('queued', 'running'))
""")

_QUEUED: Final = Statement("""
SELECT id FROM runs_run
WHERE tenant_id = %s AND state = 'queued' AND created_at < now() - make_interval(secs => %s)
ORDER BY created_at LIMIT %s
""")


class EndRow(NamedTuple):
    """What the end of a run writes, if the run is still under `fence`; `bump` is added to the fence."""

    id: UUID
    fence: int
    bump: int
    state: str
    log: bytes
    position: int
    error: dict[str, Any] | None
    result: dict[str, Any]


class SeenRow(NamedTuple):
    """What a reader needs of a run."""

    run: Run
    log: list[list[Any]]


def _json(rows: Iterable[dict[str, Any]]) -> str:
    return orjson.dumps(list(rows), default=str).decode()


def _of(ids: list[UUID], packed: str) -> dict[str, Any]:
    return {"rows": packed, "tenant": current_tenant_id(), "ids": ids}


def insert(run: Run) -> None:
    """Write a new queued run; by the ORM it took 1 ms of CPU, so 0.3."""
    run.created_at = timezone.now()
    values = [
        run.id, run.tenant_id, run.kind, run.state, run.team_id, run.user_id, run.api_key_id, run.subject_id,
        orjson.dumps(run.input).decode(), run.created_at,
    ]  # fmt: skip
    execute_later(_INSERT, values)


def claim(worker: str, ids: Sequence[UUID]) -> dict[UUID, Run]:
    """Take those runs that may be taken, under a new fence and a lease; the others are another's or over."""
    tenant_id = current_tenant_id()
    rows = execute_last((_CLAIM, [worker, tenant_id, list(ids)]))[0].rows
    return {row[0]: _claimed(tenant_id, worker, row) for row in rows}


def _claimed(tenant_id: UUID, worker: str, row: Sequence[Any]) -> Run:
    return Run(
        id=row[0], tenant_id=tenant_id, kind=row[1], team_id=row[2], user_id=row[3], api_key_id=row[4],
        subject_id=row[5], input=loaded(row[6]), fence=row[7], attempts=row[8], created_at=row[9],
        stop_requested_at=row[10], state=RunState.RUNNING, worker=worker,
    )  # fmt: skip


def loaded(value: Any) -> Any:
    """A jsonb value of a raw cursor: Django hands it over as text."""
    return orjson.loads(value) if isinstance(value, str | bytes) else value


def checkpoint(rows: Sequence[dict[str, Any]]) -> dict[UUID, bool]:
    """Renew leases, keep logs of `{id, fence, log?, position?}`; who is still ours, and is to be stopped."""
    ours: list[Any] = execute(_CHECKPOINT, _of([row["id"] for row in rows], _json(rows))).rows
    return dict(ours)


def end(rows: Sequence[EndRow]) -> set[UUID]:
    """Write the ends; returns those that held."""
    packed = _json(row._asdict() | {"log": orjson.Fragment(row.log)} for row in rows)
    return {row[0] for row in execute(_END, _of([row.id for row in rows], packed)).rows}


def keep_steps(steps: Sequence[tuple[UUID, dict[str, Any]]]) -> None:
    """Insert the steps `(run, step as in its event)`."""
    if not steps:
        return
    packed = _json(
        step | {"id": new_id(), "run_id": run_id, "label": step["label"][:200]} for run_id, step in steps
    )
    execute_later(_STEPS, [current_tenant_id(), packed])


def mark_opened(run_id: UUID, fence: int) -> bool:
    """Note that a provider call is opened; False when the run is not ours any more."""
    return execute(_OPENED, [current_tenant_id(), [run_id], fence]).count == 1


def changed(known: Sequence[tuple[str, int, int]]) -> dict[str, SeenRow]:
    """Rows of the runs `(id, fence, position)` that say more than is known."""
    tenant_id = current_tenant_id()
    packed = _json({"id": run, "fence": fence, "position": position} for run, fence, position in known)
    asked = _of([UUID(run) for run, _, _ in known], packed)
    return {str(row[0]): _seen(tenant_id, row) for row in execute(_CHANGED, asked).rows}


def _seen(tenant_id: UUID, row: Sequence[Any]) -> SeenRow:
    run = Run(
        id=row[0], tenant_id=tenant_id, kind=row[1], user_id=row[2], team_id=row[3], subject_id=row[4],
        api_key_id=row[5], input=loaded(row[6]), state=row[7], fence=row[8], attempts=row[9],
    )  # fmt: skip
    return SeenRow(run, loaded(row[10]))


def queued_since(seconds: float, most: int) -> list[UUID]:
    """Runs of the tenant that nobody has taken for that long, oldest first."""
    return [row[0] for row in execute(_QUEUED, [current_tenant_id(), seconds, most]).rows]
