"""From a stored file to chunks that can be found: claim, read in the sandbox, chunk, embed, publish.

Scopes are short and never open while the sandbox or a model works. Each step can be killed and done again.
The file is read once; embedding is done in turns, between which documents that wait in the same queue go
first (docs/adr/0031).
"""

from __future__ import annotations

import logging
import random
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final

from billiard.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError

from apps.files.storage import storage
from apps.knowledge import failures, storing
from apps.knowledge.batching import Batches
from apps.knowledge.calibrating import scale_ensure
from apps.knowledge.chunking import chunk
from apps.knowledge.claiming import Claim, LostDocumentError, claim, lease
from apps.knowledge.classing import highest_class
from apps.knowledge.embedding import EmbeddingModel, UnfitVectorError, fitted, passage_call
from apps.knowledge.hinting import hint
from apps.knowledge.models import KnowledgeBase
from apps.knowledge.parsing.errors import MESSAGES, ParseError, ParseErrorKind
from apps.knowledge.sandbox.runner import parse_sandboxed
from apps.knowledge.serving import knowledge_base_lock, plan_of
from apps.knowledge.switching import current_lock, version_switch
from apps.llm import gateway
from apps.llm.errors import RateLimitedError, RefusedError
from apps.llm.gateway import GuardrailRefusedError, ModelNotFoundError, VendorError
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

    from apps.guardrails.classes import DataClass
    from apps.knowledge.leasing import Lease
    from apps.knowledge.parsing.parsed import Parsed
    from apps.knowledge.serving import Plan
    from apps.llm.gateway import Caller

MOST_CHUNKS: Final = 10_000
TURN_S: Final = 15.0
"""So long a document is embedded before others that wait in the same queue go first."""
_PAUSE_S: Final = 10.0
_HELD_S: Final = 60.0
_NOTE_EVERY_S: Final = 1.0

logger = logging.getLogger(__name__)


class _TurnOver(Exception):  # noqa: N818 - nothing went wrong
    """Others go first."""


def ingest(tenant_id: UUID, document_id: UUID, fence: int | None = None) -> bool:
    """Take a turn at the document: to its end, ready or failed, or leave it to a later turn or attempt.

    False when there was nothing to do: another worker has it, it is done, it is gone, or the hint is an old
    one (`fence`, see claiming.claim).
    """
    with tenant_scope(tenant_id):
        claimed = claim(tenant_id, document_id, fence)
    if claimed is None:
        return False
    try:
        with lease(claimed) as kept:
            _Reading(claimed, kept).run()
    except (_TurnOver, RateLimitedError) as error:
        _wait(claimed, error)
    except LostDocumentError:
        logger.info("A document was deleted or taken over while it was read.")
    except ParseError as error:
        _give_up(claimed, error.kind.value, error.message, again=error.kind == ParseErrorKind.CRASHED)
    except FileNotFoundError:
        _give_up(claimed, failures.MISSING, failures.SENTENCES[failures.MISSING], again=False)
    except SoftTimeLimitExceeded:
        kind = ParseErrorKind.TIMEOUT
        _give_up(claimed, kind.value, MESSAGES[kind], again=False)
    except Exception:
        logger.exception("A document could not be read.")
        _give_up(claimed, failures.FAULT, failures.SENTENCES[failures.FAULT], again=True)
    return True


def _wait(claimed: Claim, reason: _TurnOver | RateLimitedError) -> None:
    """Let others go first: those of the queue, or those of the organisation under its limit a minute."""
    with tenant_scope(claimed.tenant_id):
        if isinstance(reason, RateLimitedError):
            pause = max(reason.retry_after or 0.0, _HELD_S) * random.uniform(1, 3)  # noqa: S311 - spreads them
            storing.document_yield(claimed, note=failures.HELD, seconds=pause)
            return
        storing.document_yield(claimed)
    hint(claimed.tenant_id, claimed.document_id, claimed.fence)


def _give_up(claimed: Claim, kind: str, detail: str, *, again: bool) -> None:
    with tenant_scope(claimed.tenant_id):
        if again and not claimed.is_last:
            storing.document_requeue(claimed, seconds=_PAUSE_S * claimed.attempt)
        else:
            storing.document_fail(claimed, kind=kind, detail=detail)


