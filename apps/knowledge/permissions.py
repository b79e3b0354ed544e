"""Who may read a collection, and who may change it.

Read: its owner, everyone or members of its teams, by its visibility. Change: its owner, and whoever manages
knowledge; managing shows names and states, never the text of what one may not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, Value
from django.db.models.functions import Concat

from apps.accounts.permissions import can
from apps.knowledge.models import (
    Chunk,
    Document,
    DocumentState,
    KnowledgeBase,
    KnowledgeBasePerson,
    KnowledgeBaseTeam,
    Restriction,
    RestrictionReader,
    TrialSearch,
    Visibility,
)
from apps.rest.errors import forbidden, not_found

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor

MANAGE: Final = "knowledge.manage"


def readable_by(user_id: UUID) -> QuerySet[KnowledgeBase]:
    """The collections that a person may read, those of their chats included."""
    shared = Exists(KnowledgeBaseTeam.objects.filter(_of_team(user_id), knowledge_base_id=OuterRef("pk")))
    named = Exists(KnowledgeBasePerson.objects.filter(user_id=user_id, knowledge_base_id=OuterRef("pk")))
    of_teams = Q(visibility=Visibility.TEAMS) & shared
    of_people = Q(visibility=Visibility.PEOPLE) & named
    own_or_open = Q(owner_id=user_id) | Q(visibility=Visibility.TENANT)
    return KnowledgeBase.objects.filter(own_or_open | of_teams | of_people)


def readable_documents(user_id: UUID) -> QuerySet[Document]:
    """The documents whose text a person may read: admission.ADMITTED, said to the ORM."""
    refusing = _refusing(user_id)
    beneath = Func(
        Concat(OuterRef("folder"), Value("/")),
        Concat(F("folder"), Value("/")),
        function="starts_with",
        output_field=BooleanField(),
    )
    of_folder = refusing.filter(beneath, document=None, knowledge_base_id=OuterRef("knowledge_base_id"))
    of_document = Q(document_id=OuterRef("pk")) | Q(document_id=OuterRef("version_of_id"))
    return _documents().filter(
        ~Exists(refusing.filter(of_document)),
        ~Exists(of_folder),
        knowledge_base__in=readable_by(user_id),
    )


def _of_team(user_id: UUID) -> Q:
    return Q(team__is_everyone=True) | Q(team__memberships__user_id=user_id)


def _refusing(user_id: UUID) -> QuerySet[Restriction]:
    """The restrictions that do not admit the person."""
    readers = RestrictionReader.objects.filter(restriction_id=OuterRef("pk"))
    of_people = Q(visibility=Visibility.PEOPLE) & Exists(readers.filter(user_id=user_id))
    of_teams = Q(visibility=Visibility.TEAMS) & Exists(readers.filter(_of_team(user_id)))
    admitting = Restriction.objects.filter(Q(owner_id=user_id) | of_people | of_teams)
    return Restriction.objects.exclude(id__in=admitting.values("id"))


def may_change(actor: Actor, knowledge_base: KnowledgeBase) -> bool:
    """Whether the actor may rename, share, fill or delete the collection."""
    if knowledge_base.owner_id == actor.user_id:
        return True
    return knowledge_base.conversation_id is None and can(actor, MANAGE)


def may_read(actor: Actor, knowledge_base: KnowledgeBase) -> bool:
    """Whether the actor may see the text of its documents."""
    return readable_by(actor.user_id).filter(id=knowledge_base.id).exists()


def access_knowledge_base(actor: Actor, knowledge_base_id: UUID, *, change: bool = False) -> KnowledgeBase:
    """The collection, to look at or to change; 404 when not the actor's to see, 403 when not to change."""
    found = readable_by(actor.user_id)
    if can(actor, MANAGE):
        found = found | KnowledgeBase.objects.filter(conversation_id=None)
    knowledge_base = found.filter(id=knowledge_base_id).select_related("owner").first()
    if knowledge_base is None:
        raise not_found()
    if change and not may_change(actor, knowledge_base):
        raise forbidden()
    return knowledge_base


def access_searchable(actor: Actor, knowledge_base_id: UUID) -> KnowledgeBase:
    """The collection if the actor may read its text; 404 otherwise."""
    knowledge_base = readable_by(actor.user_id).filter(id=knowledge_base_id).first()
    if knowledge_base is None:
        raise not_found()
    return knowledge_base


def access_document(actor: Actor, document_id: UUID, *, change: bool = False) -> Document:
    """The document's row, by its collection's rules; 404 or 403."""
    document = _documents().filter(id=document_id).first()
    if document is None:
        raise not_found()
    knowledge_base = access_knowledge_base(actor, document.knowledge_base_id)
    if may_change(actor, knowledge_base):
        return document
    if not readable_documents(actor.user_id).filter(id=document_id).exists():
        raise not_found()
    if change:
        raise forbidden()
    return document


def access_content(actor: Actor, document_id: UUID) -> Document:
    """The document if the actor may read what is in it; 404 otherwise."""
    document = readable_documents(actor.user_id).filter(id=document_id).first()
    if document is None:
        raise not_found()
    return document


def access_chunk(actor: Actor, chunk_id: UUID) -> Chunk:
    """A chunk of a document that the actor may read, also of a replaced version; 404 otherwise."""
    served = (DocumentState.READY, DocumentState.REPLACED)
    readable = readable_documents(actor.user_id).filter(state__in=served)
    chunks = Chunk.objects.select_related("document__knowledge_base", "document__file")
    chunk = chunks.filter(id=chunk_id, document__in=readable).first()
    if chunk is None:
        raise not_found()
    return chunk


def access_chunk_to_change(actor: Actor, chunk_id: UUID) -> Chunk:
    """A chunk that the actor may read, of a collection that they may change; 404 or 403."""
    chunk = access_chunk(actor, chunk_id)
    access_knowledge_base(actor, chunk.document.knowledge_base_id, change=True)
    return chunk


def access_attached(actor: Actor, file_id: UUID) -> Document:
    """The document of a file that the actor attached in one of their chats; 404 otherwise."""
    own = Q(knowledge_base__conversation_id__isnull=False, knowledge_base__owner_id=actor.user_id)
    document = _documents().filter(own, file_id=file_id).first()
    if document is None:
        raise not_found()
    return document


def access_search(actor: Actor, search_id: UUID) -> TrialSearch:
    """The actor's own trial search in a collection that they may still read; 404 otherwise."""
    searches = TrialSearch.objects.filter(user_id=actor.user_id)
    search = searches.filter(id=search_id, knowledge_base__in=readable_by(actor.user_id)).first()
    if search is None:
        raise not_found()
    return search


def own_search(
    actor: Actor, knowledge_base: KnowledgeBase, search_id: UUID, query: str
) -> TrialSearch | None:
    """The actor's trial search of this question in a collection whose text they may read; None otherwise."""
    searches = TrialSearch.objects.filter(user_id=actor.user_id, query=" ".join(query.split()))
    readable = readable_by(actor.user_id).filter(id=knowledge_base.id)
    found: TrialSearch | None = searches.filter(id=search_id, knowledge_base__in=readable).first()
    return found


def _documents() -> QuerySet[Document]:
    return Document.objects.select_related("file", "knowledge_base", "uploaded_by")
