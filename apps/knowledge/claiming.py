"""Who reads a document now: a conditional UPDATE, a lease that a thread renews, a fence around each write.

The states and the database's clock are the record; a task is only a hint (docs/adr/0002).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import F, Q
from django.db.models.functions import Now

from apps.knowledge.failures import MOST_ATTEMPTS
from apps.knowledge.leasing import Lease
from apps.knowledge.models import Document, DocumentState
from apps.knowledge.scanning import language_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

LEASE: Final = timedelta(seconds=30)
RENEW_S: Final = 8.0


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
    knowledge_base_id: UUID
    version_of_id: UUID | None
    chunk_size: int
    scan_language: str
    is_stored: bool
    """Whether its passages are stored already, by an earlier turn or attempt: only vectors may be missing."""

    @property
    def is_last(self) -> bool:
        """Whether no attempt follows by itself."""
        return self.attempt >= MOST_ATTEMPTS


def claim(tenant_id: UUID, document_id: UUID, fence: int | None = None) -> Claim | None:
    """Take the document if it waits or its worker was lost; None when there is nothing to do. In a scope.

    `fence` is the one that a hint saw: a hint from before another turn is worth nothing, or the many hints of
    a large document would each be a turn. The attempt counts before the work begins, so that a file which
    kills its reader ends as failed; a turn that embedded something takes it back.
    """
    waits = Q(state=DocumentState.QUEUED, due_at__lte=Now())
    lost = Q(state=DocumentState.READING, lease_until__lt=Now())
    seen = Q() if fence is None else Q(fence=fence)
    taken = Document.objects.filter(waits | lost, seen, id=document_id, attempts__lt=MOST_ATTEMPTS).update(
        state=DocumentState.READING,
        attempts=F("attempts") + 1,
        fence=F("fence") + 1,
        lease_until=Now() + LEASE,
        pages_read=0,
        note="",
    )
    if not taken:
        return None
    document = Document.objects.select_related("file", "knowledge_base").get(id=document_id)
    return Claim(
        tenant_id,
        document_id,
        document.fence,
        document.attempts,
        document.file.name,
        document.file.storage_key,
        document.uploaded_by_id,
        document.knowledge_base_id,
        document.version_of_id,
        document.chunk_size,
        language_of(document),
        is_stored=document.chunk_count > 0,
    )


def held(claimed: Claim) -> QuerySet[Document]:
    """The claimed document's row while it is still ours."""
    return Document.objects.filter(id=claimed.document_id, fence=claimed.fence, state=DocumentState.READING)


def locked(claimed: Claim) -> Document:
    """The document, locked to the transaction's end; raises LostDocumentError. Before every write."""
    document = held(claimed).select_for_update().first()
    if document is None:
        raise LostDocumentError
    return document


def lease(claimed: Claim) -> Lease:
    """Keeps the claim while the block lasts."""

    def renew() -> bool:
        return held(claimed).update(lease_until=Now() + LEASE) > 0

    return Lease(claimed.tenant_id, renew, every_s=RENEW_S)
