"""The set-up checklist and cards of the overview. Apps above add theirs when they are ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.accounts.models import Team, User
from apps.accounts.permissions import can

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.accounts.actors import Actor


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


@dataclass(frozen=True, slots=True)
class Card:
    """A part of the overview for who has the capability: a template, and what it knows as `card`."""

    template: str
    capability: str
    context: Callable[[], dict[str, Any]]


_cards: list[Card] = []


def add_card(card: Card) -> None:
    """Show a card under the checklist; called from an app's `ready()`."""
    if card not in _cards:
        _cards.append(card)


def cards(actor: Actor) -> list[tuple[str, dict[str, Any]]]:
    """The template of each card that this person may see, with what it needs."""
    return [(card.template, card.context()) for card in _cards if can(actor, card.capability)]
