"""Uploads in parts: begin, append at an offset, resume where a line broke. Every call may be repeated.

Parts are kept as they come; the last one makes the document. Each call runs in the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db.models.functions import Now

from apps.files.limits import empty, megabytes, too_large
from apps.files.storage import storage
from apps.knowledge.adding import folder_name
from apps.knowledge.models import Document, KnowledgeBase, Upload
from apps.knowledge.narrowing import clean_tags
from apps.knowledge.quotas import refuse_over_quota
from apps.knowledge.scanning import document_language_set, known_language
from apps.knowledge.services import document_upload
from apps.knowledge.upload_models import KEPT
from apps.knowledge.upload_parts import part_keep, parts_delete, parts_read
from apps.rest.errors import ProblemError
from apps.tenants.platform import platform_scope
from apps.tenants.scope import after_commit, tenant_scope

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor

MOST_PART: Final = 8 * 1024 * 1024
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Announced:
    """What is to come: its name, bytes and place, and what is said of it."""

    name: str
    size: int
    folder: str = ""
    tags: tuple[str, ...] = ()
    scan_language: str = ""


def upload_begin(
    *, actor: Actor, knowledge_base: KnowledgeBase, client_key: str, announced: Announced
) -> Upload:
    """The upload of this key, new or as far as it came.

    Raises ProblemError 400, 409 (quota, or the key of another file), 413.
    """
    known = Upload.objects.filter(
        owner_id=actor.user_id, knowledge_base=knowledge_base, client_key=client_key
    ).first()
    folder = folder_name(announced.folder)
    if known is not None and (known.name, known.folder, known.size) != (
        announced.name,
        folder,
        announced.size,
    ):
        raise _other_file(known)
    if known is not None and not _was_deleted(known):
        return known
    if known is not None:
        known.delete()
    if not announced.size:
        raise empty()
    if announced.size > settings.MAX_UPLOAD_BYTES:
        raise too_large()
    refuse_over_quota(knowledge_base.id, documents=1, size=announced.size, is_announced=True)
    made: Upload = Upload.objects.create(
        owner_id=actor.user_id,
        knowledge_base=knowledge_base,
        client_key=client_key,
        name=announced.name,
        folder=folder,
        tags=clean_tags(announced.tags),
        scan_language=known_language(announced.scan_language),
        size=announced.size,
    )
    return made


def upload_append(*, actor: Actor, upload: Upload, offset: int, data: bytes) -> Upload:
    """Keep the next bytes; with the last of them the document is made.

    Bytes that are there already change nothing. Raises ProblemError 409 where bytes between are missing, 413
    for more than was announced, and what services.document_upload raises.
    """
    locked: Upload = Upload.objects.select_for_update(of=("self",)).get(id=upload.id)
    end = offset + len(data)
    if end > locked.size or len(data) > MOST_PART:
        raise _too_much(locked)
    if end <= locked.received:
        return locked
    if offset != locked.received:
        raise _gap(locked)
    key = part_keep(locked, offset, data)
    locked.parts = [*locked.parts, key]
    locked.received = end
    try:
        if end == locked.size:
            _finish(actor, locked)
    except Exception:  # not outside's wish for another try, which needs the part
        storage().delete(key)
        raise
    locked.save()
    return locked


def upload_cancel(*, upload: Upload) -> None:
    """Forget it and its parts; a document that it became stays."""
    keys = list(upload.parts)
    upload.delete()
    after_commit(lambda: parts_delete(keys))


def keys_of_uploads(keys: set[str]) -> set[str]:
    """Which of these storage keys are parts of uploads that may still go on; in a platform scope."""
    rows = Upload.across.filter(updated_at__gte=Now() - KEPT).exclude(parts=[])
    return keys & {key for parts in rows.values_list("parts", flat=True) for key in parts}


def remove_stale_uploads() -> int:
    """Forget uploads that nobody has gone on with for a day; how many. Across tenants (maintenance)."""
    with platform_scope():
        stale = Upload.across.filter(updated_at__lt=Now() - KEPT).order_by("updated_at")
        found = list(stale.values_list("tenant_id", "id")[:_AT_ONCE])
    for tenant_id, upload_id in found:
        _forget(tenant_id, upload_id)
    return len(found)


def _was_deleted(upload: Upload) -> bool:
    """Whether the document that it became is gone, so that the file may come again."""
    if upload.document_id is None:
        return False
    return not Document.objects.filter(id=upload.document_id).exists()


def _forget(tenant_id: UUID, upload_id: UUID) -> None:
    with tenant_scope(tenant_id):
        stale = Upload.objects.filter(id=upload_id, updated_at__lt=Now() - KEPT).first()
        if stale is not None:
            upload_cancel(upload=stale)


def _finish(actor: Actor, upload: Upload) -> None:
    made = document_upload(
        actor=actor,
        knowledge_base=upload.knowledge_base,
        name=upload.name,
        stream=parts_read(upload),
        folder=upload.folder,
        tags=upload.tags,
    )
    if upload.scan_language and not made.is_duplicate:
        document_language_set(document=made.document, scan_language=upload.scan_language)
    upload.document_id, upload.is_duplicate = made.document.id, made.is_duplicate
    keys = list(upload.parts)
    upload.parts = []
    after_commit(lambda: parts_delete(keys))


def _too_much(upload: Upload) -> ProblemError:
    return ProblemError(
        413,
        "part_too_large",
        "This is more than was announced",
        f"A part may have up to {megabytes(MOST_PART)}, all of them {upload.size:,} bytes as announced. "
        "Nothing of this part was kept.",
    )


def _other_file(upload: Upload) -> ProblemError:
    return ProblemError(
        409,
        "key_reused",
        "This key is another file's",
        f"It was given for “{upload.name}” of {upload.size:,} bytes. Nothing was changed. Give each file a "
        "client_key of its own.",
    )


def _gap(upload: Upload) -> ProblemError:
    return ProblemError(
        409,
        "offset_conflict",
        "Bytes before this part are missing",
        f"{upload.received:,} bytes are here. Send the part that begins at {upload.received}.",
    )
