"""The schedule: hints for sources that are due, and for those whose worker was lost.

Runs as the platform role across tenants (maintenance process); safe beside workers, which hold fences.
"""

from __future__ import annotations

from typing import Final

from apps.knowledge.connectors.claiming import claimable
from apps.knowledge.connectors.hinting import hint
from apps.knowledge.connectors.models import Source
from apps.tenants.platform import platform_scope

MOST_A_SWEEP: Final = 100


def sweep_sources() -> int:
    """One pass over all tenants: at most 100 sources, the longest due first; how many were hinted."""
    with platform_scope():
        due = Source.across.filter(claimable()).order_by("due_at")
        found = list(due.values_list("tenant_id", "id")[:MOST_A_SWEEP])
    for tenant_id, source_id in found:
        hint(tenant_id, source_id)
    return len(found)
