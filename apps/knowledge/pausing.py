"""Holding a document back and letting it go on; what was paid for is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F
from django.db.models.functions import Now

from apps.audit.services import record
from apps.knowledge.hinting import hint_after_commit
from apps.knowledge.models import Document, DocumentState
from apps.rest.errors import ProblemError
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from apps.accounts.actors import Actor

_UNREAD = (DocumentState.QUEUED, DocumentState.READING)


def document_pause(*, actor: Actor | None, document: Document) -> Document:
    """Hold it back, also while it is read: its reader writes nothing more. 409 when it waits for nothing."""
    held = Document.objects.filter(id=document.id, state__in=_UNREAD).update(
        state=DocumentState.PAUSED, fence=F("fence") + 1, lease_until=None, updated_at=Now()
    )
    if not held:
        raise _refused("It is not being read", "Only a document that waits or is being read can be paused.")
    record(actor=actor, action="document.paused", target_type="document", target_id=document.id)
    document.refresh_from_db()
    return document


def document_resume(*, actor: Actor | None, document: Document) -> Document:
    """Let it be read again, from the vectors that it has; 409 when it is not paused."""
    freed = Document.objects.filter(id=document.id, state=DocumentState.PAUSED).update(
        state=DocumentState.QUEUED, attempts=0, due_at=Now(), updated_at=Now()
    )
    if not freed:
        raise _refused("It is not paused", "Only a paused document can go on.")
    record(actor=actor, action="document.resumed", target_type="document", target_id=document.id)
    hint_after_commit(current_tenant_id(), document.id)
    document.refresh_from_db()
    return document


def _refused(title: str, detail: str) -> ProblemError:
    return ProblemError(409, "wrong_state", title, f"{detail} Nothing was changed.")
