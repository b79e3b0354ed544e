"""Telling a worker that golden questions wait to be made. A lost hint is sent again by the sweeper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.runs import outbox
from apps.tenants.scope import after_commit

if TYPE_CHECKING:
    from uuid import UUID


def hint_making(tenant_id: UUID, making_id: UUID) -> None:
    """They wait; sent at once, on the outbox's thread."""
    from apps.knowledge.evaluation.tasks import make_golden_questions

    outbox.post(lambda: make_golden_questions.apply_async((str(tenant_id), str(making_id))))


def hint_making_after_commit(tenant_id: UUID, making_id: UUID) -> None:
    """They will wait once the caller's transaction is committed."""
    after_commit(lambda: hint_making(tenant_id, making_id))
