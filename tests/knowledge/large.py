"""An organisation large enough, in small, for a shelf and postings of its own."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from apps.knowledge import candidates, posting, shelving
from apps.knowledge.lexical import document_terms, query_terms
from apps.knowledge.models import Chunk, ChunkTerms, ChunkVector, Document, KnowledgeBase
from apps.knowledge.storing import terms_count
from apps.tenants.models import Tenant, TenantHost
from apps.tenants.platform import PLATFORM, platform_scope
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.accounts.models import User
    from apps.knowledge.candidates import Hit
    from tests.factories import Organisation

SIZE = 24
DOCUMENTS, CHUNKS = 30, 6
WORDS = [f"word{number}" for number in range(60)]
MODEL = UUID(int=7)


class Firm:
    """An organisation whose chunks say random words, and the person who asks it."""

    def __init__(self, organisation: Organisation, seed: int, documents: int = DOCUMENTS) -> None:
        from apps.accounts.services import user_create
        from apps.files.services import file_save

        self.id, self.chance = organisation.id, random.Random(seed)
        with tenant_scope(self.id):
            self.asker: User = user_create(actor=None, email="a@x.example", name="A", role="member")
            self.base = KnowledgeBase.objects.create(name="All", visibility="tenant")
            self.file = file_save(owner_id=None, name="a.txt", media_type="text/plain", parts=(b"a",))
            self.documents = [self._document() for _ in range(documents)]

    def vector(self) -> list[float]:
        return [self.chance.gauss(0, 1) for _ in range(SIZE)]

    def _document(self) -> Document:
        document = Document.objects.create(
            knowledge_base=self.base,
            file=self.file,
            title="Paper",
            state="ready",
            chunk_count=CHUNKS,
            language="en",
            embedding_model_id=MODEL,
        )
        for position in range(CHUNKS):
            text = " ".join(self.chance.choices(WORDS, range(1, len(WORDS) + 1), k=20))
            chunk = Chunk.objects.create(document=document, position=position, text=text, start=0, end=9)
            ChunkTerms.objects.create(document=document, chunk=chunk, terms=document_terms(text, None))
            ChunkVector.objects.create(
                document=document, chunk=chunk, model_id=MODEL, embedding=self.vector()
            )
        terms_count([document.id], sign=1)
        return document

    def asked(self, *, exact: bool = False) -> list[list[Hit]]:
        """What five questions find."""
        chance = random.Random(1)
        reach = candidates.Reach(self.asker.id, (self.base.id,), None)
        found = []
        with tenant_scope(self.id):
            for _ in range(5):
                weights = candidates.weights_of(query_terms(" ".join(chance.choices(WORDS, k=3))), 180)
                vector = [chance.gauss(0, 1) for _ in range(SIZE)]
                chunks = 0 if exact else candidates.survey(reach).reach
                found.append(candidates.find(reach, weights=weights, vectors={MODEL: vector}, chunks=chunks))
        return found

    def vectors(self) -> dict[UUID, int]:
        """How many vectors are on which shelf."""
        with tenant_scope(self.id):
            shelves = list(ChunkVector.objects.values_list("shelf", flat=True))
        return {shelf: shelves.count(shelf) for shelf in set(shelves)}


def tops(found: list[list[Hit]]) -> list[tuple[list[UUID], list[UUID]]]:
    """The ten best of each question, by meaning and by words."""

    def best(hits: list[Hit], name: str) -> list[UUID]:
        scored = [(-getattr(hit, name), hit.chunk_id) for hit in hits if getattr(hit, name) is not None]
        return [chunk_id for _, chunk_id in sorted(scored)[:10]]

    return [(best(hits, "dense"), best(hits, "lexical")) for hits in found]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred chunks are many."""
    monkeypatch.setattr(shelving, "OWN_FROM", 100)
    monkeypatch.setattr(shelving, "SHARED_UNTIL", 50)
    monkeypatch.setattr(shelving, "DOCUMENTS_AT_ONCE", 4)
    monkeypatch.setattr(posting, "UNPOSTED_MOST", 20)
    monkeypatch.setattr(posting, "SEGMENT_MOST", 60)
    monkeypatch.setattr(candidates, "UNPOSTED_MOST", 20)
    monkeypatch.setattr(candidates, "EXACT_MOST", 40)


@pytest.fixture
def firm(small: None, acme: Organisation) -> Iterator[Firm]:
    """One large enough for a shelf, which is dropped in the end."""
    made = Firm(acme, 1)
    yield made
    forget(made.id)


def forget(tenant_id: UUID) -> None:
    with platform_scope():
        TenantHost.objects.using(PLATFORM).filter(tenant_id=tenant_id).delete()
        Tenant.objects.using(PLATFORM).filter(id=tenant_id).delete()
    shelving.shelves_prepare()


def shelves() -> set[UUID]:
    with platform_scope():
        return shelving.shelves()
