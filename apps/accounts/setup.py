"""What apps above do when the set-up connects the built-in model: a callable for the tenant in scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

SETUP_MODELS: Final[list[Callable[[UUID], object]]] = []
"""Each is called with the tenant's id, in its scope; registered by apps above when they are ready."""
