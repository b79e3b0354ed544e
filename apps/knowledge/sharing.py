"""Changing who reads a collection, a folder or a document, and taking the last change back for a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.utils import timezone

from apps.accounts.models import Team
from apps.accounts.selectors import active_people
from apps.audit.models import AuditEvent
from apps.knowledge import restricting, services
from apps.knowledge.models import Visibility
from apps.knowledge.readership import Effect, base_readers, effect_of, rules_of, rules_with
from apps.knowledge.restricting import Place, Readers, readers_at, restriction_at, restriction_set
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from apps.accounts.actors import Actor

UNDO_FOR: Final = timedelta(days=1)
_LOOKED_AT: Final = 50


@dataclass(frozen=True, slots=True)
class Shared:
    """A change of readers that still holds, and what it replaced."""

    event_id: UUID
    at: datetime
    by: str
    before: Readers
    after: Readers
    owner_id: UUID | None


def readers_now(place: Place) -> Readers:
    """Whom the place's own rule admits."""
    return base_readers(place.knowledge_base) if _is_base(place) else readers_at(restriction_at(place))


def readers_set(*, actor: Actor, place: Place, readers: Readers, owner_id: UUID | None = None) -> None:
    """Change them, audited; the next question already obeys. Raises ProblemError 400 by field."""
    if not _is_base(place):
        restriction_set(actor=actor, place=place, readers=readers, owner_id=owner_id)
        return
    sharing = services.Sharing(readers.visibility, readers.team_ids, readers.user_ids)
    services.knowledge_base_update(actor=actor, knowledge_base=place.knowledge_base, sharing=sharing)


def effect_on(actor: Actor, place: Place, readers: Readers) -> Effect:
    """Who would gain and who would lose the place; nothing is changed."""
    after = rules_with(place, readers, restricting.first_owner(actor, place))
    return effect_of(rules_of(place), after)


def mark_of(readers: Readers) -> str:
    """A text that is the same for the same readers, and for no others."""
    people = readers.user_ids if readers.visibility == Visibility.PEOPLE else ()
    teams = readers.team_ids if readers.visibility == Visibility.TEAMS else ()
    return ".".join([readers.visibility, *sorted(id_.hex for id_ in (*people, *teams))])


def last_change(place: Place) -> Shared | None:
    """The last change of the place's readers within a day, if it still holds."""
    is_base = _is_base(place)
    target = place.document or place.knowledge_base
    events = AuditEvent.objects.filter(
        action="knowledge_base.updated" if is_base else restricting.CHANGED,
        target_type="document" if place.document else "knowledge_base",
        target_id=str(target.id),
        created_at__gt=timezone.now() - UNDO_FOR,
    )
    now = mark_of(readers_now(place))
    for event in events.order_by("-created_at", "-id")[:_LOOKED_AT]:
        told, then = event.before or {}, event.after or {}
        if then.get("folder", "") != place.folder:
            continue
        before, after = _readers(told), _readers(then)
        if mark_of(before) == mark_of(after):
            continue
        if mark_of(after) != now:
            return None
        owner = told.get("owner")
        return Shared(
            event.id, event.created_at, event.actor_name, before, after, UUID(owner) if owner else None
        )
    return None


def change_undo(*, actor: Actor, place: Place, event_id: UUID) -> None:
    """Put back what the change replaced, without who is gone since; 409 where it does not hold any more."""
    change = last_change(place)
    if change is None or change.event_id != event_id:
        raise ProblemError(
            409,
            "not_undoable",
            "This change can not be undone any more",
            "The readers were changed since, or it is more than a day ago. Nothing was changed.",
        )
    before = change.before
    people = active_people().filter(id__in=before.user_ids).values_list("id", flat=True)
    teams = Team.objects.filter(id__in=before.team_ids).values_list("id", flat=True)
    readers = Readers(before.visibility, tuple(people), tuple(teams))
    readers_set(actor=actor, place=place, readers=readers, owner_id=change.owner_id)


def _is_base(place: Place) -> bool:
    return place.document is None and not place.folder


def _readers(told: dict[str, Any]) -> Readers:
    return Readers(told["visibility"], _ids(told["people"]), _ids(told["teams"]))


def _ids(texts: Iterable[str]) -> tuple[UUID, ...]:
    return tuple(UUID(text) for text in texts)
