"""The set-up checklist of the overview. Apps above add their step when they are ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.accounts.models import Team, User

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to set up: whether it is done is asked inside the tenant's scope."""

    label: str
    help: str
    url: str
    is_done: Callable[[], bool]


def _has_people() -> bool:
    return User.objects.count() > 1


def _has_teams() -> bool:
    return Team.objects.filter(is_everyone=False).exists()


_steps: list[Step] = [
    Step(
        "Invite people",
        "Add the first colleagues by their e-mail address.",
        "/admin/people/invite",
        _has_people,
    ),
    Step("Make teams", "Models, knowledge and budgets are given to teams.", "/admin/teams", _has_teams),
]


def add_step(step: Step) -> None:
    """Put a step before the general ones; called from an app's `ready()`."""
    if step not in _steps:
        _steps.insert(0, step)


def checklist() -> list[tuple[Step, bool]]:
    """Every step with whether it is done."""
    return [(step, step.is_done()) for step in _steps]
