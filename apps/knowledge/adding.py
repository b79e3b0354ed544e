"""What comes before a document's row: its file, room for it, its place in the collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from apps.files.names import clean_name
from apps.files.services import file_save
from apps.files.storage import storage
from apps.knowledge.accepting import accepted
from apps.knowledge.models import Document, KnowledgeBase
from apps.knowledge.quotas import refuse_over_quota
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.files.models import File
    from apps.knowledge.accepting import Readable

DEEPEST: Final = 20
MOST_FOLDER: Final = 500


class Uploaded(NamedTuple):
    """What an upload became: a new document, or the one of the same content that was there."""

    document: Document
    is_duplicate: bool


def file_take(*, actor: Actor | None, name: str, stream: Readable) -> File:
    """Keep the bytes, in the caller's transaction; raises ProblemError as services.document_add does."""
    format_, parts = accepted(name, stream)
    owner_id = actor.user_id if actor else None
    return file_save(owner_id=owner_id, name=name, media_type=format_.media_type, parts=parts)


def room_make(knowledge_base_id: UUID, file: File, *, documents: int) -> None:
    """Raise ProblemError 409 where a file that was just kept does not fit; its bytes go then."""
    try:
        refuse_over_quota(knowledge_base_id, documents=documents, size=file.size)
    except ProblemError:
        storage().delete(file.storage_key)
        raise


def same_content(knowledge_base_id: UUID, file: File) -> Document | None:
    """The first document of the collection with exactly these bytes.

    Locks the collection to the transaction's end, so that the same file sent twice at once is kept once.
    """
    KnowledgeBase.objects.select_for_update(no_key=True).get(id=knowledge_base_id)
    documents = Document.objects.select_related("file", "uploaded_by").filter(
        knowledge_base_id=knowledge_base_id, version_of=None, file__sha256=file.sha256, file__size=file.size
    )
    return documents.order_by("created_at", "id").first()


def folder_name(path: str) -> str:
    """A folder as a browser or a client gives it, harmless: "HR/Contracts", empty at the top."""
    parts = [clean_name(part) for part in path.replace("\\", "/").split("/") if part.strip(". ")]
    return "/".join(parts[:DEEPEST])[:MOST_FOLDER].rstrip("/")
