"""Writes on runs: create, stop, note an opened call. All but the last work in the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.runs import outbox, rows
from apps.runs.endings import Ending, settle
from apps.runs.errors import LostRun, RunNotFoundError
from apps.runs.log import Log, base_of, clean_data
from apps.runs.models import Run, RunState
from apps.runs.reader import expect
from apps.runs.registry import kind_of
from apps.tenants.scope import after_commit, current_tenant_id, tenant_scope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID


def run_create(
    *,
    kind: str,
    team_id: UUID,
    user_id: UUID,
    api_key_id: UUID | None = None,
    input: Mapping[str, Any],  # noqa: A002 - the field's name
    subject_id: UUID | None = None,
) -> Run:
    """A queued run; a worker is told after the commit. Raises RunError for an unknown kind."""
    kind_of(kind)
    run = Run(
        kind=kind,
        team_id=team_id,
        user_id=user_id,
        api_key_id=api_key_id,
        subject_id=subject_id,
        input=clean_data(input),
        tenant_id=current_tenant_id(),
    )
    rows.insert(run)
    after_commit(lambda: _announce(run))
    return run


def _announce(run: Run) -> None:
    expect(run)
    outbox.hint(run.tenant_id, run.id)


def run_stop(*, run_id: UUID) -> Run:
    """Stop a run: a queued one ends here, a running one is told at once. Raises RunNotFoundError.

    A run that is over stays as it is.
    """
    run = Run.objects.select_for_update().filter(id=run_id).first()
    if run is None:
        raise RunNotFoundError
    if run.state == RunState.QUEUED:
        log = Log.load(run.log[0][0] if run.log else base_of(run.attempts), run.log)
        item = settle([Ending(run, log, RunState.STOPPED, None, {})])[0]
        run.state = RunState.STOPPED
        after_commit(lambda: outbox.post(lambda: outbox.tell_end(run.id, run.fence, item)))
    elif run.state == RunState.RUNNING:
        if run.stop_requested_at is None:
            run.stop_requested_at = timezone.now()
            run.save(update_fields=["stop_requested_at"])
        after_commit(lambda: outbox.post(lambda: outbox.tell_stop(run.id)))
    return run


def run_call_opened(run_id: UUID, fence: int) -> None:
    """Note with the reservation that a provider call is opened: the run is then never begun again.

    Raises LostRun when the run is not held under this fence: the call must not be made.
    """
    if not rows.mark_opened(run_id, fence):
        raise LostRun


def run_cancel_soon(run_id: UUID, tenant_id: UUID | None = None) -> None:
    """The run's only client has gone: stop it at once; waits for nothing, from any thread or loop.

    With the tenant, the wish is also kept in the row, for the case that Redis is away.
    """
    outbox.post(lambda: outbox.tell_stop(run_id))
    if tenant_id is not None:
        outbox.post(lambda: _stop_in_row(tenant_id, run_id))


def _stop_in_row(tenant_id: UUID, run_id: UUID) -> None:
    from django.db import connection

    try:
        with tenant_scope(tenant_id):
            run_stop(run_id=run_id)
    finally:
        connection.close()
