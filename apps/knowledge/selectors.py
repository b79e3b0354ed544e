"""Reads of collections and documents, each inside the caller's scope and in few statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Count, Q
from django.db.models.functions import Lower

from apps.accounts.models import User
from apps.knowledge.models import Chunk, Document, DocumentState, KnowledgeBase, Visibility
from apps.knowledge.outputs import file_output
from apps.knowledge.permissions import may_change, readable_by, readable_documents
from apps.rest.errors import not_found

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor
    from apps.knowledge.models import TrialSearch

_UNREAD = (DocumentState.QUEUED, DocumentState.READING)


def visible_knowledge_bases(actor: Actor) -> QuerySet[KnowledgeBase]:
    """The collections that the person may read, without those that belong to one chat."""
    return readable_by(actor.user_id).filter(conversation_id=None)


def all_knowledge_bases() -> QuerySet[KnowledgeBase]:
    """Every shared or private collection of the organisation, for those who manage knowledge."""
    return KnowledgeBase.objects.filter(conversation_id=None)


def counted(knowledge_base: KnowledgeBase) -> KnowledgeBase:
    """The collection again, as `with_counts` has it; also a chat's own."""
    return with_counts(KnowledgeBase.objects.filter(id=knowledge_base.id)).get()


def with_counts(found: QuerySet[KnowledgeBase]) -> QuerySet[KnowledgeBase]:
    """The collections with owner, teams and the numbers of their documents; two statements in all."""
    own = Q(documents__version_of=None)
    failed = Q(documents__state=DocumentState.FAILED)
    return (
        found.select_related("owner")
        .prefetch_related("teams__team", "people__user")
        .annotate(
            documents_total=Count("documents", filter=own),
            documents_failed=Count("documents", filter=own & failed),
        )
    )


def people_of(emails: Iterable[str]) -> dict[str, UUID]:
    """Active people of the organisation by these addresses, in lower case."""
    found = User.objects.annotate(address=Lower("email")).filter(address__in=set(emails), is_active=True)
    return dict(found.values_list("address", "id"))


def emails_of(user_ids: Iterable[UUID]) -> list[str]:
    """The people's addresses in order."""
    found = User.objects.filter(id__in=list(user_ids)).order_by("email")
    return list(found.values_list("email", flat=True))


def readers_of(knowledge_base: KnowledgeBase) -> str:
    """Who may read it, in words."""
    if knowledge_base.visibility == Visibility.TENANT:
        return "everyone"
    if knowledge_base.visibility == Visibility.TEAMS:
        return ", ".join(knowledge_base.teams.order_by("team__name").values_list("team__name", flat=True))
    if knowledge_base.visibility == Visibility.PEOPLE:
        people = knowledge_base.people.order_by("user__name")
        return ", ".join(["its owner", *people.values_list("user__name", flat=True)])
    return "its owner only"


def documents_of(actor: Actor, knowledge_base: KnowledgeBase) -> QuerySet[Document]:
    """The collection's documents with file, uploader and source, without their versions.

    Who may change the collection sees the row of each, others those that they may read.
    """
    rows = Document.objects.filter(knowledge_base=knowledge_base, version_of=None)
    if not may_change(actor, knowledge_base):
        rows = rows.filter(id__in=readable_documents(actor.user_id).values("id"))
    loaded = rows.select_related("file", "uploaded_by", "knowledge_base")
    return loaded.prefetch_related("source_items__source")


def documents_named(rows: QuerySet[Document], *, words: str = "", state: str = "") -> QuerySet[Document]:
    """Those whose title, file or folder holds the words, and that are in the state; all for neither."""
    if words:
        in_name = Q(title__icontains=words) | Q(file__name__icontains=words) | Q(folder__icontains=words)
        rows = rows.filter(in_name)
    return rows.filter(state=state) if state in DocumentState.values else rows


def versions_of(document: Document) -> QuerySet[Document]:
    """The version that is being read, if any, and those that were replaced, newest first."""
    rows = Document.objects.filter(version_of=document)
    loaded = rows.select_related("file", "uploaded_by", "knowledge_base", "version_of")
    return loaded.order_by("-version", "-id")


def chunks_of(document: Document, words: str = "") -> QuerySet[Chunk]:
    """The document's passages in reading order, also excluded ones; those that hold the words, if any."""
    rows = Chunk.objects.filter(document=document).order_by("position")
    return rows.filter(text__icontains=words) if words else rows


