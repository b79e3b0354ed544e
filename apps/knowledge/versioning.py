"""New versions of documents: another file, or the same one read with other settings.

The version is read beside the document, which serves its old content until the new one is ready; then
switching.version_switch takes over. Each in the caller's transaction, audited, with a hint after commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models.functions import Now

from apps.audit.services import record
from apps.files.storage import storage
from apps.knowledge.adding import file_take, room_make
from apps.knowledge.hinting import hint_after_commit
from apps.knowledge.models import Document, DocumentState
from apps.knowledge.removing import documents_remove
from apps.knowledge.scanning import known_language, language_of
from apps.rest.errors import ProblemError, invalid
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from apps.accounts.actors import Actor
    from apps.files.models import File
    from apps.knowledge.accepting import Readable

SMALLEST_CHUNK: Final = 300
LARGEST_CHUNK: Final = 2000


def document_replace(*, actor: Actor | None, document: Document, name: str, stream: Readable) -> Document:
    """Read another file as the document's next version; what was still being read as such is dropped.

    Raises ProblemError as services.document_add does, and 409 where the file is the one that it has.
    """
    current = _locked(document)
    file = file_take(actor=actor, name=name, stream=stream)
    if file.sha256 == current.file.sha256 and current.state == DocumentState.READY:
        file.delete()
        storage().delete(file.storage_key)
        raise ProblemError(
            409,
            "same_content",
            "This is the file that the document already has",
            "Its content is the same to the last byte. Nothing was changed. To read it again with other "
            "settings, choose Read again.",
        )
    room_make(current.knowledge_base_id, file, documents=0)
    made = _begin(actor, current, file, current.chunk_size)
    _note(actor, "document.replaced", current, {"name": file.name, "version": made.version})
    return made


def document_reprocess(
    *, actor: Actor | None, document: Document, chunk_size: int, scan_language: str | None = None
) -> Document:
    """Read the same file anew with passages of up to `chunk_size` code points; raises ProblemError 400.

    `scan_language` as scanning.known_language takes it; None leaves the document's.
    """
    if not SMALLEST_CHUNK <= chunk_size <= LARGEST_CHUNK:
        message = f"From {SMALLEST_CHUNK} to {LARGEST_CHUNK} characters."
        raise invalid([{"field": "chunk_size", "message": message}])
    current = _locked(document)
    if scan_language is not None:
        current.scan_language = known_language(scan_language)
    made = _begin(actor, current, current.file, chunk_size)
    settings = {"chunk_size": chunk_size, "scan_language": language_of(made)}
    _note(actor, "document.reprocessed", current, settings)
    return made


def _locked(document: Document) -> Document:
    """The document itself, locked; 409 for one of its versions."""
    current: Document = (
        Document.objects.select_for_update(of=("self",)).select_related("file").get(id=document.id)
    )
    if current.version_of_id is not None:
        raise ProblemError(
            409,
            "is_version",
            "This is a version of a document",
            "Replace the document itself. Nothing was changed.",
        )
    return current


def _begin(actor: Actor | None, current: Document, file: File, chunk_size: int) -> Document:
    unfinished = Document.objects.select_for_update().filter(version_of=current)
    documents_remove(list(unfinished.exclude(state=DocumentState.REPLACED).order_by("id")))
    made = Document.objects.create(
        knowledge_base_id=current.knowledge_base_id,
        file=file,
        uploaded_by_id=actor.user_id if actor else None,
        title=file.name,
        folder=current.folder,
        version=current.version + 1,
        version_of=current,
        chunk_size=chunk_size,
        scan_language=current.scan_language,
        due_at=Now(),
    )
    made.refresh_from_db(fields=["due_at"])
    hint_after_commit(current_tenant_id(), made.id)
    return made


def _note(actor: Actor | None, action: str, document: Document, after: dict[str, Any]) -> None:
    record(actor=actor, action=action, target_type="document", target_id=document.id, after=after)
