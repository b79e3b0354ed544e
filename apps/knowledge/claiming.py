"""Who reads a document now: a conditional UPDATE, a lease that a thread renews, a fence around each write.

The states and the database's clock are the record; a task is only a hint (docs/adr/0002).
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.knowledge.failures import MOST_ATTEMPTS
from apps.knowledge.models import Document, DocumentState
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

LEASE: Final = timedelta(seconds=30)
RENEW_S: Final = 8.0

logger = logging.getLogger(__name__)


class LostDocumentError(Exception):
    """The document was deleted, or another worker has it: write nothing more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One attempt at one document."""

    tenant_id: UUID
    document_id: UUID
    fence: int
    attempt: int
    name: str
    storage_key: str
    user_id: UUID | None
    embedding_model_id: UUID | None
    version_of_id: UUID | None
    chunk_size: int

    @property
    def is_last(self) -> bool:
        """Whether no attempt follows by itself."""
        return self.attempt >= MOST_ATTEMPTS


def claim(tenant_id: UUID, document_id: UUID) -> Claim | None:
    """Take the document if it waits or its worker was lost; None when there is nothing to do. In a scope.

    The attempt counts before the work begins, so that a file which kills its reader ends as failed.
    """
    waits = Q(state=DocumentState.QUEUED, due_at__lte=Now())
    lost = Q(state=DocumentState.READING, lease_until__lt=Now())
    taken = Document.objects.filter(waits | lost, id=document_id, attempts__lt=MOST_ATTEMPTS).update(
        state=DocumentState.READING,
        attempts=F("attempts") + 1,
        fence=F("fence") + 1,
        lease_until=Now() + LEASE,
    )
    if not taken:
        return None
    document = Document.objects.select_related("file").get(id=document_id)
    return Claim(
        tenant_id,
        document_id,
        document.fence,
        document.attempts,
        document.file.name,
        document.file.storage_key,
        document.uploaded_by_id,
        document.embedding_model_id,
        document.version_of_id,
        document.chunk_size,
    )


def locked(claimed: Claim) -> Document:
    """The document, locked to the transaction's end; raises LostDocumentError. Before every write."""
    document = (
        Document.objects.select_for_update()
        .filter(id=claimed.document_id, fence=claimed.fence, state=DocumentState.READING)
        .first()
    )
    if document is None:
        raise LostDocumentError
    return document


class Lease:
    """Renews the claim on a thread of its own while the block lasts, also while a parser is busy."""

    def __init__(self, claimed: Claim) -> None:
        self._claim = claimed
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._is_lost = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(RENEW_S)

    def check(self) -> None:
        """Raise LostDocumentError once a renewal found that the document is no longer ours."""
        if self._is_lost:
            raise LostDocumentError

    def _renew(self) -> None:
        while not self._ended.wait(RENEW_S) and not self._is_lost:
            try:
                with tenant_scope(self._claim.tenant_id):
                    mine = Document.objects.filter(
                        id=self._claim.document_id, fence=self._claim.fence, state=DocumentState.READING
                    )
                    self._is_lost = not mine.update(lease_until=Now() + LEASE)
            except (DatabaseError, InterfaceError) as error:
                logger.warning("A lease could not be renewed: %s", type(error).__name__)
            finally:
                connection.close()
