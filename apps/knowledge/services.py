"""Writes of collections and documents: each in the caller's transaction, audited, with a hint after commit.

`actor` None is the operator (a command).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from apps.accounts.models import Team
from apps.accounts.permissions import can
from apps.accounts.selectors import teams_of
from apps.audit.services import record
from apps.files.services import file_delete
from apps.knowledge.adding import Uploaded, file_take, folder_name, room_make, same_content
from apps.knowledge.hinting import hint_after_commit, hint_search_after_commit
from apps.knowledge.models import (
    Document,
    DocumentState,
    KnowledgeBase,
    KnowledgeBasePerson,
    KnowledgeBaseTeam,
    TrialSearch,
    Visibility,
)
from apps.knowledge.narrowing import WIDE, clean_tags
from apps.knowledge.permissions import MANAGE
from apps.knowledge.removing import documents_remove, with_versions
from apps.knowledge.restricting import known_people
from apps.knowledge.serving import knowledge_base_lock
from apps.knowledge.storing import terms_count
from apps.rest.errors import ProblemError, invalid
from apps.tenants.scope import current_tenant_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.files.models import File
    from apps.knowledge.accepting import Readable
    from apps.knowledge.narrowing import Narrowing

CHAT_FILES: Final = "Files of a chat"
MOST_QUERY: Final = 500
_SEARCH_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who may read a collection; teams count with the visibility `teams` only, people with `people`."""

    visibility: str
    team_ids: tuple[UUID, ...] = ()
    user_ids: tuple[UUID, ...] = ()


def knowledge_base_create(
    *,
    actor: Actor | None,
    name: str,
    description: str = "",
    visibility: str = Visibility.PRIVATE,
    team_ids: Sequence[UUID] = (),
    user_ids: Sequence[UUID] = (),
) -> KnowledgeBase:
    """A new collection of the actor's; raises ProblemError 400 by field."""
    sharing = Sharing(visibility, tuple(team_ids), tuple(user_ids))
    knowledge_base = KnowledgeBase.objects.create(
        name=_named(name),
        description=" ".join(description.split())[:500],
        owner_id=actor.user_id if actor else None,
    )
    _share(actor, knowledge_base, sharing, had=Sharing(Visibility.PRIVATE))
    knowledge_base.save(update_fields=["visibility"])
    _note(actor, "knowledge_base.created", knowledge_base, after=_told(knowledge_base, sharing))
    return knowledge_base


def knowledge_base_update(
    *,
    actor: Actor | None,
    knowledge_base: KnowledgeBase,
    name: str | None = None,
    description: str | None = None,
    sharing: Sharing | None = None,
) -> KnowledgeBase:
    """Rename, describe or share it otherwise; None leaves as it is. The next question already obeys it."""
    had = sharing_of(knowledge_base)
    before = _told(knowledge_base, had)
    if name is not None:
        knowledge_base.name = _named(name)
    if description is not None:
        knowledge_base.description = " ".join(description.split())[:500]
    if sharing is not None:
        _share(actor, knowledge_base, sharing, had=had)
    knowledge_base.save()
    after = _told(knowledge_base, sharing_of(knowledge_base))
    _note(actor, "knowledge_base.updated", knowledge_base, before=before, after=after)
    return knowledge_base


def knowledge_base_delete(*, actor: Actor | None, knowledge_base: KnowledgeBase) -> None:
    """Delete it with its documents and their files, also those that are being read."""
    knowledge_base_lock(knowledge_base.id)
    documents = list(
        Document.objects.select_for_update().filter(knowledge_base=knowledge_base).order_by("id")
    )
    documents_remove(documents)
    count = sum(document.version_of_id is None for document in documents)
    before = _told(knowledge_base, sharing_of(knowledge_base)) | {"documents": count}
    _note(actor, "knowledge_base.deleted", knowledge_base, before=before)
    knowledge_base.delete()


