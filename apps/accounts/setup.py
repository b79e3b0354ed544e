"""What apps above do in the set-up: callables for the tenant in scope, registered when they are ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.accounts.models import Team

SETUP_MODELS: Final[list[Callable[[UUID], object]]] = []
"""Each connects the built-in model; called with the tenant's id."""

SETUP_BUDGETS: Final[list[Callable[[Actor | None, Team, Decimal], object]]] = []
"""Each gives the first team that much a month, in the tenant's currency."""
