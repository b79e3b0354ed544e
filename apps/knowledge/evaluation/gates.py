"""A collection's gate: a change of how it is searched is measured before it is made, and may be held back.

Each in the caller's transaction, audited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from apps.accounts.permissions import can, require
from apps.audit.services import record
from apps.knowledge.evaluation.deciding import make
from apps.knowledge.evaluation.measuring import measured, run_begin
from apps.knowledge.evaluation.models import Gate, GatedChange, GatedState
from apps.knowledge.evaluation.settings import Setting, Wanted
from apps.knowledge.permissions import MANAGE, access_knowledge_base
from apps.knowledge.reembedding.services import reembedding_cancel
from apps.knowledge.serving import knowledge_base_lock
from apps.knowledge.tuning import tuning_check, tuning_of, tuning_set
from apps.rest.errors import ProblemError, forbidden, invalid, not_found

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor
    from apps.knowledge.models import KnowledgeBase, Reembedding
    from apps.knowledge.tuning import Tuned

OPEN: Final = (GatedState.MEASURING, GatedState.HELD)
USUAL_FALL: Final = 0.02


def gate_of(base: KnowledgeBase) -> Gate | None:
    """The collection's gate."""
    return Gate.objects.filter(knowledge_base=base).first()


def gate_set(*, actor: Actor, base: KnowledgeBase, most_fall: float | None) -> None:
    """Hold back what makes nDCG@10 or recall@10 fall by more than this (0 to 1); None for no gate.

    Raises ProblemError: 400 for another number or where no question has a right document, 403 for loosening
    or removing it without managing knowledge.
    """
    before = gate_of(base)
    if most_fall is not None and not 0 <= most_fall <= 1:
        raise invalid([{"field": "most_fall", "message": "From 0 to 1, such as 0.02."}])
    if before is not None and (most_fall is None or most_fall > before.most_fall) and not can(actor, MANAGE):
        raise forbidden()
    if most_fall is None:
        Gate.objects.filter(knowledge_base=base).delete()
    elif not _compared(base.id):
        message = "Add questions with the documents that answer them first: they are what the gate measures."
        raise invalid([{"field": "most_fall", "message": message}])
    else:
        Gate.objects.update_or_create(knowledge_base=base, defaults={"most_fall": most_fall})
    record(
        actor=actor,
        action="gate.set",
        target_type="knowledge_base",
        target_id=base.id,
        before={"most_fall": before.most_fall if before else None},
        after={"most_fall": most_fall},
    )


def tuning_ask(*, actor: Actor, base: KnowledgeBase, tuned: Tuned) -> GatedChange | None:
    """Search the collection so from the next question on (None), or once its gate has let it through.

    Raises ProblemError: 400 by field, 409 while another change is measured or held back.
    """
    gate = gate_of(base)
    if gate is None or tuned == tuning_of(base) or not _compared(base.id):
        tuning_set(actor=actor, knowledge_base=base, tuned=tuned)
        return None
    tuning_check(base, tuned)
    wanted = Wanted(tuned=tuned)
    change = _begin(base, actor.user_id, wanted, most_fall=gate.most_fall, tuned=tuned.stored())
    _note(actor, "gate.measuring", change)
    return change


def switch_ask(base: KnowledgeBase, change: Reembedding) -> bool:
    """Whether the collection's change of model, whose vectors are all there, waits for its measurement."""
    gate = gate_of(base)
    if change.is_through or not (gate or change.is_trial) or not _compared(base.id):
        return False
    if change.started_by_id is None:
        return False
    wanted = Wanted(embedding_id=change.model_id)
    most_fall = gate.most_fall if gate else None
    _begin(base, change.started_by_id, wanted, most_fall=most_fall, reembedding=change)
    return True


def open_change(base: KnowledgeBase) -> GatedChange | None:
    """The change that is being measured or held back."""
    return _rows().filter(knowledge_base=base, state__in=OPEN).first()


