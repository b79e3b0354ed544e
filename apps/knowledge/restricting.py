"""Narrowing who may read a document or a folder; audited, and obeyed by the next question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from apps.accounts.models import Team, User
from apps.accounts.permissions import can
from apps.accounts.selectors import teams_of
from apps.audit.services import record
from apps.knowledge.models import Restriction, RestrictionReader, Visibility
from apps.knowledge.permissions import MANAGE
from apps.rest.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.actors import Actor
    from apps.knowledge.models import Document, KnowledgeBase

MOST_FOLDER: Final = 500
CHANGED: Final = "restriction.changed"


@dataclass(frozen=True, slots=True)
class Readers:
    """Whom a document or a folder is for; ids count with their own visibility only."""

    visibility: str
    user_ids: tuple[UUID, ...] = ()
    team_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A document of a collection, or one of its folders."""

    knowledge_base: KnowledgeBase
    document: Document | None = None
    folder: str = ""


def restriction_set(
    *, actor: Actor, place: Place, readers: Readers, owner_id: UUID | None = None
) -> Restriction | None:
    """Say who may read the place among its collection's readers; `tenant` lifts the restriction.

    The document's uploader, or who first closes a folder, always reads it; `owner_id` names another one for
    a new restriction. Raises ProblemError 400 by field.
    """
    rows = _at(place).select_for_update()
    found = rows.first()
    chosen = _checked(actor, readers, had=readers_at(found))
    before = _told(place, found)
    if readers.visibility == Visibility.TENANT:
        rows.delete()
        _note(actor, place, before, _told(place, None))
        return None
    restriction = found or Restriction(
        knowledge_base=place.knowledge_base,
        document=place.document,
        folder=place.folder,
        owner_id=owner_id or first_owner(actor, place),
    )
    restriction.visibility = readers.visibility
    restriction.save()
    RestrictionReader.objects.filter(restriction=restriction).delete()
    RestrictionReader.objects.bulk_create(
        [RestrictionReader(restriction=restriction, **{field: id_}) for field, id_ in chosen]
    )
    _note(actor, place, before, _told(place, restriction))
    return restriction


def first_owner(actor: Actor, place: Place) -> UUID:
    """Who always reads the place where the actor begins to restrict it."""
    return (place.document.uploaded_by_id if place.document else None) or actor.user_id


def readers_at(restriction: Restriction | None) -> Readers:
    """Whom it admits; everyone of the collection where there is none."""
    if restriction is None:
        return Readers(Visibility.TENANT)
    rows = list(RestrictionReader.objects.filter(restriction=restriction).order_by("id"))
    users = tuple(row.user_id for row in rows if row.user_id)
    teams = tuple(row.team_id for row in rows if row.team_id)
    return Readers(restriction.visibility, users, teams)


def restriction_at(place: Place) -> Restriction | None:
    """The place's own restriction."""
    return _at(place).select_related("owner").first()


def clean_folder(folder: str) -> str:
    """The folder as documents name it, "HR/Contracts"; raises ProblemError 400 for none or a longer one."""
    parts = [part.strip() for part in folder.replace("\0", "").split("/")]
    cleaned = "/".join(part for part in parts if part and part not in {".", ".."})
    if not cleaned or len(cleaned) > MOST_FOLDER:
        message = f"Name a folder of up to {MOST_FOLDER} characters."
        raise invalid([{"field": "folder", "message": message}])
    return cleaned


def _at(place: Place) -> QuerySet[Restriction]:
    return Restriction.objects.filter(
        knowledge_base=place.knowledge_base, document=place.document, folder=place.folder
    )


def _checked(actor: Actor, readers: Readers, had: Readers) -> list[tuple[str, UUID]]:
    """The readers as columns of their rows.

    A person names their own teams and those named before, who manages knowledge any.
    """
    if readers.visibility not in Visibility.values:
        raise invalid([{"field": "visibility", "message": "One of: private, people, teams, tenant."}])
    if readers.visibility == Visibility.PEOPLE:
        return [("user_id", id_) for id_ in known_people(readers.user_ids)]
    if readers.visibility != Visibility.TEAMS:
        return []
    offered = Team.objects.all() if can(actor, MANAGE) else teams_of(actor.user_id)
    known = set(offered.filter(id__in=readers.team_ids).values_list("id", flat=True))
    known |= set(had.team_ids) & set(readers.team_ids)
    if not readers.team_ids or set(readers.team_ids) - known:
        raise invalid([{"field": "team_ids", "message": "Choose at least one team that you are in."}])
    return [("team_id", id_) for id_ in sorted(known)]


def known_people(user_ids: Iterable[UUID]) -> list[UUID]:
    """The ids, each once; raises ProblemError 400 where none is given or one names nobody here."""
    wanted = set(user_ids)
    known = set(User.objects.filter(id__in=wanted, is_active=True).values_list("id", flat=True))
    if not wanted or wanted - known:
        raise invalid([{"field": "user_ids", "message": "Choose at least one person of your organisation."}])
    return sorted(known)


def _note(actor: Actor, place: Place, before: dict[str, object], after: dict[str, object]) -> None:
    target = place.document or place.knowledge_base
    record(
        actor=actor,
        action=CHANGED,
        target_type="document" if place.document else "knowledge_base",
        target_id=target.id,
        before=before,
        after=after,
    )


def _told(place: Place, restriction: Restriction | None) -> dict[str, object]:
    readers = readers_at(restriction)
    return {
        "folder": place.folder,
        "visibility": readers.visibility,
        "people": [str(id_) for id_ in readers.user_ids],
        "teams": [str(id_) for id_ in readers.team_ids],
        "owner": str(restriction.owner_id) if restriction and restriction.owner_id else None,
    }
