"""Telling a worker that an approved answer's wordings want vectors; what is lost the sweep says again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import F, Q

from apps.knowledge.care.answer_models import AnswerState, VerifiedQuestion
from apps.runs import outbox
from apps.tenants.platform import platform_scope
from apps.tenants.scope import after_commit, current_tenant_id

if TYPE_CHECKING:
    from uuid import UUID

MOST_A_SWEEP: Final = 100


def hint_answer(tenant_id: UUID, answer_id: UUID) -> None:
    """An answer waits; sent at once, on the outbox's thread."""
    from apps.knowledge.care.tasks import embed_answer

    outbox.post(lambda: embed_answer.apply_async((str(tenant_id), str(answer_id))))


def hint_answer_after_commit(answer_id: UUID) -> None:
    """An answer will wait once the caller's transaction is committed."""
    tenant_id = current_tenant_id()
    after_commit(lambda: hint_answer(tenant_id, answer_id))


def sweep_answers() -> int:
    """Hint answers whose wordings have no vector of their collection's model; platform role. How many."""
    with platform_scope():
        wanting = VerifiedQuestion.across.filter(
            Q(model_id=None) | ~Q(model_id=F("answer__knowledge_base__embedding_model_id")),
            answer__state=AnswerState.APPROVED,
            answer__knowledge_base__embedding_model_id__isnull=False,
        )
        found = list(wanting.values_list("tenant_id", "answer_id").distinct()[:MOST_A_SWEEP])
    for tenant_id, answer_id in found:
        hint_answer(tenant_id, answer_id)
    return len(found)
