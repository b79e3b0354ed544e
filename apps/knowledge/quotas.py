"""How much a collection and an organisation may hold, in bytes and in documents.

Bytes of a whole organisation and of a person are the files app's (apps.files.limits); old versions count in
bytes, not in documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.db.models import Count, Sum
from django.db.models.functions import Now

from apps.audit.services import record
from apps.files.limits import megabytes
from apps.files.models import File
from apps.knowledge.models import Document, KnowledgeBase, Upload
from apps.knowledge.upload_models import KEPT
from apps.rest.errors import ProblemError, invalid

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor


class Quota(NamedTuple):
    """What a collection may hold and what it holds."""

    bytes_limit: int
    bytes_used: int
    documents_limit: int
    documents_used: int


class Coming(NamedTuple):
    """What uploads announced whose last bytes did not come yet."""

    bytes: int
    documents: int


def coming_of(knowledge_base: KnowledgeBase) -> Coming:
    """Of anybody, as long as they may go on."""
    begun = Upload.objects.filter(
        knowledge_base=knowledge_base, document_id=None, updated_at__gte=Now() - KEPT
    )
    found = begun.aggregate(bytes=Sum("size"), documents=Count("id"))
    return Coming(int(found["bytes"] or 0), found["documents"])


def quota_of(knowledge_base: KnowledgeBase) -> Quota:
    """A collection's own limits, else the installation's, and what is used; two statements."""
    documents = Document.objects.filter(knowledge_base=knowledge_base)
    size = File.objects.filter(id__in=documents.values("file_id")).aggregate(total=Sum("size"))["total"]
    return Quota(
        _or(knowledge_base.quota_bytes, settings.KNOWLEDGE_BASE_QUOTA_BYTES),
        int(size or 0),
        _or(knowledge_base.quota_documents, settings.KNOWLEDGE_BASE_QUOTA_DOCUMENTS),
        documents.filter(version_of=None).count(),
    )


def refuse_over_quota(
    knowledge_base_id: UUID, *, documents: int, size: int, is_announced: bool = False
) -> None:
    """Raise ProblemError 409 where so many more documents, or bytes of files, do not fit.

    Where they are only announced, room is kept for the uploads that began before. Locks the collection to the
    transaction's end, so that uploads side by side can not pass together.
    """
    knowledge_base = KnowledgeBase.objects.select_for_update(no_key=True).get(id=knowledge_base_id)
    quota = quota_of(knowledge_base)
    coming = Coming(0, 0)
    if is_announced:
        coming = coming_of(knowledge_base)
    told = " Uploads that are not finished count." if coming.documents else ""
    if quota.documents_used + coming.documents + documents > quota.documents_limit:
        raise _full(f"“{knowledge_base.name}” may hold up to {quota.documents_limit:,} documents.{told}")
    if quota.bytes_used + coming.bytes + size > quota.bytes_limit:
        raise _full(f"“{knowledge_base.name}” may hold up to {megabytes(quota.bytes_limit)} of files.{told}")
    most = settings.KNOWLEDGE_TENANT_QUOTA_DOCUMENTS
    if Document.objects.filter(version_of=None).count() + documents > most:
        raise _full(f"Your organisation may hold up to {most:,} documents.")


def quota_set(
    *, actor: Actor, knowledge_base: KnowledgeBase, size: int | None, documents: int | None
) -> None:
    """Give a collection limits of its own, None for the installation's; at most those.

    Raises ProblemError 400 by field.
    """
    limits = {
        "bytes_limit": (size, settings.KNOWLEDGE_BASE_QUOTA_BYTES),
        "documents_limit": (documents, settings.KNOWLEDGE_BASE_QUOTA_DOCUMENTS),
    }
    wrong = [
        {"field": field, "message": f"A whole number from 0 to {most:,}, or nothing."}
        for field, (value, most) in limits.items()
        if value is not None and not 0 <= value <= most
    ]
    if wrong:
        raise invalid(wrong)
    knowledge_base.quota_bytes, knowledge_base.quota_documents = size, documents
    knowledge_base.save(update_fields=["quota_bytes", "quota_documents", "updated_at"])
    record(
        actor=actor,
        action="knowledge_base.quota_set",
        target_type="knowledge_base",
        target_id=knowledge_base.id,
        after={"bytes": size, "documents": documents},
    )


def _or(own: int | None, installation: int) -> int:
    return installation if own is None else own


def _full(limit: str) -> ProblemError:
    return ProblemError(
        409,
        "quota_exceeded",
        "There is no room left for this document",
        f"{limit} Nothing was saved. Delete documents that are no longer needed, or ask an administrator for "
        "more room.",
    )
