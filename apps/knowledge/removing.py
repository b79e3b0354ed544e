"""Documents and all that hangs on them, gone: chunks, counts of terms, versions, files of nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.files.models import File
from apps.files.services import file_delete
from apps.knowledge.models import Document, DocumentState, KeptFile
from apps.knowledge.storing import chunks_drop, terms_count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID


def with_versions(document_ids: Sequence[UUID]) -> list[Document]:
    """The documents and their versions, locked, older rows first; what is gone is left out."""
    locked = Document.objects.select_for_update()
    own = list(locked.filter(id__in=document_ids).order_by("id"))
    return own + list(locked.filter(version_of__in=own).order_by("id"))


def documents_remove(documents: Sequence[Document]) -> None:
    """Delete locked documents; whoever reads one of them writes nothing more."""
    ids = [document.id for document in documents]
    ready = [document.id for document in documents if document.state == DocumentState.READY]
    if ready:
        terms_count(ready, sign=-1)
    chunks_drop(ids)
    file_ids = {document.file_id for document in documents}
    Document.objects.filter(id__in=ids).delete()
    used = Document.objects.filter(file_id__in=file_ids).values("file_id")
    kept = KeptFile.objects.filter(file_id__in=file_ids).values("file_id")
    for file in File.objects.filter(id__in=file_ids).exclude(id__in=used).exclude(id__in=kept):
        file_delete(file=file)
