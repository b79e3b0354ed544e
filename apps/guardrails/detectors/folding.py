"""Case-folding that knows where each character came from."""

from __future__ import annotations

import re
from functools import cache

from apps.guardrails.detectors.positions import Positions


@cache
def _growing() -> re.Pattern[str]:
    """Characters that become several when folded, such as ß."""
    return re.compile(
        "[" + "".join(chr(each) for each in range(0x80, 0x10000) if len(chr(each).casefold()) > 1) + "]"
    )


def folded(text: str) -> tuple[str, Positions | None]:
    """The text case-folded; None when all positions are as before."""
    low = text.casefold()
    if len(low) == len(text):
        return low, None
    positions = Positions()
    grown = 0
    for match in _growing().finditer(text):
        size = len(match.group().casefold())
        positions.replaced(match.start() + grown, 1, size)
        grown += size - 1
    return low, positions
