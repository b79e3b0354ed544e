"""Where sealed values live, so that rotation finds them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SealedField:
    """A model's column of sealed bytes; `field` is the name that the values are bound to."""

    model: str
    column: str
    field: str


_fields: Final[list[SealedField]] = []


def register(*, model: str, column: str, field: str) -> None:
    """Declare a sealed column, as "app.Model"; called from the owning app's `ready()`."""
    sealed = SealedField(model, column, field)
    if sealed not in _fields:
        _fields.append(sealed)


def sealed_fields() -> tuple[SealedField, ...]:
    """Every declared column."""
    return tuple(_fields)
