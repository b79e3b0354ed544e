"""Reads of runs for pages and the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.runs.errors import RunNotFoundError
from apps.runs.models import Run
from apps.runs.permissions import may_follow
from apps.runs.registry import kind_of

if TYPE_CHECKING:
    from uuid import UUID


def access_run(*, user_id: UUID, run_id: UUID) -> Run:
    """The run, if this person may follow it; raises RunNotFoundError otherwise."""
    run = Run.objects.defer("log", "result").filter(id=run_id).first()
    if run is None or not may_follow(user_id, run):
        raise RunNotFoundError
    return run


def run_output(run: Run) -> dict[str, Any]:
    """The REST output of a run."""
    return {
        "id": run.id,
        "kind": run.kind,
        "state": run.state,
        "position": run.position,
        "error": run.error,
        **kind_of(run.kind).describe(run),
    }
