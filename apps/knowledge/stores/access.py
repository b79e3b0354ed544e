"""Loaders of files, stores and batches as clients name them; each answers 404 for what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from apps.files.models import File
from apps.knowledge.models import FileBatch, KeptFile
from apps.knowledge.permissions import access_knowledge_base, may_change, readable_documents
from apps.knowledge.selectors import documents_of
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor
    from apps.knowledge.models import Document, KnowledgeBase


def kept_files(actor: Actor) -> QuerySet[KeptFile]:
    """The files that the actor's person gave and that have not expired."""
    lasting = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return KeptFile.objects.filter(lasting, user_id=actor.user_id).select_related("file")


def access_kept(actor: Actor, file_id: UUID) -> KeptFile:
    """One of them; 404 otherwise."""
    kept = kept_files(actor).filter(file_id=file_id).first()
    if kept is None:
        raise not_found()
    return kept


def access_all_kept(actor: Actor, file_ids: Collection[UUID]) -> dict[UUID, KeptFile]:
    """All of them by their ids; 404 where one is missing."""
    found = {kept.file_id: kept for kept in kept_files(actor).filter(file_id__in=set(file_ids))}
    if found.keys() != set(file_ids):
        raise not_found()
    return found


def access_file(actor: Actor, file_id: UUID) -> File:
    """A file that the actor gave, or whose document they may read; 404 otherwise."""
    given = kept_files(actor).filter(file_id=file_id).values("file_id")
    read = readable_documents(actor.user_id).filter(file_id=file_id).values("file_id")
    file: File | None = File.objects.filter(Q(id__in=given) | Q(id__in=read)).first()
    if file is None:
        raise not_found()
    return file


def access_store(actor: Actor, store_id: UUID, *, change: bool = False) -> KnowledgeBase:
    """The collection; a chat's own is none. 404 or 403."""
    base = access_knowledge_base(actor, store_id, change=change)
    if base.conversation_id is not None:
        raise not_found()
    return base


def store_files(actor: Actor, base: KnowledgeBase) -> QuerySet[Document]:
    """The collection's documents as far as the actor sees them, with what clients said of them."""
    return documents_of(actor, base).prefetch_related("store_files")


def access_store_file(
    actor: Actor, store_id: UUID, file_id: UUID, *, change: bool = False
) -> tuple[KnowledgeBase, Document]:
    """A document of the collection by its file's id; 404 or 403."""
    base = access_store(actor, store_id, change=change)
    given = Q(store_files__given_id=file_id) | Q(store_files=None, file_id=file_id)
    document = store_files(actor, base).filter(given).order_by("created_at", "id").first()
    if document is None:
        raise not_found()
    return base, document


def access_batch(actor: Actor, store_id: UUID, batch_id: UUID, *, change: bool = False) -> FileBatch:
    """A batch of a collection that the actor may change, or see; 404 or 403."""
    base = access_store(actor, store_id, change=change)
    batch = FileBatch.objects.filter(id=batch_id, knowledge_base=base).first()
    if batch is None or not (change or may_change(actor, base)):
        raise not_found()
    return batch
