"""What becomes of a change that waits at a gate once both of its measurements have ended."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from apps.accounts.actors import Actor
from apps.accounts.selectors import active_people
from apps.audit.services import record
from apps.knowledge.evaluation.models import EvaluationState, GatedChange, GatedState
from apps.knowledge.models import Reembedding, ReembeddingState
from apps.knowledge.permissions import may_change
from apps.knowledge.reembedding.hinting import hint_after_commit
from apps.knowledge.tuning import Tuned, tuning_set
from apps.rest.errors import ProblemError
from apps.tenants.platform import platform_scope
from apps.tenants.scope import current_tenant_id, tenant_scope

_COMPARED: Final = {"ndcg@10": "nDCG@10", "recall@10": "Recall@10"}
_ENDED: Final = (EvaluationState.DONE, EvaluationState.FAILED)
_ROUNDING: Final = 1e-9
_SAFE: Final = "Nothing was changed: the collection is searched as before."
_NOT_MEASURED: Final = f"It could not be measured. {_SAFE} {{error}}"
_NO_DOCUMENTS: Final = f"No question with a right document was measured. {_SAFE}"
_NOT_ALLOWED: Final = f"Who asked for it may not change this collection any more. {_SAFE}"


def decide(tenant_id: UUID, run_id: UUID) -> None:
    """Make or hold back the change that the run was for, once both its runs ended; outside any scope."""
    with tenant_scope(tenant_id):
        change = _waiting_for(run_id)
        if change is None or not {change.before.state, change.after.state} <= set(_ENDED):
            return
        change.why, change.is_over = _held_by(change)
        if not change.why and not _is_trial(change):
            change.why = _made(change)
        if change.state == GatedState.MEASURING:
            _hold(change)


def make(actor: Actor, change: GatedChange, state: GatedState) -> None:
    """Make the change for `actor`; in a scope, with the change's row locked. Raises as tuning_set does."""
    if change.reembedding_id is not None:
        Reembedding.objects.filter(id=change.reembedding_id, state=ReembeddingState.MEASURING).update(
            state=ReembeddingState.QUEUED, is_through=True, due_at=Now(), updated_at=Now()
        )
        hint_after_commit(current_tenant_id(), change.reembedding_id)
    else:
        reranker = change.tuned["reranker_id"]
        tuned = Tuned(**change.tuned | {"reranker_id": UUID(reranker) if reranker else None})
        tuning_set(actor=actor, knowledge_base=change.knowledge_base, tuned=tuned)
    change.state, change.decided_by_id, change.decided_at = state, actor.user_id, timezone.now()
    change.save()


def sweep_decisions() -> int:
    """Decide what a lost process left undecided; how many changes were looked at. As the platform's role."""
    with platform_scope():
        waiting = GatedChange.across.filter(
            state=GatedState.MEASURING, before__state__in=_ENDED, after__state__in=_ENDED
        )
        rows = list(waiting.values_list("tenant_id", "after_id")[:100])
    for tenant_id, run_id in rows:
        decide(tenant_id, run_id)
    return len(rows)


def _waiting_for(run_id: UUID) -> GatedChange | None:
    rows = GatedChange.objects.select_for_update(of=("self",)).select_related(
        "knowledge_base", "before", "after", "reembedding"
    )
    of_run = Q(before_id=run_id) | Q(after_id=run_id)
    return rows.filter(of_run, state=GatedState.MEASURING).first()


def _held_by(change: GatedChange) -> tuple[str, bool]:
    """What speaks against the change, and whether that is the gate."""
    broken = next((run for run in (change.before, change.after) if run.state == EvaluationState.FAILED), None)
    if broken is not None:
        return _NOT_MEASURED.format(error=broken.error)[:500], True
    before, after = change.before.figures, change.after.figures
    if not all(name in figures for name in _COMPARED for figures in (before, after)):
        return _NO_DOCUMENTS, True
    fallen = [
        f"{shown} would fall from {before[name]:.3f} to {after[name]:.3f}"
        for name, shown in _COMPARED.items()
        if change.most_fall is not None and before[name] - after[name] > change.most_fall + _ROUNDING
    ]
    if not fallen:
        return "", False
    return f"{' and '.join(fallen)}; the gate allows a fall of {change.most_fall:g}. {_SAFE}", True


def _is_trial(change: GatedChange) -> bool:
    return change.reembedding is not None and change.reembedding.is_trial


def _made(change: GatedChange) -> str:
    """Make the change in the name of who asked for it; else what speaks against it."""
    starter = active_people().filter(id__in=[change.started_by_id]).first()
    if starter is None or not may_change(Actor(starter), change.knowledge_base):
        return _NOT_ALLOWED
    try:
        make(Actor(starter), change, GatedState.PASSED)
    except ProblemError as problem:
        said = "; ".join(error["message"] for error in problem.errors or []) or problem.title
        return f"{said} {_SAFE}"
    return ""


def _hold(change: GatedChange) -> None:
    change.state = GatedState.HELD
    change.save()
    record(
        actor=None,
        action="gate.held",
        target_type="knowledge_base",
        target_id=change.knowledge_base_id,
        after={"why": change.why, "before": change.before.figures, "after": change.after.figures},
    )
