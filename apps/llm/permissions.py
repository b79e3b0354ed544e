"""Who may do what with models: managing is a capability; using one is a grant (selectors.granted)."""

from __future__ import annotations

from typing import Final

MANAGE: Final = "models.manage"
