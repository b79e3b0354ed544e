"""Who can read a collection, a folder or a document: the rules in order, the people whom all of them admit,
and what another rule would change. Says the same as permissions.readable_documents, asked about everyone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from django.db.models import Exists, OuterRef, Q

from apps.accounts.models import Membership, Team
from apps.accounts.permissions import CAPABILITIES
from apps.accounts.selectors import active_people
from apps.knowledge.models import KnowledgeBasePerson, KnowledgeBaseTeam, Restriction, Visibility
from apps.knowledge.permissions import MANAGE
from apps.knowledge.restricting import Readers, readers_at, restriction_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from apps.accounts.models import User
    from apps.knowledge.models import Document, KnowledgeBase
    from apps.knowledge.restricting import Place

NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class Rule:
    """What a reader must pass: `what` in words, whose it is, and whom it admits beside them."""

    what: str
    owner_id: UUID | None
    readers: Readers


class By(Enum):
    """What admits a person."""

    OWNER = "owner"
    OPEN = "open to everyone"
    NAMED = "named as a reader"
    TEAM = "member of"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one rule admits a person; `teams` are those of its teams that they are in."""

    what: str
    by: By
    teams: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """In words about the person, as "member of Sales"."""
        return " ".join([self.by.value, ", ".join(self.teams)]).strip()


@dataclass(frozen=True, slots=True)
class Change:
    """People by name, at most twenty, and how many there are."""

    names: list[str]
    count: int

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.count - len(self.names)


@dataclass(frozen=True, slots=True)
class Effect:
    """Who can read it only afterwards, who only before, and how many both before and afterwards."""

    gained: Change
    lost: Change
    kept: int


def rules_of(place: Place) -> list[Rule]:
    """All rules that hold at the place: the collection's, its folders' from the outermost, the document's."""
    base = place.knowledge_base
    folder = place.document.folder if place.document else place.folder
    rules = [Rule(f"the collection “{base.name}”", base.owner_id, base_readers(base))]
    rules += [
        Rule(f"the folder “{found.folder}”", found.owner_id, readers_at(found))
        for found in _on_folders(base, folder)
    ]
    own = _on_document(place.document) if place.document else None
    if own is not None:
        rules.append(Rule("this document", own.owner_id, readers_at(own)))
    return rules


def rules_with(place: Place, readers: Readers, owner_id: UUID | None) -> list[Rule]:
    """The rules if the place's own one admitted these readers; a new one would be `owner_id`'s."""
    if place.document is None and not place.folder:
        base, *rest = rules_of(place)
        return [replace(base, readers=readers), *rest]
    others = rules_of(place)
    own = restriction_at(place)
    if own is not None:
        others.pop()
        owner_id = own.owner_id
    if readers.visibility == Visibility.TENANT:
        return others
    return [*others, Rule("", owner_id, readers)]


def readers_by(rules: Iterable[Rule]) -> QuerySet[User]:
    """The active people whom every rule admits, by name."""
    found = active_people()
    for rule in rules:
        found = found.filter(_admitted(rule))
    return found.order_by("name", "id")


def effect_of(before: Sequence[Rule], after: Sequence[Rule]) -> Effect:
    """What it changes to go from these rules to those."""
    had, have = readers_by(before), readers_by(after)
    return Effect(
        gained=_change(have.exclude(id__in=had.values("id"))),
        lost=_change(had.exclude(id__in=have.values("id"))),
        kept=have.filter(id__in=had.values("id")).count(),
    )


def reasons(rules: Sequence[Rule], user_ids: Iterable[UUID]) -> dict[UUID, list[Reason]]:
    """For each person, whom the rules admit, why each of them does."""
    team_ids = {id_ for rule in rules for id_ in _teams(rule)}
    teams = {team.id: team for team in Team.objects.filter(id__in=team_ids)}
    of = {user_id: {id_ for id_, team in teams.items() if team.is_everyone} for user_id in user_ids}
    rows = Membership.objects.filter(team_id__in=team_ids, user_id__in=list(of))
    for user_id, team_id in rows.values_list("user_id", "team_id"):
        of[user_id].add(team_id)
    return {
        user_id: [
            _reason(rule, user_id, sorted(teams[id_].name for id_ in inside & _teams(rule))) for rule in rules
        ]
        for user_id, inside in of.items()
    }


