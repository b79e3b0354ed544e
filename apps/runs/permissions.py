"""Who may follow and stop a run: what its kind says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.runs.errors import RunError
from apps.runs.registry import kind_of

if TYPE_CHECKING:
    from uuid import UUID

    from apps.runs.models import Run


def may_follow(user_id: UUID, run: Run) -> bool:
    """Whether this person may see the run's events; unknown kinds are nobody's."""
    try:
        return kind_of(run.kind).may_follow(user_id, run)
    except RunError:
        return False
