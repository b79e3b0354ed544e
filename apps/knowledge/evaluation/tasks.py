"""The hint that golden questions wait; apart from `apps.knowledge.tasks`, as sets go through the services."""

from __future__ import annotations

from uuid import UUID

from apps.knowledge.evaluation.making import make_questions
from apps.tenants.tasks import tenant_task


@tenant_task(name="make_golden_questions", queue="replies")
def make_golden_questions(tenant_id: str, making_id: str) -> None:
    """Have questions proposed, or a set read in; what another worker has is left alone."""
    make_questions(UUID(tenant_id), UUID(making_id))