def base_readers(base: KnowledgeBase) -> Readers:
    """Whom the collection itself is for."""
    people = KnowledgeBasePerson.objects.filter(knowledge_base=base).order_by("user_id")
    teams = KnowledgeBaseTeam.objects.filter(knowledge_base=base).order_by("team_id")
    return Readers(
        base.visibility,
        tuple(people.values_list("user_id", flat=True)),
        tuple(teams.values_list("team_id", flat=True)),
    )


def changers_of(base: KnowledgeBase) -> QuerySet[User]:
    """Who may change the collection and its readers: its owner, and whoever manages knowledge."""
    roles = [role for role, capabilities in CAPABILITIES.items() if MANAGE in capabilities]
    return active_people().filter(Q(id=base.owner_id) | Q(role__in=roles)).order_by("name", "id")


def folders_of(base: KnowledgeBase) -> list[str]:
    """Every folder that holds documents or a rule, with the folders around it, in order."""
    named = set(_documents(base).exclude(folder="").values_list("folder", flat=True).distinct())
    named |= set(
        Restriction.objects.filter(knowledge_base=base, document=None).values_list("folder", flat=True)
    )
    return sorted({outer for folder in named for outer in outwards(folder)})


def restricted_in(base: KnowledgeBase) -> list[Restriction]:
    """The folders, then the documents, that are narrower than their collection."""
    rows = Restriction.objects.filter(knowledge_base=base).select_related("document__file", "owner")
    found = rows.prefetch_related("readers__user", "readers__team")
    return sorted(found, key=lambda row: (row.document is not None, row.folder, str(row.document or "")))


def outwards(folder: str) -> list[str]:
    """The folder and those around it, the outermost first; none at the top."""
    parts = folder.split("/") if folder else []
    return ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]


def _documents(base: KnowledgeBase) -> QuerySet[Document]:
    return base.documents.filter(version_of=None)


def _on_folders(base: KnowledgeBase, folder: str) -> list[Restriction]:
    rows = Restriction.objects.filter(knowledge_base=base, document=None, folder__in=outwards(folder))
    return sorted(rows, key=lambda found: len(found.folder))


def _on_document(document: Document) -> Restriction | None:
    """The document's own; a version has its document's."""
    return Restriction.objects.filter(document_id=document.version_of_id or document.id).first()


def _admitted(rule: Rule) -> Q:
    readers = rule.readers
    own = Q(id=rule.owner_id)
    if readers.visibility == Visibility.TENANT:
        return Q()
    if readers.visibility == Visibility.PEOPLE:
        return own | Q(id__in=readers.user_ids)
    if readers.visibility == Visibility.TEAMS:
        if Team.objects.filter(id__in=readers.team_ids, is_everyone=True).exists():
            return Q()
        inside = Membership.objects.filter(user_id=OuterRef("pk"), team_id__in=readers.team_ids)
        return own | Q(Exists(inside))
    return own


def _teams(rule: Rule) -> set[UUID]:
    return set(rule.readers.team_ids) if rule.readers.visibility == Visibility.TEAMS else set()


def _reason(rule: Rule, user_id: UUID, teams: list[str]) -> Reason:
    if rule.owner_id == user_id:
        return Reason(rule.what, By.OWNER)
    if rule.readers.visibility == Visibility.TENANT:
        return Reason(rule.what, By.OPEN)
    if rule.readers.visibility == Visibility.PEOPLE:
        return Reason(rule.what, By.NAMED)
    return Reason(rule.what, By.TEAM, tuple(teams))


def _change(people: QuerySet[User]) -> Change:
    return Change(list(people.values_list("name", flat=True)[:NAMED]), people.count())
