"""Choosing the embedding model of a collection, and holding its change back or giving it up.

Each in the caller's transaction, audited, with a hint after commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import F
from django.db.models.functions import Now

from apps.audit.services import record
from apps.knowledge.evaluation.models import GatedChange, GatedState
from apps.knowledge.models import EmbeddingDefault, KnowledgeBase, Reembedding, ReembeddingState
from apps.knowledge.reembedding.estimating import size_of
from apps.knowledge.reembedding.hinting import hint_after_commit
from apps.knowledge.reembedding_models import UNDER_WAY
from apps.knowledge.serving import knowledge_base_lock, offered_models
from apps.llm.selectors import models_for_every_team
from apps.llm.vendors.base import Modality
from apps.rest.errors import ProblemError, invalid, not_found
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.llm.models import Model

_NOT_OFFERED: Final = "Choose an embedding model that every team of this collection may use."
_NOT_GRANTED: Final = "Choose an embedding model that Everyone may use."


def reembedding_start(
    *, actor: Actor, knowledge_base: KnowledgeBase, model_id: UUID, is_trial: bool = False
) -> Reembedding:
    """Change the collection to another model, in the background; the present one serves until it is done.

    A trial is measured before the switch, and waits for somebody to decide.

    Raises ProblemError: 400 for a model that is not offered, 409 where it has this one or changes already.
    """
    base = knowledge_base_lock(knowledge_base.id)
    if base is None:
        raise not_found()
    model = _chosen(offered_models(base), model_id, _NOT_OFFERED)
    if Reembedding.objects.filter(knowledge_base=base, state__in=UNDER_WAY).exists():
        raise _refused("A change is under way", "Wait until it is done, or cancel it first.")
    if base.embedding_model_id == model.id:
        raise _refused("The collection has this model", "Choose another one to change it.")
    change: Reembedding = Reembedding.objects.create(
        knowledge_base=base,
        model_id=model.id,
        model_name=model.name,
        started_by_id=actor.user_id,
        chunks_total=size_of(base).chunks,
        is_trial=is_trial,
        due_at=Now(),
    )
    change.refresh_from_db(fields=["due_at"])
    _note(actor, "reembedding.started", change, model=model.slug)
    hint_after_commit(current_tenant_id(), change.id)
    return change


def reembedding_pause(*, actor: Actor, change: Reembedding) -> Reembedding:
    """Hold it back; what was embedded is kept. 409 where it is not going on."""
    going = (ReembeddingState.QUEUED, ReembeddingState.RUNNING)
    return _moved(actor, change, going, ReembeddingState.PAUSED, "reembedding.paused")


def reembedding_resume(*, actor: Actor, change: Reembedding) -> Reembedding:
    """Let it go on from what was embedded, after a pause or a failure; 409 where it is going on."""
    held = (ReembeddingState.PAUSED, ReembeddingState.FAILED)
    moved = _moved(actor, change, held, ReembeddingState.QUEUED, "reembedding.resumed")
    hint_after_commit(current_tenant_id(), moved.id)
    return moved


def reembedding_cancel(*, actor: Actor, change: Reembedding) -> Reembedding:
    """Give it up: the collection keeps its model, the new vectors are deleted. 409 where it is over."""
    moved = _moved(actor, change, UNDER_WAY, ReembeddingState.CANCELLED, "reembedding.cancelled")
    GatedChange.objects.filter(reembedding=moved, state__in=(GatedState.MEASURING, GatedState.HELD)).update(
        state=GatedState.WITHDRAWN, decided_by_id=actor.user_id, decided_at=Now()
    )
    hint_after_commit(current_tenant_id(), moved.id)
    return moved


def embedding_default_set(*, actor: Actor, model_id: UUID | None) -> None:
    """The model that new collections begin with; None for the built-in one. Raises ProblemError 400."""
    before = EmbeddingDefault.objects.values_list("model_id", flat=True).first()
    if model_id is not None:
        _chosen(models_for_every_team((), Modality.EMBEDDING.value), model_id, _NOT_GRANTED)
    if before == model_id:
        return
    EmbeddingDefault.objects.all().delete()
    if model_id is not None:
        EmbeddingDefault.objects.create(model_id=model_id)
    record(
        actor=actor,
        action="embedding_default.set",
        target_type="embedding_default",
        target_id=model_id or before,
        before={"model": str(before) if before else None},
        after={"model": str(model_id) if model_id else None},
    )


def _moved(
    actor: Actor,
    change: Reembedding,
    states: Sequence[ReembeddingState],
    state: ReembeddingState,
    action: str,
) -> Reembedding:
    """The change in another state; its worker writes nothing more."""
    knowledge_base_lock(change.knowledge_base_id)
    values: dict[str, Any] = {"fence": F("fence") + 1, "lease_until": None, "updated_at": Now()}
    if state == ReembeddingState.QUEUED:
        values |= {"attempts": 0, "due_at": Now(), "error": ""}
    if state == ReembeddingState.CANCELLED:
        values |= {"finished_at": Now()}
    moved = Reembedding.objects.filter(id=change.id, state__in=states).update(state=state, **values)
    change.refresh_from_db()
    if not moved:
        raise _refused(f"The change is {change.get_state_display().lower()}", "This can not be done now.")
    _note(actor, action, change, model=change.model_name)
    return change


def _chosen(models: Sequence[Model], model_id: UUID, why: str) -> Model:
    for model in models:
        if model.id == model_id:
            return model
    raise invalid([{"field": "model_id", "message": why}])


def _refused(title: str, detail: str) -> ProblemError:
    return ProblemError(409, "wrong_state", title, f"{detail} Nothing was changed.")


def _note(actor: Actor, action: str, change: Reembedding, *, model: str) -> None:
    after = {"model": model, "knowledge_base": str(change.knowledge_base_id)}
    record(actor=actor, action=action, target_type="reembedding", target_id=change.id, after=after)
