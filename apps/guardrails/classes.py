"""How far a text may go: the data class of what is kept, and what a model may be sent. Pure."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


class DataClass(IntEnum):
    """Ordered: what is higher may go to fewer places."""

    PUBLIC = 1
    INTERNAL = 2
    CONFIDENTIAL = 3
    RESTRICTED = 4

    @property
    def slug(self) -> str:
        """As the API names it."""
        return self.name.lower()

    @property
    def label(self) -> str:
        """As people read it."""
        return self.name.capitalize()

    @classmethod
    def of(cls, slug: str) -> DataClass:
        """By its name; raises KeyError."""
        return cls[slug.upper()]


SLUGS: Final = [(each.slug, each.label) for each in DataClass]
"""Choices of an API or a form."""

STORED: Final = [(each.value, each.label) for each in DataClass]
"""Choices of a column."""


BY_RULE: Final = "By the rule “"
"""How the reason begins where a rule gave a text its class; it is kept with the chat as people read it."""


def is_by_rule(why: str) -> bool:
    """Whether a rule gave the class: then another model that is cleared may take the place of the chosen."""
    return why.startswith(BY_RULE)


def highest(classes: Iterable[int | None]) -> DataClass | None:
    """The highest of those that are given; None of none."""
    given = [each for each in classes if each is not None]
    return DataClass(max(given)) if given else None