def access_change(actor: Actor, change_id: UUID) -> GatedChange:
    """A change of a collection that the actor may change; 404 or 403."""
    change = _rows().filter(id=change_id).first()
    if change is None:
        raise not_found()
    access_knowledge_base(actor, change.knowledge_base_id, change=True)
    return change


def change_accept(*, actor: Actor, change: GatedChange) -> GatedChange:
    """Make a change that is held back; one that the gate refused only as somebody who manages knowledge.

    Raises ProblemError 403, 409 where it is not held back.
    """
    change = _locked(change, (GatedState.HELD,))
    if change.is_over:
        require(actor, MANAGE)
    state = GatedState.OVERRIDDEN if change.is_over else GatedState.PASSED
    make(actor, change, state)
    _note(actor, "gate.overridden" if change.is_over else "gate.accepted", change)
    return change


def change_withdraw(*, actor: Actor, change: GatedChange) -> GatedChange:
    """Give it up: the collection is searched as before. 409 where it is over."""
    change = _locked(change, OPEN)
    change.state, change.decided_by_id = GatedState.WITHDRAWN, actor.user_id
    change.decided_at = timezone.now()
    change.save()
    if change.reembedding is not None:
        reembedding_cancel(actor=actor, change=change.reembedding)
    _note(actor, "gate.withdrawn", change)
    return change


def change_again(*, actor: Actor, change: GatedChange) -> GatedChange:
    """Measure a change that is held back once more, with the questions as they are now. 409, 400."""
    change = _locked(change, (GatedState.HELD,))
    wanted = _wanted_again(change)
    base, user_id = change.knowledge_base, change.after.user_id
    change.before = run_begin(base=base, user_id=user_id, wanted=Wanted())
    change.after = run_begin(base=base, user_id=user_id, wanted=wanted)
    change.state, change.why, change.is_over = GatedState.MEASURING, "", False
    change.save()
    _note(actor, "gate.measuring", change)
    return change


def _rows() -> QuerySet[GatedChange]:
    return GatedChange.objects.select_related("knowledge_base", "before", "after", "reembedding")


def _wanted_again(change: GatedChange) -> Wanted:
    if change.reembedding is not None:
        return Wanted(embedding_id=change.reembedding.model_id)
    return Wanted(tuned=Setting.of(change.after.setting).tuned)


def _begin(
    base: KnowledgeBase, user_id: UUID, wanted: Wanted, *, most_fall: float | None, **of: Any
) -> GatedChange:
    knowledge_base_lock(base.id)
    if GatedChange.objects.filter(knowledge_base=base, state__in=OPEN).exists():
        detail = "Wait for its measurement, or decide about it first. Nothing was changed."
        raise ProblemError(409, "is_gated", "Another change waits at this collection's gate", detail)
    change: GatedChange = GatedChange.objects.create(
        knowledge_base=base,
        before=run_begin(base=base, user_id=user_id, wanted=Wanted()),
        after=run_begin(base=base, user_id=user_id, wanted=wanted),
        most_fall=most_fall,
        started_by_id=user_id,
        **of,
    )
    return change


def _compared(base_id: UUID) -> bool:
    """Whether any question has a right document: rankings are what a gate compares."""
    return measured(base_id).filter(sources__isnull=False).exists()


def _locked(change: GatedChange, states: tuple[GatedState, ...]) -> GatedChange:
    found = _rows().select_for_update(of=("self",)).filter(id=change.id).first()
    if found is None:
        raise not_found()
    if found.state not in states:
        title = f"The change is {found.get_state_display().lower()}"
        raise ProblemError(409, "wrong_state", title, "This can not be done now. Nothing was changed.")
    return found


def _note(actor: Actor, action: str, change: GatedChange) -> None:
    figures = {"before": change.before.figures, "after": change.after.figures}
    what = {"tuned": change.tuned} if change.tuned else {"model": str(change.after.setting["embedding"])}
    record(
        actor=actor,
        action=action,
        target_type="knowledge_base",
        target_id=change.knowledge_base_id,
        after=what | figures,
    )
