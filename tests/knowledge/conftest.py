"""acme with the built-in embedding model on loopback, and short ways to add and read documents."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.knowledge.embedding_host import EmbeddingHost, embedding_host, vectors_of

if TYPE_CHECKING:
    from uuid import UUID

    from apps.accounts.actors import Actor
    from apps.accounts.models import User
    from apps.knowledge.models import Document, KnowledgeBase
    from apps.knowledge.retrieval import Found, Passage
    from tests.factories import Cast

DEMO = Path(__file__).resolve().parents[2] / "apps/api/demo"


@pytest.fixture(scope="session")
def _embeddings() -> Iterator[EmbeddingHost]:
    with embedding_host() as host:
        yield host


@pytest.fixture
def embeddings(_embeddings: EmbeddingHost, monkeypatch: pytest.MonkeyPatch) -> EmbeddingHost:
    """The host, in order and with nothing asked yet."""
    _embeddings.texts.clear()
    _embeddings.is_down = False
    _embeddings.before = None
    _embeddings.most = None
    monkeypatch.setattr("django.conf.settings.MODEL_SERVER_URL", _embeddings.url)
    monkeypatch.setattr("django.conf.settings.MODEL_SERVER_KEY", "local")
    return _embeddings


class Library:
    """Collections and documents of the cast, through the application's own services."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast

    def actor(self, person: User) -> Actor:
        from apps.accounts.actors import Actor

        return Actor(person)

    def base(
        self, person: User, visibility: str = "private", *teams: Any, name: str = "Papers"
    ) -> KnowledgeBase:
        """A new collection of the person's."""
        from apps.knowledge.services import knowledge_base_create
        from apps.tenants.scope import tenant_scope

        with tenant_scope(person.tenant_id):
            return knowledge_base_create(
                actor=self.actor(person),
                name=name,
                visibility=visibility,
                team_ids=[team.id for team in teams],
            )

    def add(self, base: KnowledgeBase, name: str, data: bytes | str, person: User | None = None) -> Document:
        """A document, queued."""
        from apps.knowledge.services import document_add
        from apps.tenants.scope import tenant_scope

        raw = data.encode() if isinstance(data, str) else data
        with tenant_scope(base.tenant_id):
            actor = self.actor(person) if person else None
            return document_add(actor=actor, knowledge_base=base, name=name, stream=io.BytesIO(raw))

    def read(self, document: Document) -> Document:
        """Have it ingested here, and its row afterwards."""
        from apps.knowledge.ingesting import ingest

        ingest(document.tenant_id, document.id)
        return self.row(document)

    def row(self, document: Document) -> Document:
        """The document's row as it is now."""
        from apps.knowledge.models import Document
        from apps.tenants.scope import tenant_scope

        with tenant_scope(document.tenant_id):
            return Document.objects.select_related("file").get(id=document.id)

    def filled(self, base: KnowledgeBase, *folders: str) -> list[Document]:
        """The demo's documents of these folders, ready."""
        paths = [path for folder in folders for path in sorted((DEMO / folder).glob("*.md"))]
        return [self.read(self.add(base, path.name, path.read_bytes())) for path in paths]

    def ask(self, person: User, question: str, *bases: KnowledgeBase, **options: Any) -> list[Passage]:
        """What the person's question finds, embedded as the chat embeds it."""
        return self.look(person, question, *bases, **options).passages()

    def look(self, person: User, question: str, *bases: KnowledgeBase, **options: Any) -> Found:
        """The same with the reasons; options are those of Reach."""
        from apps.knowledge.candidates import Reach
        from apps.knowledge.retrieval import search_find, search_open
        from apps.tenants.scope import tenant_scope

        vector = options.pop("vector", None) or vectors_of([question])[0]
        chat = options.pop("conversation_id", None)
        reach = Reach(person.id, tuple(base.id for base in bases), chat, **options)
        with tenant_scope(person.tenant_id):
            search = search_open(reach)
            return search_find(search, question, {model.id: vector for model in search.models})


@pytest.fixture
def library(cast: Cast, embeddings: EmbeddingHost) -> Library:
    """acme and globex, both with the built-in models."""
    from apps.llm.services.builtin import builtin_connection_ensure

    for organisation in (cast.acme, cast.globex):
        builtin_connection_ensure(organisation.id)
    return Library(cast)


def counts(tenant_id: UUID) -> dict[str, int]:
    """How many rows each table of this app holds for the tenant."""
    from django.apps import apps

    from apps.tenants.scope import tenant_scope

    with tenant_scope(tenant_id):
        return {
            model.__name__: model._default_manager.count()
            for model in apps.get_app_config("knowledge").get_models()
        }


@pytest.fixture
def signed_in(cast: Cast) -> Any:
    """A browser in which a person is signed in, on their organisation's host."""
    from django.test import Client

    from apps.accounts.middleware import COOKIE
    from apps.accounts.services import session_create
    from apps.tenants.scope import tenant_scope

    def as_person(user: User) -> Client:
        organisation = cast.acme if user.tenant_id == cast.acme.id else cast.globex
        client = Client(HTTP_HOST=organisation.host)
        with tenant_scope(organisation.id):
            _, token = session_create(user=user, ip="192.0.2.1", agent="test")
        client.cookies[COOKIE] = token
        return client

    return as_person


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hints are dropped, as a broker that is away does: each test reads documents itself."""
    monkeypatch.setattr("apps.runs.outbox.post", lambda action: None)
