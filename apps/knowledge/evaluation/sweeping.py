"""Upkeep of evaluation: what waits or lost its worker is hinted or decided again. Maintenance process."""

from __future__ import annotations

from apps.knowledge.evaluation.deciding import sweep_decisions
from apps.knowledge.evaluation.making import sweep_makings
from apps.knowledge.evaluation.measuring import sweep_evaluations


def sweep_evaluation() -> int:
    """One pass over all tenants; how many measurements, makings and changes were looked at."""
    return sweep_evaluations() + sweep_makings() + sweep_decisions()
