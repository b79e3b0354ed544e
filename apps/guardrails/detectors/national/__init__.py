"""National, social-security and tax numbers, a table for each part of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.guardrails.detectors.national.america import AMERICA
from apps.guardrails.detectors.national.asia import ASIA
from apps.guardrails.detectors.national.east import EAST
from apps.guardrails.detectors.national.north import NORTH
from apps.guardrails.detectors.national.west import WEST

if TYPE_CHECKING:
    from typing import Final

NATIONAL: Final = (*WEST, *NORTH, *EAST, *AMERICA, *ASIA)
"""Every rule; of two that fit the same text with equal right, the earlier gives its name."""