def document_add(
    *,
    actor: Actor | None,
    knowledge_base: KnowledgeBase,
    name: str,
    stream: Readable,
    folder: str = "",
    tags: Sequence[str] = (),
) -> Document:
    """Keep a file and have it read, also where the collection has its content already.

    Raises ProblemError before anything is kept: 400 (empty), 413 (too large), 415 (a kind that is not read,
    or content that its name does not promise), 409 (quota), 422 (virus scanner).
    """
    file = file_take(actor=actor, name=name, stream=stream)
    return _added(actor, knowledge_base, file, folder, tags)


def document_upload(
    *,
    actor: Actor | None,
    knowledge_base: KnowledgeBase,
    name: str,
    stream: Readable,
    folder: str = "",
    tags: Sequence[str] = (),
) -> Uploaded:
    """`document_add`, but content that the collection has already is not kept twice."""
    file = file_take(actor=actor, name=name, stream=stream)
    same = same_content(knowledge_base.id, file)
    if same is not None:
        file_delete(file=file)
        return Uploaded(same, is_duplicate=True)
    return Uploaded(_added(actor, knowledge_base, file, folder, tags), is_duplicate=False)


def conversation_file_add(*, actor: Actor, conversation_id: UUID, name: str, stream: Readable) -> Document:
    """Attach a file to a chat that the caller has checked to be the actor's; raises as document_add."""
    knowledge_base, _ = KnowledgeBase.objects.get_or_create(
        conversation_id=conversation_id,
        defaults={"name": CHAT_FILES, "visibility": Visibility.PRIVATE, "owner_id": actor.user_id},
    )
    return document_add(actor=actor, knowledge_base=knowledge_base, name=name, stream=stream)


def document_retry(*, actor: Actor | None, document: Document) -> Document:
    """Have it read again; raises ProblemError 409 where that can not help."""
    locked = Document.objects.select_for_update().get(id=document.id)
    if not locked.may_retry:
        raise ProblemError(
            409,
            "not_retryable",
            "Reading this document again would end the same way",
            locked.error_detail or "It is ready, or it is being read. Nothing was changed.",
        )
    if locked.state == DocumentState.READY:
        terms_count([locked.id], sign=-1)
    Document.objects.filter(id=locked.id).update(
        state=DocumentState.QUEUED,
        attempts=0,
        fence=F("fence") + 1,
        due_at=Now(),
        lease_until=None,
        error_kind="",
        error_detail="",
        note="",
        updated_at=Now(),
    )
    _note(actor, "document.retried", locked)
    hint_after_commit(current_tenant_id(), locked.id)
    document.refresh_from_db()
    return document


def document_delete(*, actor: Actor | None, document: Document) -> None:
    """Delete it with its chunks and its file, also while it is read: its reader writes nothing more."""
    locked = with_versions([document.id])
    if not locked:
        return
    _note(actor, "document.deleted", document, before={"title": document.title})
    documents_remove(locked)


def conversation_documents_delete(*, actor: Actor | None, conversation_id: UUID) -> None:
    """Delete what was attached in a chat; nothing when nothing was."""
    own = KnowledgeBase.objects.filter(conversation_id=conversation_id).first()
    if own is not None:
        knowledge_base_delete(actor=actor, knowledge_base=own)


def trial_search_start(
    *,
    actor: Actor,
    knowledge_base: KnowledgeBase,
    query: str,
    narrowing: Narrowing = WIDE,
    beside: Sequence[KnowledgeBase] = (),
) -> TrialSearch:
    """Have a worker search the collection, and those beside it; the row tells the result.

    The person's rows older than a day go. Models are asked in the first collection's name.
    """
    query = " ".join(query.split())
    if not query or len(query) > MOST_QUERY:
        raise invalid([{"field": "query", "message": f"Write a question of up to {MOST_QUERY} characters."}])
    mine = TrialSearch.objects.filter(user_id=actor.user_id)
    mine.filter(created_at__lt=timezone.now() - _SEARCH_KEPT).delete()
    search: TrialSearch = TrialSearch.objects.create(
        knowledge_base=knowledge_base,
        user_id=actor.user_id,
        query=query,
        narrowing=narrowing.stored(),
        beside=[str(base.id) for base in beside],
    )
    hint_search_after_commit(current_tenant_id(), search.id)
    return search


