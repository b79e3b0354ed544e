"""What a sync writes, each in the caller's scope and under the source's fence; raises LostSourceError."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from django.db.models.functions import Now

from apps.accounts.models import User
from apps.audit.services import record
from apps.files.names import clean_name
from apps.knowledge import services
from apps.knowledge.adding import folder_name
from apps.knowledge.connectors.claiming import held, locked
from apps.knowledge.connectors.models import SourceItem, SourceState
from apps.knowledge.models import Restriction, RestrictionReader, Visibility
from apps.knowledge.versioning import document_replace, document_reprocess
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from typing import Any

    from apps.knowledge.accepting import Readable
    from apps.knowledge.connectors.base import Changes, Item, Permissions
    from apps.knowledge.connectors.models import Source
    from apps.knowledge.connectors.syncing import Tally
    from apps.knowledge.models import Document

SAME_CONTENT: Final = "same_content"
_PAUSE: Final = timedelta(minutes=5)
_MOST_PAUSE: Final = timedelta(hours=6)


def items_of(source: Source) -> dict[str, SourceItem]:
    """What is known of the source's items, by key."""
    rows = SourceItem.objects.filter(source_id=source.id).select_related("document__file")
    return {item.key: item for item in rows}


def item_take(source: Source, item: Item, file: Readable, readers: Permissions | None) -> None:
    """Keep the item's bytes as a document, in place of the one before; raises ProblemError as uploads do."""
    locked(source)
    row = SourceItem.objects.filter(source_id=source.id, key=item.key).first() or _new(source, item)
    if row.document is None:
        row.document = services.document_add(
            actor=None,
            knowledge_base=source.knowledge_base,
            name=item.name,
            stream=file,
            folder=folder_name(item.folder),
        )
    else:
        _replace(row.document, item, file)
    readers_mirror(row.document, readers)
    row.version, row.link, row.problem = item.version, item.link[:2048], ""
    row.save()


def _replace(document: Document, item: Item, file: Readable) -> None:
    """Read the item's new bytes as the document's next version; nothing where they are the same after all."""
    try:
        document_replace(actor=None, document=document, name=item.name, stream=file)
    except ProblemError as problem:
        if problem.code != SAME_CONTENT:
            raise


def readers_mirror(document: Document, readers: Permissions | None) -> None:
    """Let exactly those read the document who may read it there; all of them where it is open.

    People are found by their e-mail address; whom the source names and nobody here is reads nothing. A source
    without permissions (None) leaves alone what people here decided.
    """
    if readers is None:
        return
    Restriction.objects.filter(document=document).delete()
    if readers.is_open:
        return
    restriction = Restriction.objects.create(
        knowledge_base_id=document.knowledge_base_id, document=document, visibility=Visibility.PEOPLE
    )
    people = User.objects.filter(
        email__in={known.strip().lower() for known in readers.emails}, is_active=True
    ).order_by("id")
    RestrictionReader.objects.bulk_create(
        [RestrictionReader(restriction=restriction, user=person) for person in people]
    )


def item_move(source: Source, key: str, item: Item, readers: Permissions | None) -> None:
    """Follow an item to its new place: its document stays, with what people said of it and who may read it.

    One that is called by its file's name is read again under the new one.
    """
    locked(source)
    row = SourceItem.objects.select_related("document__file").get(source_id=source.id, key=key)
    row.key, row.version, row.link, row.problem = item.key, item.version, item.link[:2048], ""
    row.save()
    document = row.document
    if document is None:
        return
    file, had = document.file, document.file.name
    document.folder, file.name = folder_name(item.folder), clean_name(item.name)
    document.save(update_fields=["folder", "updated_at"])
    file.save(update_fields=["name"])
    readers_mirror(document, readers)
    if file.name != had and document.title in {had, PurePath(had).stem}:
        document_reprocess(actor=None, document=document, chunk_size=document.chunk_size)


def item_refuse(source: Source, item: Item, why: str, *, again: bool) -> None:
    """Note why the item was not taken in; a document from before stays. `again`: the next sync tries anew."""
    locked(source)
    row = SourceItem.objects.filter(source_id=source.id, key=item.key).first() or _new(source, item)
    row.version = "" if again else item.version
    row.link, row.problem = item.link, why[:500]
    row.save()


def item_drop(source: Source, key: str) -> None:
    """Forget an item that is gone from the source, and delete its document."""
    locked(source)
    row = SourceItem.objects.filter(source_id=source.id, key=key).first()
    if row is None:
        return
    if row.document is not None:
        services.document_delete(actor=None, document=row.document)
    row.delete()


def source_finish(source: Source, changes: Changes, tally: Tally) -> None:
    """The end of a sync that reached its end; the cursor stays where something is to be tried again."""
    locked(source)
    every = timedelta(minutes=source.every_minutes)
    told = f"{tally.failed} could not be read; the next sync tries again." if tally.failed else ""
    counts = {name: getattr(tally, name) for name in ("added", "changed", "removed", "failed")}
    values: dict[str, Any] = counts | {
        "state": SourceState.IDLE,
        "error": "",
        "failures": 0,
        "note": " ".join(part for part in (changes.note, told) if part),
        "lease_until": None,
        "synced_at": Now(),
        "updated_at": Now(),
        "due_at": Now() + every if source.every_minutes else None,
    }
    if not tally.failed:
        values["cursor"] = changes.cursor
    held(source).update(**values)
    if tally.added or tally.changed or tally.removed:
        record(actor=None, action="source.synced", target_type="source", target_id=source.id, after=counts)


def source_fail(source: Source, message: str, *, retryable: bool) -> None:
    """The end of a sync that could not go on. It is tried again by itself only where that can help."""
    pause = min(_PAUSE * 2 ** min(source.failures, 8), _MOST_PAUSE)
    failed = held(source).update(
        state=SourceState.FAILED,
        error=message[:500],
        failures=min(source.failures + 1, 1000),
        lease_until=None,
        updated_at=Now(),
        due_at=Now() + pause if retryable and source.every_minutes else None,
    )
    if failed:
        record(
            actor=None,
            action="source.failed",
            target_type="source",
            target_id=source.id,
            after={"error": message[:500]},
        )


def _new(source: Source, item: Item) -> SourceItem:
    return SourceItem(source_id=source.id, key=item.key)