class _Reading:
    """One attempt."""

    def __init__(self, claimed: Claim, lease: Lease) -> None:
        self._claim = claimed
        self._lease = lease
        self._noted = monotonic()
        self._until = 0.0
        self._made = 0

    def run(self) -> None:
        if not self._claim.is_stored:
            self._store(self._parsed())
        self._until = monotonic() + TURN_S
        is_done = False
        while not is_done:
            plan = self._planned()
            note = self._embedded(plan)
            is_done = note is None or self._published(plan, note)

    def _planned(self) -> Plan:
        claimed = self._claim
        with tenant_scope(claimed.tenant_id):
            base = KnowledgeBase.objects.filter(id=claimed.knowledge_base_id).first()
            if base is None:
                raise LostDocumentError
            plan = plan_of(base, claimed.user_id)
            storing.models_set(claimed, [model.id for model in plan.models] if plan.serving else [])
        return plan

    def _published(self, plan: Plan, note: str) -> bool:
        """Let it be found; a new version takes the old one's place in the same transaction.

        False when the collection changed its model meanwhile: then it wants other vectors first.
        """
        replaced_id = self._claim.version_of_id
        with tenant_scope(self._claim.tenant_id):
            base = knowledge_base_lock(self._claim.knowledge_base_id)
            if base is None:
                raise LostDocumentError
            serving = plan.serving
            if serving and base.embedding_model_id not in {None, serving.id}:
                return False
            if serving and not note and base.embedding_model_id is None:
                KnowledgeBase.objects.filter(id=base.id).update(embedding_model_id=serving.id)
            current = None if replaced_id is None else current_lock(replaced_id)
            made = storing.document_publish(self._claim, note=note)
            if current is not None:
                version_switch(current, made)
        return True

    def _assert_ours(self) -> None:
        """Raise LostDocumentError once a renewal found that the document is no longer ours."""
        if self._lease.is_lost:
            raise LostDocumentError

    def _parsed(self) -> Parsed:
        claimed = self._claim
        with storage().local(claimed.storage_key) as path:
            parsed = parse_sandboxed(
                path, claimed.name, scan_language=claimed.scan_language, progress=self._progressed
            )
        self._assert_ours()
        return parsed

    def _progressed(self, done: int, total: int) -> None:
        """Note the pages that are done, at most once a second; a database that is away stops no reading."""
        if monotonic() < self._noted + _NOTE_EVERY_S:
            return
        self._noted = monotonic()
        with suppress(DatabaseError), tenant_scope(self._claim.tenant_id):
            storing.pages_note(self._claim, done, total)

    def _store(self, parsed: Parsed) -> None:
        drafts = chunk(parsed, size=self._claim.chunk_size)
        if len(drafts) > MOST_CHUNKS:
            raise ParseError(ParseErrorKind.TOO_LARGE)
        with tenant_scope(self._claim.tenant_id):
            edits = storing.edits_of(self._claim)
        pieces = storing.pieces_of(parsed, drafts, edits)
        with tenant_scope(self._claim.tenant_id):
            storing.chunks_store(self._claim, parsed, pieces)

    def _embedded(self, plan: Plan) -> str | None:
        """What is to be noted at the document: nothing when all has vectors; None when it was put back."""
        if plan.serving is None:
            return failures.MODEL_BARRED if plan.is_barred else failures.NO_MODEL
        scale_ensure(plan.who, plan.serving)
        try:
            self._batches(plan.serving, plan.who)
        except RateLimitedError:
            raise
        except UnfitVectorError:
            return failures.MODEL_UNFIT
        except (ModelNotFoundError, GuardrailRefusedError) as error:
            is_refused = isinstance(error, RefusedError | GuardrailRefusedError)
            return failures.MODEL_REFUSED if is_refused else failures.NO_MODEL
        except VendorError as error:
            logger.warning("The embedding model did not answer: %s", error.kind)
            if not error.retryable or self._claim.is_last:
                return failures.MODEL_FAILED
            with tenant_scope(self._claim.tenant_id):
                storing.document_requeue(self._claim, seconds=_PAUSE_S * self._claim.attempt)
            return None
        if plan.coming is not None:
            self._also(plan.coming, plan.who)
        return ""

    def _also(self, model: EmbeddingModel, who: Caller) -> None:
        """Vectors of the model that the collection changes to; what fails here the change makes up for."""
        try:
            self._batches(model, who)
        except (UnfitVectorError, ModelNotFoundError, GuardrailRefusedError, VendorError) as error:
            logger.warning("The next embedding model did not answer: %s", type(error).__name__)

    def _batches(self, model: EmbeddingModel, who: Caller) -> None:
        with tenant_scope(self._claim.tenant_id):
            batches = Batches(storing.chunks_unembedded(self._claim, model.id))
            data_class = highest_class([self._claim.document_id])
        batches.each(partial(self._batch, model=model, who=who, data_class=data_class))

    def _batch(
        self,
        batch: list[storing.Unembedded],
        model: EmbeddingModel,
        who: Caller,
        data_class: DataClass | None,
    ) -> None:
        self._assert_ours()
        if self._made and monotonic() > self._until:
            raise _TurnOver
        claimed = self._claim
        texts = (row.text for row in batch)
        call = passage_call(who, model, texts, data_class=data_class)
        made = gateway.embed_sync(call)
        vectors = [fitted(vector) for vector in made.vectors]
        with tenant_scope(claimed.tenant_id):
            storing.vectors_store(claimed, model.id, [row.chunk_id for row in batch], vectors)
        self._made += 1