def sharing_of(knowledge_base: KnowledgeBase) -> Sharing:
    """Who may read it now."""
    rows = KnowledgeBaseTeam.objects.filter(knowledge_base=knowledge_base).order_by("team_id")
    people = KnowledgeBasePerson.objects.filter(knowledge_base=knowledge_base).order_by("user_id")
    return Sharing(
        knowledge_base.visibility,
        tuple(rows.values_list("team_id", flat=True)),
        tuple(people.values_list("user_id", flat=True)),
    )


def _added(
    actor: Actor | None, knowledge_base: KnowledgeBase, file: File, folder: str, tags: Sequence[str]
) -> Document:
    if knowledge_base.conversation_id is None:
        room_make(knowledge_base.id, file, documents=1)
    document = Document.objects.create(
        knowledge_base=knowledge_base,
        file=file,
        uploaded_by_id=actor.user_id if actor else None,
        title=file.name,
        folder=folder_name(folder),
        tags=clean_tags(tags),
        due_at=Now(),
    )
    document.refresh_from_db(fields=["due_at"])
    _note(actor, "document.added", document, after={"name": file.name, "size": file.size})
    hint_after_commit(current_tenant_id(), document.id)
    return document


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 120:  # noqa: PLR2004 - the column's length
        raise invalid([{"field": "name", "message": "A name of 1 to 120 characters."}])
    return name


def _share(actor: Actor | None, knowledge_base: KnowledgeBase, sharing: Sharing, had: Sharing) -> None:
    """Set who may read it; a person shares with their own teams, those who manage knowledge with any."""
    if sharing.visibility not in Visibility.values:
        raise invalid([{"field": "visibility", "message": "One of: private, people, teams, tenant."}])
    may_all = actor is None or can(actor, MANAGE)
    if sharing.visibility == Visibility.TENANT and not (may_all or had.visibility == Visibility.TENANT):
        message = "Sharing with everyone is for administrators. Share it with your teams, or ask one."
        raise invalid([{"field": "visibility", "message": message}])
    wanted = set(sharing.team_ids) if sharing.visibility == Visibility.TEAMS else set()
    if sharing.visibility == Visibility.TEAMS and not wanted:
        raise invalid([{"field": "team_ids", "message": "Choose at least one team."}])
    offered = Team.objects.all() if may_all or actor is None else teams_of(actor.user_id)
    known = set(offered.filter(id__in=wanted).values_list("id", flat=True)) | set(had.team_ids)
    if wanted - known:
        raise invalid([{"field": "team_ids", "message": "Choose teams that you are in."}])
    people = known_people(sharing.user_ids) if sharing.visibility == Visibility.PEOPLE else []
    knowledge_base.visibility = sharing.visibility
    _name_people(knowledge_base, people)
    rows = KnowledgeBaseTeam.objects.filter(knowledge_base=knowledge_base)
    rows.exclude(team_id__in=wanted).delete()
    KnowledgeBaseTeam.objects.bulk_create(
        [
            KnowledgeBaseTeam(knowledge_base=knowledge_base, team_id=team_id)
            for team_id in sorted(wanted - set(had.team_ids))
        ]
    )


def _name_people(knowledge_base: KnowledgeBase, user_ids: Sequence[UUID]) -> None:
    KnowledgeBasePerson.objects.filter(knowledge_base=knowledge_base).delete()
    KnowledgeBasePerson.objects.bulk_create(
        [KnowledgeBasePerson(knowledge_base=knowledge_base, user_id=user_id) for user_id in user_ids]
    )


def _told(knowledge_base: KnowledgeBase, sharing: Sharing) -> dict[str, Any]:
    return {
        "name": knowledge_base.name,
        "visibility": sharing.visibility,
        "teams": [str(team_id) for team_id in sharing.team_ids],
        "people": [str(user_id) for user_id in sharing.user_ids],
    }


def _note(actor: Actor | None, action: str, target: KnowledgeBase | Document, **values: Any) -> None:
    kind = "document" if isinstance(target, Document) else "knowledge_base"
    record(actor=actor, action=action, target_type=kind, target_id=target.id, **values)
