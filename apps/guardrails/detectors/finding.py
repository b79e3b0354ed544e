"""Finds what a text holds, in one pass for all kinds that are asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from apps.guardrails.detectors.kinds import BUILT_IN, Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[a-z]{2,63}", re.IGNORECASE)


def find(text: str, kinds: AbstractSet[Kind] = BUILT_IN) -> list[Finding]:
    """The findings in order, none over another: of two that overlap the more certain stays, then the longer."""
    return settle(candidates(text, kinds))


def candidates(text: str, kinds: AbstractSet[Kind] = BUILT_IN) -> list[Finding]:
    """All findings in order of their start, also those that lie over one another."""
    if Kind.EMAIL not in kinds:
        return []
    return [
        Finding(Kind.EMAIL, match.start(), match.end(), match.group().casefold())
        for match in _EMAIL.finditer(text)
    ]


def settle(found: Iterable[Finding]) -> list[Finding]:
    """Those of the findings that stay when none may lie over another."""
    return list(found)
