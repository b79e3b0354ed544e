"""What a change of model writes while it is carried out, each in the caller's scope and under its fence."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from apps.audit.services import record
from apps.knowledge import failures
from apps.knowledge.evaluation.gates import switch_ask
from apps.knowledge.models import Document, DocumentState, KnowledgeBase, Reembedding, ReembeddingState
from apps.knowledge.reembedding.claiming import MOST_ATTEMPTS, LostReembeddingError, held, locked
from apps.knowledge.reembedding_models import UNDER_WAY
from apps.knowledge.remeaning import vectors_keep, without_vector
from apps.knowledge.serving import knowledge_base_lock
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.knowledge.remeaning import Missing

_PAUSE: Final = timedelta(seconds=15)
_DELETE_UNSEARCHED: Final = """
WITH stale AS (
  SELECT d.id, d.embedding_model_id FROM knowledge_document d
  WHERE d.tenant_id = %(tenant)s AND d.knowledge_base_id = %(base)s AND d.state = 'ready'
    AND EXISTS (SELECT 1 FROM knowledge_chunkvector v
                WHERE v.tenant_id = d.tenant_id AND v.document_id = d.id
                  AND v.model_id IS DISTINCT FROM d.embedding_model_id AND v.model_id <> ALL(%(coming)s))
  ORDER BY d.id LIMIT 20 FOR UPDATE
)
DELETE FROM knowledge_chunkvector v USING stale
WHERE v.tenant_id = %(tenant)s AND v.document_id = stale.id
  AND v.model_id IS DISTINCT FROM stale.embedding_model_id AND v.model_id <> ALL(%(coming)s)
"""


def batch_keep(
    change: Reembedding, batch: Sequence[Missing], vectors: Sequence[Sequence[float]], *, tokens: int
) -> None:
    """Keep a paid batch at once; raises LostReembeddingError."""
    locked(change)
    vectors_keep(change.model_id, batch, vectors)
    held(change).update(
        chunks_done=F("chunks_done") + len(batch),
        tokens=F("tokens") + tokens,
        attempts=0,
        updated_at=Now(),
    )


def total_update(change: Reembedding) -> None:
    """Count anew how much there is to do: documents came, went and were edited."""
    locked(change)
    left = without_vector(change.model_id).filter(document__knowledge_base_id=change.knowledge_base_id)
    held(change).update(chunks_total=F("chunks_done") + left.count())


def switch(change: Reembedding) -> bool:
    """Search the collection by the new model from this transaction's end on.

    False, and nothing changed, while a passage still has no vector of it. Raises LostReembeddingError.
    """
    base = knowledge_base_lock(change.knowledge_base_id)
    if base is None:
        raise LostReembeddingError
    locked(change)
    ready = Document.objects.filter(knowledge_base_id=base.id, state=DocumentState.READY)
    list(ready.select_for_update().order_by("id").values_list("id", flat=True))
    if without_vector(change.model_id).filter(document__knowledge_base_id=base.id).exists():
        return False
    ready.filter(note__in=failures.OF_MODELS).update(note="")
    ready.update(embedding_model_id=change.model_id)
    KnowledgeBase.objects.filter(id=base.id).update(embedding_model_id=change.model_id)
    held(change).update(
        state=ReembeddingState.DONE,
        lease_until=None,
        chunks_total=F("chunks_done"),
        finished_at=Now(),
        updated_at=Now(),
    )
    _note("reembedding.switched", change, {"model": change.model_name, "knowledge_base": str(base.id)})
    return True


def gate_ask(change: Reembedding) -> bool:
    """Whether the change waits for its measurement before the switch; raises LostReembeddingError."""
    base = knowledge_base_lock(change.knowledge_base_id)
    if base is None:
        raise LostReembeddingError
    locked(change)
    if not switch_ask(base, change):
        return False
    held(change).update(state=ReembeddingState.MEASURING, lease_until=None, attempts=0, updated_at=Now())
    return True


def yield_turn(change: Reembedding) -> None:
    """Let others of the queue go first; raises LostReembeddingError."""
    locked(change)
    held(change).update(state=ReembeddingState.QUEUED, lease_until=None, attempts=0, due_at=Now())


def hold(change: Reembedding, message: str, *, seconds: float) -> None:
    """Wait for a limit that is reached, as no attempt; nothing when it is no longer ours."""
    held(change).update(
        state=ReembeddingState.QUEUED,
        lease_until=None,
        attempts=0,
        due_at=Now() + timedelta(seconds=seconds),
        error=message,
    )


def fail(change: Reembedding, message: str, *, again: bool) -> None:
    """Stop with the reason, or wait and try again where that can help. What was embedded is kept."""
    try:
        locked(change)
    except LostReembeddingError:
        return
    attempts = held(change).values_list("attempts", flat=True).get()
    values: dict[str, Any] = {"lease_until": None, "error": message[:500], "updated_at": Now()}
    if again and attempts < MOST_ATTEMPTS:
        pause = _PAUSE * max(attempts, 1)
        held(change).update(state=ReembeddingState.QUEUED, due_at=Now() + pause, **values)
    else:
        held(change).update(state=ReembeddingState.FAILED, **values)
        _note("reembedding.failed", change, {"model": change.model_name, "error": message[:500]})


def clean_some(change: Reembedding) -> bool:
    """Delete the vectors of some documents that no search reads; False once none is left."""
    base = knowledge_base_lock(change.knowledge_base_id)
    if base is None:
        return False
    coming = Reembedding.objects.filter(knowledge_base_id=base.id, state__in=UNDER_WAY)
    values: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "base": base.id,
        "coming": list(coming.values_list("model_id", flat=True)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_UNSEARCHED, values)
        is_more = bool(cursor.rowcount)
    if not is_more:
        Reembedding.objects.filter(id=change.id).update(is_clean=True)
    return is_more


def _note(action: str, change: Reembedding, after: dict[str, str]) -> None:
    record(actor=None, action=action, target_type="reembedding", target_id=change.id, after=after)
