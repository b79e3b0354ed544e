"""Writes of files and vector stores: each in the caller's transaction, and audited."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models.functions import Now
from django.utils import timezone

from apps.audit.services import record
from apps.files.services import file_delete
from apps.knowledge import services
from apps.knowledge.adding import file_take
from apps.knowledge.chunking import SIZE
from apps.knowledge.hinting import hint_after_commit
from apps.knowledge.models import (
    Document,
    DocumentState,
    FileBatch,
    KeptFile,
    KnowledgeBase,
    StoreFile,
    StoreSetting,
)
from apps.knowledge.narrowing import clean_tags
from apps.knowledge.pausing import document_pause
from apps.knowledge.quotas import refuse_over_quota
from apps.knowledge.removing import documents_remove, with_versions
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.knowledge.accepting import Readable

NAME: Final = "Vector store"
UNSET: Final[Any] = object()


@dataclass(frozen=True, slots=True)
class Wish:
    """How a file is to be taken in."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    chunk_size: int = SIZE


def file_keep(
    *, actor: Actor, name: str, stream: Readable, purpose: str, lasts: timedelta | None
) -> KeptFile:
    """Keep a file for a time, None for good; raises ProblemError as services.document_add does."""
    file = file_take(actor=actor, name=name, stream=stream)
    kept = KeptFile.objects.create(
        file=file,
        user_id=actor.user_id,
        purpose=purpose,
        expires_at=timezone.now() + lasts if lasts else None,
    )
    _note(actor, "file.kept", "file", file.id, after={"name": file.name, "size": file.size})
    return kept


def file_forget(*, actor: Actor | None, kept: KeptFile) -> None:
    """Delete a file, also out of every store that its person put it into."""
    ids = StoreFile.objects.filter(given_id=kept.file_id, document__uploaded_by_id=kept.user_id)
    documents = with_versions(list(ids.values_list("document_id", flat=True)))
    documents_remove(documents)
    file = kept.file
    kept.delete()
    _note(actor, "file.deleted", "file", file.id, before={"name": file.name, "documents": len(documents)})
    if not Document.objects.filter(file=file).exists():
        file_delete(file=file)


def store_create(
    *,
    actor: Actor,
    name: str,
    description: str,
    metadata: Mapping[str, str],
    expires_days: int | None,
) -> KnowledgeBase:
    """A collection of the actor's own; raises ProblemError 400 by field."""
    base = services.knowledge_base_create(actor=actor, name=name or NAME, description=description)
    StoreSetting.objects.create(
        knowledge_base=base, metadata=dict(metadata), expires_days=expires_days, active_at=timezone.now()
    )
    return base


def store_update(
    *, actor: Actor, base: KnowledgeBase, name: str | None, metadata: Any = UNSET, expires_days: Any = UNSET
) -> None:
    """Rename it, or say something else of it; what is not given stays."""
    if name is not None:
        services.knowledge_base_update(actor=actor, knowledge_base=base, name=name)
    values = {} if metadata is UNSET else {"metadata": metadata}
    values |= {} if expires_days is UNSET else {"expires_days": expires_days}
    StoreSetting.objects.update_or_create(
        knowledge_base=base, defaults=values | {"active_at": timezone.now()}
    )


def store_touch(base: KnowledgeBase) -> None:
    """Note that it was used: its expiry counts from now."""
    StoreSetting.objects.filter(knowledge_base=base).update(active_at=timezone.now())


def file_attach(
    *, actor: Actor, base: KnowledgeBase, kept: KeptFile, wish: Wish, batch: FileBatch | None = None
) -> Document:
    """Have the file read into the collection; the document of it that is there already, if any.

    That one then counts in this batch: who waits for it sees every file that they named. Raises ProblemError
    409 where it does not fit into the collection's quota.
    """
    KnowledgeBase.objects.select_for_update(no_key=True).get(id=base.id)
    known = StoreFile.objects.filter(given_id=kept.file_id, document__knowledge_base=base).first()
    if known is not None:
        if batch is not None:
            StoreFile.objects.filter(id=known.id).update(batch=batch)
        document: Document = known.document
        return document
    refuse_over_quota(base.id, documents=1, size=kept.file.size)
    document = Document.objects.create(
        knowledge_base=base,
        file=kept.file,
        uploaded_by_id=actor.user_id,
        title=kept.file.name,
        chunk_size=wish.chunk_size,
        tags=_tags(wish.attributes),
        due_at=Now(),
    )
    document.refresh_from_db(fields=["due_at"])
    StoreFile.objects.create(
        document=document, given_id=kept.file_id, batch=batch, attributes=dict(wish.attributes)
    )
    after = {"name": kept.file.name, "size": kept.file.size}
    _note(actor, "document.added", "document", document.id, after=after)
    hint_after_commit(current_tenant_id(), document.id)
    return document


def batch_attach(*, actor: Actor, base: KnowledgeBase, files: Iterable[tuple[KeptFile, Wish]]) -> FileBatch:
    """Have several files read into the collection; raises as `file_attach` does, and keeps none then."""
    batch: FileBatch = FileBatch.objects.create(knowledge_base=base)
    for kept, wish in files:
        file_attach(actor=actor, base=base, kept=kept, wish=wish, batch=batch)
    store_touch(base)
    return batch


def batch_cancel(*, actor: Actor, batch: FileBatch) -> None:
    """Hold back what of it is not read yet."""
    waiting = (DocumentState.QUEUED, DocumentState.READING)
    for document in Document.objects.filter(store_files__batch=batch, state__in=waiting):
        document_pause(actor=actor, document=document)


def attributes_set(*, actor: Actor, document: Document, attributes: Mapping[str, Any]) -> None:
    """Say something else of a document; its tags follow, those that people gave it stay."""
    said, _ = StoreFile.objects.get_or_create(document=document, defaults={"given_id": document.file_id})
    before = _tags(said.attributes)
    others = [tag for tag in document.tags if tag not in before]
    said.attributes = dict(attributes)
    said.save(update_fields=["attributes"])
    document.tags = clean_tags([*others, *_tags(attributes)])
    document.save(update_fields=["tags"])
    _note(actor, "document.tagged", "document", document.id, after={"tags": document.tags})


def _tags(attributes: Mapping[str, Any]) -> list[str]:
    """Attributes as people see and filter them: "department: HR"."""
    return clean_tags(f"{key}: {value}" for key, value in sorted(attributes.items()))


def _note(actor: Actor | None, action: str, kind: str, id_: UUID, **values: Any) -> None:
    record(actor=actor, action=action, target_type=kind, target_id=id_, **values)
