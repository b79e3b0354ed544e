"""Looks at every part of an installation and says of each whether it works and, where not, what to do."""

from apps.llm.doctor.findings import Finding, State, examine
from apps.llm.doctor.parts import PARTS

__all__ = ["PARTS", "Finding", "State", "examine"]