def failed_documents() -> QuerySet[Document]:
    """Documents of all collections that could not be read, for those who manage knowledge."""
    failed = Document.objects.filter(state=DocumentState.FAILED, knowledge_base__conversation_id=None)
    return failed.select_related("file", "knowledge_base", "uploaded_by").order_by("-updated_at")


def named_documents(*, user_id: UUID, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The readable document behind each id: its own, its file's or that under which a client gave it."""
    named = Q(id__in=ids) | Q(file_id__in=ids) | Q(store_files__given_id__in=ids)
    rows = readable_documents(user_id).filter(named).order_by("-id")
    found = dict[UUID, UUID]()
    for document_id, *others in rows.values_list("id", "file_id", "store_files__given_id"):
        found[next(each for each in (document_id, *others) if each in ids)] = document_id
    return found


def document_text(document_id: UUID) -> str:
    """The text of a document that was read, from its passages; what neighbours share stands once."""
    ready = Chunk.objects.filter(document_id=document_id, document__state=DocumentState.READY)
    said, end = [], 0
    for chunk in ready.filter(is_excluded=False).order_by("position"):
        said.append(chunk.text[max(0, end - chunk.start) :])
        end = max(end, chunk.end)
    return "\n".join(said)


def around(chunk: Chunk) -> tuple[str, str]:
    """The text before and after a chunk, from its neighbours; what they share with it stands once."""
    near = (chunk.position - 1, chunk.position + 1)
    rows = Chunk.objects.filter(document_id=chunk.document_id, position__in=near)
    texts = {row.position: row for row in rows}
    before, after = texts.get(near[0]), texts.get(near[1])
    head = before.text[: max(0, chunk.start - before.start)] if before else ""
    tail = after.text[max(0, chunk.end - after.start) :] if after else ""
    return head, tail


def chunks_standing(chunk_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the chunks that their documents still have; the caller checks who asks."""
    return set(Chunk.objects.filter(id__in=chunk_ids).values_list("id", flat=True)) if chunk_ids else set()


def search_hits(actor: Actor, search: TrialSearch) -> list[tuple[Chunk, dict[str, Any]]]:
    """What a trial search found and the person may still read, best first, with the reasons for its place."""
    scores = {UUID(row["chunk_id"]): row for row in search.found}
    readable = Chunk.objects.filter(
        id__in=scores,
        document__in=readable_documents(actor.user_id).filter(state=DocumentState.READY),
    )
    shown = readable.select_related("document__knowledge_base", "document__file")
    chunks = {chunk.id: chunk for chunk in shown}
    return [(chunks[chunk_id], why) for chunk_id, why in scores.items() if chunk_id in chunks]


def conversation_files(conversation_id: UUID) -> list[dict[str, Any]]:
    """What was attached in a chat, oldest first, as FileOutput; the caller checks who asks."""
    return [file_output(document) for document in _attached(conversation_id).order_by("created_at", "id")]


def file_outputs(file_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """FileOutput by the file's id, for those that still are; the caller checks who asks."""
    rows = Document.objects.filter(file_id__in=file_ids)
    documents = rows.select_related("file", "knowledge_base", "version_of")
    return {document.file_id: file_output(document) for document in documents}


def access_conversation_files(*, actor: Actor, conversation_id: UUID, file_ids: Sequence[UUID]) -> None:
    """Raise 404 unless each file was attached in this chat by its owner."""
    own = _attached(conversation_id).filter(knowledge_base__owner_id=actor.user_id, file_id__in=set(file_ids))
    if own.count() != len(set(file_ids)):
        raise not_found()


def conversation_reading(*, conversation_id: UUID) -> list[str]:
    """Names of the chat's files that are still to be read."""
    unread = _attached(conversation_id).filter(state__in=_UNREAD).order_by("created_at")
    return [document.file.name for document in unread]


def searched_names(*, user_id: UUID, conversation_id: UUID, knowledge_base_ids: Iterable[UUID]) -> list[str]:
    """What the person's search looks through, in words: the chat's files, then collections."""
    ready = _attached(conversation_id).filter(state=DocumentState.READY).order_by("created_at")
    bases = readable_by(user_id).filter(id__in=list(knowledge_base_ids)).order_by("name")
    return [*(document.file.name for document in ready), *bases.values_list("name", flat=True)]


def readable_document_ids(*, user_id: UUID, document_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the documents that the person may read now."""
    readable = readable_documents(user_id).filter(id__in=document_ids)
    return set(readable.values_list("id", flat=True))


def _attached(conversation_id: UUID) -> QuerySet[Document]:
    rows = Document.objects.filter(knowledge_base__conversation_id=conversation_id)
    return rows.select_related("file", "knowledge_base", "version_of")
