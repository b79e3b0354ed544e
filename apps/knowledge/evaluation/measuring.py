"""A collection's evaluation in the background: every golden question through the search that answers use."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from apps.audit.services import record
from apps.knowledge.candidates import Reach
from apps.knowledge.evaluation import claiming
from apps.knowledge.evaluation.answering import UnfitQuestionError
from apps.knowledge.evaluation.asking import Asker, Golden, SilentModelError
from apps.knowledge.evaluation.claiming import UNFINISHED
from apps.knowledge.evaluation.deciding import decide
from apps.knowledge.evaluation.measures import means, percentile
from apps.knowledge.evaluation.models import (
    EvaluationResult,
    EvaluationRun,
    EvaluationState,
    GoldenQuestion,
)
from apps.knowledge.evaluation.settings import Setting, Wanted, setting_for
from apps.knowledge.hinting import hint_evaluation, hint_evaluation_after_commit
from apps.knowledge.serving import caller_of
from apps.llm.errors import RefusedError
from apps.llm.gateway import GuardrailRefusedError, ModelNotFoundError, VendorError
from apps.llm.loop import run_on_loop
from apps.metering.tallying import tally
from apps.rest.errors import ProblemError, invalid
from apps.tenants.scope import current_tenant_id, tenant_scope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor
    from apps.knowledge.models import KnowledgeBase

logger = logging.getLogger(__name__)
_KEPT: Final = "What was measured before is kept. Measure again."
FAULT: Final = f"Something on our side went wrong. {_KEPT}"
LOST: Final = f"The measurement was begun three times and its process was lost each time. {_KEPT}"
SILENT: Final = f"A model that this measurement needs did not answer: {{error}} {_KEPT}"
BARRED: Final = f"A model that this measurement needs is off, or a team here may not use it any more. {_KEPT}"
TOO_LONG: Final = f"A question with its passages does not fit the model that answers. {_KEPT}"
_MEANS: Final = {
    "ndcg@10": "ndcg",
    "recall@10": "recall",
    "mrr@10": "mrr",
    "passages": "passages",
    "citations": "supported",
    "judged": "judged",
}
"""Figures that are means, by the field that they are of."""
_TIMES: Final = {"search": "search_ms", "answer": "answer_ms"}


def evaluation_start(*, actor: Actor, base: KnowledgeBase, wanted: Wanted | None = None) -> EvaluationRun:
    """Have the collection measured as it is set now, or as `wanted`.

    Raises ProblemError 400 where no question can be measured or a model may not be asked, 409 while it is
    being measured.
    """
    if EvaluationRun.objects.filter(knowledge_base=base, state__in=UNFINISHED).exists():
        raise ProblemError(
            409, "is_running", "This collection is being measured", "Wait for its end. Nothing was begun."
        )
    run = run_begin(base=base, user_id=actor.user_id, wanted=wanted or Wanted())
    record(actor=actor, action="evaluation.started", target_type="knowledge_base", target_id=base.id)
    return run


def run_begin(*, base: KnowledgeBase, user_id: UUID, wanted: Wanted) -> EvaluationRun:
    """A run that waits for a worker, in the person's name; raises ProblemError 400."""
    total = measured(base.id).count()
    if not total:
        message = "Add a question with the document or the answer that is right first."
        raise invalid([{"field": "questions", "message": message}])
    run: EvaluationRun = EvaluationRun.objects.create(
        knowledge_base=base, user_id=user_id, total=total, setting=setting_for(base, wanted)
    )
    hint_evaluation_after_commit(current_tenant_id(), run.id)
    return run


def measured(base_id: UUID) -> QuerySet[GoldenQuestion]:
    """The collection's questions that are measured: approved, and with a right document or answer."""
    known = Q(sources__isnull=False) | ~Q(answer="")
    return GoldenQuestion.objects.filter(known, knowledge_base_id=base_id, is_proposed=False).distinct()


def measure(tenant_id: UUID, run_id: UUID) -> None:
    """Take the run if it waits or was lost, measure what is missing, and end it; outside any scope."""
    with tenant_scope(tenant_id):
        run = claiming.claim(EvaluationRun, run_id)
        if run is None:
            return
        asker = _asker(run)
        waiting = list(_waiting(run))
    try:
        for golden in waiting:
            if not _keep(run, golden, run_on_loop(asker.result(golden))):
                return
    except Exception as error:  # noqa: BLE001 - each has its sentence; the unknown one is logged
        _end(run, EvaluationState.FAILED, error=_told(error))
    else:
        _end(run, EvaluationState.DONE)


def sweep_evaluations() -> int:
    """Hint runs that wait, or whose worker was lost, again; end those that were begun too often."""
    return claiming.sweep(EvaluationRun, hint_evaluation, LOST)


def _told(error: Exception) -> str:
    """What people read of it."""
    if isinstance(error, (SilentModelError, VendorError, GuardrailRefusedError, RefusedError)):
        return SILENT.format(error=error)
    if isinstance(error, ModelNotFoundError):
        return BARRED
    if isinstance(error, UnfitQuestionError):
        return TOO_LONG
    logger.error("An evaluation broke off.", exc_info=error)
    return FAULT


def _asker(run: EvaluationRun) -> Asker:
    setting = Setting.of(run.setting)
    reach = Reach(run.user_id, (run.knowledge_base_id,), None, instead=setting.embedding_id)
    return Asker(caller_of(run.knowledge_base, run.user_id), reach, setting, run.step)


def _waiting(run: EvaluationRun) -> Iterator[Golden]:
    done = set(run.results.values_list("question_id", flat=True))
    questions = measured(run.knowledge_base_id).prefetch_related("sources__document__knowledge_base")
    return (Golden.of(question) for question in questions.order_by("id") if question.id not in done)


def _keep(run: EvaluationRun, golden: Golden, values: dict[str, Any]) -> bool:
    """Keep what a question found; False when the run is no longer ours."""
    with tenant_scope(run.tenant_id):
        if not claiming.lease(run):
            return False
        EvaluationResult.objects.create(run=run, question_id=golden.id, text=golden.text, **values)
    return True


def _end(run: EvaluationRun, state: EvaluationState, *, error: str = "") -> None:
    with tenant_scope(run.tenant_id):
        spent = tally(run.step, since=run.created_at)
        is_ours = claiming.end(
            run,
            state,
            error=error[:500],
            figures=_figures(run),
            costs={currency: f"{cost.normalize():f}" for currency, cost in spent.costs.items()},
            calls=spent.calls,
            unpriced=spent.unpriced,
        )
    if is_ours:
        decide(run.tenant_id, run.id)


def _figures(run: EvaluationRun) -> dict[str, float]:
    """The means, and the times of which half and 95 % of the questions took no longer; those there are."""
    rows = list(run.results.values(*_MEANS.values(), *_TIMES.values()))
    found = means(rows, _MEANS)
    for name, field in _TIMES.items():
        times = [row[field] for row in rows if row[field] is not None]
        if times:
            found |= {f"{name}_p50": percentile(times, 0.5), f"{name}_p95": percentile(times, 0.95)}
    return found
