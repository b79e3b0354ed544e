"""Carrying out a change of model: batch by batch beside what is searched, then the switch, then the old ones.

Scopes are short and never open while the model works. Each step can be killed and done again: a batch is kept
as soon as it is paid, and what has a vector is not asked for again. The old vectors serve all the while.
"""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Final

from billiard.exceptions import SoftTimeLimitExceeded

from apps.knowledge.batching import Batches
from apps.knowledge.calibrating import scale_ensure
from apps.knowledge.classing import highest_class
from apps.knowledge.embedding import UnfitVectorError, fitted, passage_call, shown
from apps.knowledge.models import Document, DocumentState, Reembedding, ReembeddingState
from apps.knowledge.reembedding import outcomes
from apps.knowledge.reembedding.claiming import LostReembeddingError, claim, lease
from apps.knowledge.reembedding.hinting import hint
from apps.knowledge.remeaning import missing
from apps.knowledge.serving import caller_of, offered_models
from apps.llm import gateway
from apps.llm.errors import RateLimitedError
from apps.llm.gateway import ErrorKind, GuardrailRefusedError, ModelNotFoundError, VendorError
from apps.llm.gateway.estimate import tokens_of_texts
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from apps.knowledge.embedding import EmbeddingModel
    from apps.knowledge.leasing import Lease
    from apps.knowledge.remeaning import Missing
    from apps.llm.gateway import Caller

TURN_S: Final = 15.0
"""So long a change works before documents that wait in the same queue go first."""
_HELD_S: Final = 60.0
_DOCUMENTS: Final = 50
_SAFE: Final = "The collection is searched with its present model as before, and what was embedded is kept."
BARRED: Final = (
    f"The model is turned off, or a team of this collection may not use it any more. {_SAFE} Have it granted "
    "and choose Retry, or cancel the change."
)
UNFIT: Final = (
    f"The model gives vectors of more than 4,000 numbers, which can not be kept. {_SAFE} Cancel it."
)
HELD: Final = "Your organisation's limit a minute for the new model is reached."
SLOW: Final = f"The model took too long. {_SAFE} Choose Retry to go on."
_WHY: Final = {
    ErrorKind.AUTHENTICATION: "The provider refuses the key of the model's connection.",
    ErrorKind.NOT_FOUND: "The provider does not know this model.",
    ErrorKind.QUOTA: "The account at the model's provider has no credit left.",
    ErrorKind.RATE_LIMIT: "The model's provider takes no more calls for now.",
    ErrorKind.BAD_REQUEST: "The model's provider did not accept a passage.",
    ErrorKind.CONTEXT_OVERFLOW: "A passage is too long for this model.",
    ErrorKind.CONTENT_FILTER: "The model's provider refused a passage by its own rules.",
}
_AWAY: Final = "The model's provider did not answer."
FAULT: Final = (
    f"Something on our side went wrong. {_SAFE} Choose Retry; if it fails again, tell the operator."
)

logger = logging.getLogger(__name__)


class _TurnOver(Exception):  # noqa: N818 - nothing went wrong
    """Others go first."""


def reembed(tenant_id: UUID, reembedding_id: UUID, fence: int | None = None) -> bool:
    """Take one turn at the change, or at deleting what no search reads after it; False for nothing to do.

    `fence` as ingesting.ingest takes it.
    """
    with tenant_scope(tenant_id):
        change = claim(reembedding_id, fence)
    if change is None:
        return _clean(tenant_id, reembedding_id)
    try:
        with lease(change) as kept:
            is_over = _Turn(change, kept).run()
    except RateLimitedError as error:
        with tenant_scope(tenant_id):
            outcomes.hold(change, HELD, seconds=max(error.retry_after or 0.0, _HELD_S))
        return True
    except LostReembeddingError:
        logger.info("A change of model was paused, cancelled or taken over.")
        return True
    except Exception as error:  # noqa: BLE001 - each has its sentence; the unknown one is logged
        message, again = _told(error)
        with tenant_scope(tenant_id):
            outcomes.fail(change, message, again=again)
        return True
    if is_over:
        _clean(tenant_id, reembedding_id)
    else:
        hint(tenant_id, reembedding_id, change.fence)
    return True


