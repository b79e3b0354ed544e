"""Why a person can see a document, in words that name only what that person may know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.accounts.models import Team
from apps.accounts.selectors import teams_of
from apps.knowledge.models import KnowledgeBaseTeam, Restriction, RestrictionReader, Visibility

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.knowledge.models import Document


def reasons_for(actor: Actor, document: Document) -> list[str]:
    """What admits the person: the collection first, then each restriction from the outermost folder inwards.

    The caller has checked that the person may read the document.
    """
    base = document.knowledge_base
    if base.conversation_id:
        return ["You attached it in a chat of yours."]
    rows = KnowledgeBaseTeam.objects.filter(knowledge_base=base)
    named = _teams(actor, rows.values_list("team_id", flat=True))
    by = _by(actor, base.owner_id, base.visibility, named)
    return [
        f"You may read the collection “{base.name}”: {by}.",
        *(_of_restriction(actor, restriction) for restriction in _applying(document)),
    ]


def _applying(document: Document) -> list[Restriction]:
    """The restrictions on the document's folders, outermost first, then its own."""
    parts = document.folder.split("/") if document.folder else []
    folders = ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
    of_folders = Restriction.objects.filter(
        knowledge_base_id=document.knowledge_base_id, document=None, folder__in=folders
    )
    own = Restriction.objects.filter(document=document)
    return [*sorted(of_folders, key=lambda found: len(found.folder)), *own]


def _of_restriction(actor: Actor, restriction: Restriction) -> str:
    rows = RestrictionReader.objects.filter(restriction=restriction, team__isnull=False)
    named = _teams(actor, rows.values_list("team_id", flat=True))
    by = _by(actor, restriction.owner_id, restriction.visibility, named)
    what = f"the folder “{restriction.folder}”" if restriction.folder else "this document"
    return f"You may read {what}, which is closed to others: {by}."


def _by(actor: Actor, owner_id: UUID | None, visibility: str, teams: list[str]) -> str:
    if owner_id == actor.user_id:
        return "it is yours"
    if visibility == Visibility.TENANT:
        return "it is open to everyone"
    if visibility == Visibility.PEOPLE:
        return "you were named as a reader"
    return f"you are in {', '.join(teams)}"


def _teams(actor: Actor, team_ids: Iterable[UUID]) -> list[str]:
    """The names of those of the teams that the person is in."""
    wanted = set(team_ids)
    mine = teams_of(actor.user_id).filter(id__in=wanted)
    everyone = Team.objects.filter(id__in=wanted, is_everyone=True)
    return sorted({*mine.values_list("name", flat=True), *everyone.values_list("name", flat=True)})
