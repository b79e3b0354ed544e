"""A collection's evaluation in the background: every golden question through the search that answers use."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import F, Q
from django.db.models.functions import Now

from apps.audit.services import record
from apps.knowledge.candidates import Reach
from apps.knowledge.evaluation.measures import CUT, Quality, mean, quality_of
from apps.knowledge.hinting import hint_evaluation, hint_evaluation_after_commit
from apps.knowledge.models import EvaluationResult, EvaluationRun, EvaluationState, GoldenQuestion
from apps.knowledge.seeking import seek
from apps.knowledge.serving import caller_of, serving_model
from apps.knowledge.tuning import tuning_of
from apps.llm.loop import run_on_loop
from apps.rest.errors import ProblemError, invalid
from apps.tenants.platform import platform_scope
from apps.tenants.scope import current_tenant_id, tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.knowledge.models import KnowledgeBase
    from apps.knowledge.reranking import Reranked
    from apps.llm.gateway import Caller

logger = logging.getLogger(__name__)
LEASE: Final = timedelta(seconds=120)
MOST_ATTEMPTS: Final = 3
_UNFINISHED: Final = (EvaluationState.QUEUED, EvaluationState.RUNNING)


def evaluation_start(*, actor: Actor, base: KnowledgeBase) -> EvaluationRun:
    """Have the collection measured as it is set now.

    Raises ProblemError 400 where no question has a document, 409 while it is being measured.
    """
    total = _measured(base.id).count()
    if not total:
        message = "Add a question with the document that answers it first."
        raise invalid([{"field": "questions", "message": message}])
    if EvaluationRun.objects.filter(knowledge_base=base, state__in=_UNFINISHED).exists():
        raise ProblemError(
            409, "is_running", "This collection is being measured", "Wait for its end. Nothing was begun."
        )
    model = serving_model(base)
    run: EvaluationRun = EvaluationRun.objects.create(
        knowledge_base=base,
        user_id=actor.user_id,
        total=total,
        setting={"embedding": model.slug if model else None} | _plain(tuning_of(base).output()),
    )
    record(actor=actor, action="evaluation.started", target_type="knowledge_base", target_id=base.id)
    hint_evaluation_after_commit(current_tenant_id(), run.id)
    return run


def measure(tenant_id: UUID, run_id: UUID) -> None:
    """Take the run if it waits or was lost, measure what is missing, and end it; outside any scope."""
    with tenant_scope(tenant_id):
        run = _claim(run_id)
        if run is None:
            return
        who = caller_of(run.knowledge_base, run.user_id)
        done = set(run.results.values_list("question_id", flat=True))
        waiting = [
            (question.id, question.text, {str(source.document_id): 1.0 for source in question.sources.all()})
            for question in _measured(run.knowledge_base_id).prefetch_related("sources").order_by("id")
            if question.id not in done
        ]
    reach = Reach(run.user_id, (run.knowledge_base_id,), None)
    try:
        for id_, text, gains in waiting:
            if not _measure(run, who, reach, (id_, text, gains)):
                return
    except Exception:
        logger.exception("An evaluation broke off.")
        _end(run, EvaluationState.FAILED)
        return
    _end(run, EvaluationState.DONE)


def sweep_evaluations() -> int:
    """Hint runs that wait, or whose worker was lost, again; end those that were begun too often."""
    with platform_scope():
        waiting = EvaluationRun.across.filter(_claimable())
        over = waiting.filter(attempts__gte=MOST_ATTEMPTS)
        over.update(state=EvaluationState.FAILED, finished_at=Now(), fence=F("fence") + 1)
        rows = list(waiting.values_list("tenant_id", "id")[:100])
    for tenant_id, run_id in rows:
        hint_evaluation(tenant_id, run_id)
    return len(rows)


def _measured(base_id: UUID) -> Any:
    """The questions that have a right document."""
    return GoldenQuestion.objects.filter(knowledge_base_id=base_id, sources__isnull=False).distinct()


def _claimable() -> Q:
    lost = Q(state=EvaluationState.RUNNING, lease_until__lt=Now())
    return Q(state=EvaluationState.QUEUED) | lost


def _claim(run_id: UUID) -> EvaluationRun | None:
    taken = EvaluationRun.objects.filter(_claimable(), id=run_id, attempts__lt=MOST_ATTEMPTS).update(
        state=EvaluationState.RUNNING,
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        lease_until=Now() + LEASE,
    )
    return EvaluationRun.objects.select_related("knowledge_base").get(id=run_id) if taken else None


def _measure(
    run: EvaluationRun, who: Caller, reach: Reach, asked: tuple[UUID, str, dict[str, float]]
) -> bool:
    """Search and keep what was found; False when the run is no longer ours."""
    id_, text, gains = asked
    found = _documents(run_on_loop(seek(who, reach, text)))
    quality = quality_of(found, gains)
    with tenant_scope(run.tenant_id):
        if not _ours(run).update(lease_until=Now() + LEASE):
            return False
        EvaluationResult.objects.create(
            run=run, question_id=id_, text=text, expected=sorted(gains), found=found,
            ndcg=quality.ndcg, recall=quality.recall, mrr=quality.mrr,
        )  # fmt: skip
    return True


def _end(run: EvaluationRun, state: EvaluationState) -> None:
    with tenant_scope(run.tenant_id):
        rows = list(run.results.values_list("ndcg", "recall", "mrr"))
        figures = mean(Quality(*row) for row in rows).named() if rows else {}
        _ours(run).update(state=state, figures=figures, finished_at=Now(), lease_until=None)


def _ours(run: EvaluationRun) -> Any:
    return EvaluationRun.objects.filter(id=run.id, fence=run.fence, state=EvaluationState.RUNNING)


def _documents(sought: Reranked) -> list[str]:
    """The ids of the first ten documents, in the last order."""
    return list(dict.fromkeys(str(hit.document_id) for hit, _ in sought.found.read))[:CUT]


def _plain(tuned: dict[str, Any]) -> dict[str, Any]:
    reranker = tuned.get("reranker_id")
    return tuned | {"reranker_id": str(reranker) if reranker else None}
