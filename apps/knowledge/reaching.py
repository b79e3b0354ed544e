"""Uploads that a person may go on with, and the documents that they became."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models.functions import Now

from apps.knowledge.models import Document, Upload
from apps.knowledge.permissions import may_change
from apps.knowledge.upload_models import KEPT
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor
    from apps.knowledge.models import KnowledgeBase


def access_upload(actor: Actor, upload_id: UUID) -> Upload:
    """The actor's own upload into a collection that they may still change; 404 otherwise."""
    own = Upload.objects.filter(owner_id=actor.user_id).select_related("knowledge_base")
    upload: Upload | None = own.filter(id=upload_id).first()
    if upload is None or not may_change(actor, upload.knowledge_base):
        raise not_found()
    return upload


def unfinished_uploads(actor: Actor, knowledge_base: KnowledgeBase) -> QuerySet[Upload]:
    """The actor's own uploads into the collection whose last bytes never came and that may still go on."""
    own = Upload.objects.filter(owner_id=actor.user_id, knowledge_base=knowledge_base)
    return own.filter(document_id=None, updated_at__gte=Now() - KEPT).order_by("-created_at", "-id")


def document_of(upload: Upload) -> Document | None:
    """What the upload became; None while bytes are missing, or when it was deleted since."""
    if upload.document_id is None:
        return None
    documents = Document.objects.select_related("file", "uploaded_by")
    return documents.filter(id=upload.document_id).first()
