"""Uploads that a person may go on with, and the documents that they became."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.knowledge.models import Document, Upload
from apps.knowledge.permissions import may_change
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor


def access_upload(actor: Actor, upload_id: UUID) -> Upload:
    """The actor's own upload into a collection that they may still change; 404 otherwise."""
    own = Upload.objects.filter(owner_id=actor.user_id).select_related("knowledge_base")
    upload: Upload | None = own.filter(id=upload_id).first()
    if upload is None or not may_change(actor, upload.knowledge_base):
        raise not_found()
    return upload


def document_of(upload: Upload) -> Document | None:
    """What the upload became; None while bytes are missing, or when it was deleted since."""
    if upload.document_id is None:
        return None
    documents = Document.objects.select_related("file", "uploaded_by")
    return documents.filter(id=upload.document_id).first()
