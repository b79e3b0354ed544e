"""The demonstration: two organisations with people, teams, handbooks and the built-in models.

Loading again changes nothing that is there, mints fresh sign-in links, and tells API keys only the first
time, since they are kept nowhere.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from apps.accounts.actors import Actor
from apps.accounts.addresses import tenant_url
from apps.accounts.management.commands.tenant_create import create
from apps.accounts.models import ApiKey, LinkKind, Membership, Role, Team, User
from apps.accounts.selectors import everyone, tenant_settings
from apps.accounts.services import (
    api_key_create,
    api_key_revoke,
    membership_add,
    one_time_link_create,
    setup_finish,
    team_create,
    user_create,
)
from apps.knowledge.models import Document, DocumentState, KnowledgeBase, Visibility
from apps.knowledge.services import document_add, knowledge_base_create
from apps.llm.models import Model
from apps.llm.services import builtin_connection_ensure
from apps.llm.vendors.base import Modality
from apps.tenants.models import Tenant
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Container
    from uuid import UUID

FOLDER: Final = Path(__file__).resolve().parent
KEY: Final = "Demonstration"
STUCK_AFTER_S: Final = 240.0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the cast."""

    name: str
    full_name: str
    role: str
    team: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A knowledge base and the folder that its documents come from; `team` empty = everybody."""

    name: str
    description: str
    folder: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class Organisation:
    """What one organisation of the demonstration consists of; the first person owns the API key."""

    slug: str
    name: str
    teams: tuple[str, ...]
    people: tuple[Person, ...]
    collections: tuple[Collection, ...]


ORGANISATIONS: Final = (
    Organisation(
        "acme",
        "Acme",
        ("Engineering", "Sales"),
        (
            Person("alice", "Alice Adler", Role.OWNER, "Engineering"),
            Person("bob", "Bob Brandt", Role.MEMBER, "Engineering"),
            Person("carol", "Carol Castro", Role.MEMBER, "Sales"),
        ),
        (
            Collection("Handbook", "How we work: leave, travel, security, support.", "handbook"),
            Collection("Engineering runbooks", "For the people on duty.", "runbooks", "Engineering"),
        ),
    ),
    Organisation(
        "globex",
        "Globex",
        ("Plant",),
        (Person("mallory", "Mallory Moss", Role.OWNER, "Plant"),),
        (Collection("Plant handbook", "Safety in the plant.", "globex"),),
    ),
)


def demo_load(kept: Container[str] | None = None) -> dict[str, Any]:
    """Bring both organisations up to date and wait until their documents can be searched.

    `kept` are the slugs whose key the caller has: where a key's text was lost with a start that broke off,
    another takes its place. None: keys that are there stay.
    Returns `sign_in` (person → one-time link), `api_keys` (slug → key, only of keys made now) and
    `models` (slugs). Raises TimeoutError when no document was read for four minutes.
    """
    found: dict[str, Any] = {"sign_in": {}, "api_keys": {}, "models": []}
    tenants = {organisation.slug: _tenant_id(organisation) for organisation in ORGANISATIONS}
    for organisation in ORGANISATIONS:
        tenant_id = tenants[organisation.slug]
        builtin_connection_ensure(tenant_id)
        with tenant_scope(tenant_id):
            owner = _load(organisation, tenant_id, found)
            text = key_ensure(organisation.slug, owner, kept)
            if text is not None:
                found["api_keys"][organisation.slug] = text
    for organisation in ORGANISATIONS:
        _wait_for_documents(organisation, tenants[organisation.slug])
    return found


def _tenant_id(organisation: Organisation) -> UUID:
    with platform_scope():
        tenant = Tenant.objects.using(PLATFORM).filter(slug=organisation.slug).first()
    if tenant is None:
        tenant = create(organisation.slug, organisation.name, f"{organisation.slug}.localhost")
    tenant_id: UUID = tenant.id
    return tenant_id


def _load(organisation: Organisation, tenant_id: UUID, found: dict[str, Any]) -> User:
    """Make what is missing; the owner."""
    for name in organisation.teams:
        if not Team.objects.filter(name=name).exists():
            team_create(actor=None, name=name)
    people = {person.name: _person(person, organisation) for person in organisation.people}
    owner = people[organisation.people[0].name]
    actor = Actor(owner)
    for collection in organisation.collections:
        _collection(collection, actor)
    if tenant_settings().setup_done_at is None:
        setup_finish(actor=actor)
    for name, user in people.items():
        path = one_time_link_create(actor=actor, kind=LinkKind.SIGN_IN, user=user)
        found["sign_in"][name] = tenant_url(tenant_id, path)
    slugs = Model.objects.filter(modality=Modality.CHAT).order_by("slug").values_list("slug", flat=True)
    found["models"] = sorted({*found["models"], *slugs})
    return owner


def key_ensure(slug: str, owner: User, kept: Container[str] | None) -> str | None:
    """The text of a key made now; None where one is there that the caller can use (see demo_load)."""
    keys = ApiKey.objects.filter(user=owner, name=KEY)
    if keys.exists() if kept is None else slug in kept:
        return None
    actor = Actor(owner)
    for lost in keys:
        api_key_revoke(actor=actor, key=lost)
    _, text = api_key_create(actor=actor, slug=slug, user=owner, team=everyone(), name=KEY)
    return text


def _person(person: Person, organisation: Organisation) -> User:
    email = f"{person.name}@{organisation.slug}.example"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = user_create(actor=None, email=email, name=person.full_name, role=person.role)
    team = Team.objects.get(name=person.team)
    if not Membership.objects.filter(team=team, user=user).exists():
        membership_add(actor=None, team=team, user=user)
    return user


def _collection(collection: Collection, actor: Actor) -> None:
    knowledge_base = KnowledgeBase.objects.filter(name=collection.name, conversation_id=None).first()
    if knowledge_base is None:
        teams = list(Team.objects.filter(name=collection.team).values_list("id", flat=True))
        knowledge_base = knowledge_base_create(
            actor=actor,
            name=collection.name,
            description=collection.description,
            visibility=Visibility.TEAMS if teams else Visibility.TENANT,
            team_ids=teams,
        )
    known = set(Document.objects.filter(knowledge_base=knowledge_base).values_list("file__name", flat=True))
    for path in sorted((FOLDER / collection.folder).iterdir()):
        if path.name not in known:
            with path.open("rb") as stream:
                document_add(actor=actor, knowledge_base=knowledge_base, name=path.name, stream=stream)


def _wait_for_documents(organisation: Organisation, tenant_id: UUID) -> None:
    """Until the demonstration's own are read; what people added since may take as long as it does."""
    names = [path.name for one in organisation.collections for path in (FOLDER / one.folder).iterdir()]
    waiting = Q(
        state__in=(DocumentState.QUEUED, DocumentState.READING),
        knowledge_base__name__in=[one.name for one in organisation.collections],
        file__name__in=names,
    )
    before, deadline = len(names), time.monotonic() + STUCK_AFTER_S
    while time.monotonic() < deadline:
        with tenant_scope(tenant_id):
            left = Document.objects.filter(waiting).count()
        if not left:
            return
        if left < before:
            before, deadline = left, time.monotonic() + STUCK_AFTER_S
        time.sleep(0.5)
    raise TimeoutError(
        f"{left} documents of the handbook are not read, and for {STUCK_AFTER_S:.0f} s none was. What was "
        "loaded is kept. Start again; if it stops here again, run `bin/manage doctor` meanwhile."
    )
