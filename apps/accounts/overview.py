"""The set-up checklist and cards of the overview. Apps above add theirs when they are ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.accounts.permissions import can

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.accounts.actors import Actor
    from apps.accounts.models import TenantSettings


@dataclass(frozen=True, slots=True)
class Figures:
    """How many may sign in, how many of them came this week, and how many teams there are."""

    people: int
    seen: int
    teams: int


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to set up: whether it is done is asked inside the tenant's scope."""

    label: str
    help: str
    url: str
    is_done: Callable[[Figures], bool]


_steps: list[Step] = [
    Step(
        "Invite people",
        "Add the first colleagues by their e-mail address.",
        "/admin/people/invite",
        lambda figures: figures.people > 1,
    ),
    Step(
        "Make teams",
        "Models, knowledge and budgets are given to teams.",
        "/admin/teams",
        lambda figures: figures.teams > 1,
    ),
]


def add_step(step: Step) -> None:
    """Put a step before the general ones; called from an app's `ready()`."""
    if step not in _steps:
        _steps.insert(0, step)


def checklist(figures: Figures) -> list[tuple[Step, bool]]:
    """Every step with whether it is done."""
    return [(step, step.is_done(figures)) for step in _steps]


@dataclass(frozen=True, slots=True)
class Card:
    """A part of the overview for who has the capability: a template, and what it knows as `card`."""

    template: str
    capability: str
    context: Callable[[TenantSettings], dict[str, Any]]


_cards: list[Card] = []


def add_card(card: Card) -> None:
    """Show a card under the checklist; called from an app's `ready()`."""
    if card not in _cards:
        _cards.append(card)


def cards(actor: Actor, organisation: TenantSettings) -> list[tuple[str, dict[str, Any]]]:
    """The template of each card that this person may see, with what it needs."""
    return [(card.template, card.context(organisation)) for card in _cards if can(actor, card.capability)]