def _told(error: Exception) -> tuple[str, bool]:
    """What people read of it, and whether trying again by itself can help."""
    if isinstance(error, ModelNotFoundError):
        return BARRED, False
    if isinstance(error, UnfitVectorError):
        return UNFIT, False
    if isinstance(error, _RefusedPassageError):
        return f"{error} {_SAFE} Leave the passage out or change the rule, then choose Retry.", False
    if isinstance(error, VendorError):
        return f"{_WHY.get(error.kind, _AWAY)} {_SAFE} Choose Retry to go on.", error.retryable
    if isinstance(error, SoftTimeLimitExceeded):
        return SLOW, True
    logger.error("A change of model failed.", exc_info=error)
    return FAULT, True


def _clean(tenant_id: UUID, reembedding_id: UUID) -> bool:
    """Delete what no search reads any more, a part at a time; False when nothing is to be deleted."""
    with tenant_scope(tenant_id):
        ended = (ReembeddingState.DONE, ReembeddingState.CANCELLED)
        change = Reembedding.objects.filter(id=reembedding_id, state__in=ended, is_clean=False).first()
    if change is None:
        return False
    is_more = True
    while is_more:
        with tenant_scope(tenant_id):
            is_more = outcomes.clean_some(change)
    return True


class _RefusedPassageError(Exception):
    """A rule on text that leaves forbids one passage; the message names it."""


class _Turn:
    """One claimed turn."""

    def __init__(self, change: Reembedding, lease: Lease) -> None:
        self._change = change
        self._lease = lease
        self._until = monotonic() + TURN_S
        self._made = 0

    def run(self) -> bool:
        """Work until the switch or until it waits at a gate (True), or until it is others' turn (False)."""
        with tenant_scope(self._change.tenant_id):
            outcomes.total_update(self._change)
            model, who = self._allowed()
        scale_ensure(who, model)
        try:
            while True:
                self._pass()
                with tenant_scope(self._change.tenant_id):
                    if outcomes.gate_ask(self._change) or outcomes.switch(self._change):
                        return True
        except _TurnOver:
            with tenant_scope(self._change.tenant_id):
                outcomes.yield_turn(self._change)
            return False

    def _pass(self) -> None:
        """Go through all documents once; raises _TurnOver."""
        for rows, model, who in self._parts():
            if rows:
                self._model, self._who = model, who
                Batches(rows).each(self._batch)

    def _parts(self) -> Iterator[tuple[list[Missing], EmbeddingModel, Caller]]:
        """What is missing, by some documents at a time, with the model as it may be asked now."""
        after: UUID | None = None
        while True:
            with tenant_scope(self._change.tenant_id):
                model, who = self._allowed()
                ids = self._documents(after)
                rows = missing(ids, self._change.model_id)
            if not ids:
                return
            yield rows, model, who
            after = ids[-1]

    def _documents(self, after: UUID | None) -> list[UUID]:
        ready = Document.objects.filter(
            knowledge_base_id=self._change.knowledge_base_id, state=DocumentState.READY
        )
        if after is not None:
            ready = ready.filter(id__gt=after)
        return list(ready.order_by("id").values_list("id", flat=True)[:_DOCUMENTS])

    def _allowed(self) -> tuple[EmbeddingModel, Caller]:
        """The model, while every team of the collection may use it; raises ModelNotFoundError."""
        base = self._change.knowledge_base
        base.refresh_from_db(fields=["visibility"])
        for model in offered_models(base):
            if model.id == self._change.model_id:
                return shown(model), caller_of(base, self._change.started_by_id)
        raise ModelNotFoundError

    def _batch(self, batch: list[Missing]) -> None:
        if self._lease.is_lost:
            raise LostReembeddingError
        if self._made and monotonic() > self._until:
            raise _TurnOver
        with tenant_scope(self._who.tenant_id):
            data_class = highest_class({row.document_id for row in batch})
        texts = [row.text for row in batch]
        call = passage_call(self._who, self._model, texts, purpose="reembedding", data_class=data_class)
        try:
            made = gateway.embed_sync(call)
        except GuardrailRefusedError as error:
            if len(batch) > 1:
                for row in batch:
                    self._batch([row])
                return
            row = batch[0]
            where = f"passage {row.position + 1} of “{row.title}”"
            raise _RefusedPassageError(f"A rule forbids to send {where}: {error.message}") from error
        tokens = made.usage.input_tokens if made.usage else tokens_of_texts(texts)
        with tenant_scope(self._change.tenant_id):
            vectors = [fitted(vector) for vector in made.vectors]
            outcomes.batch_keep(self._change, batch, vectors, tokens=tokens)
        self._made += 1
