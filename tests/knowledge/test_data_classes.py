"""Data classes: set on collections and documents, carried by passages, and told to the gateway."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from apps.guardrails.classes import DataClass, highest
from tests.knowledge.conftest import Library

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.knowledge.models import Document, KnowledgeBase

WORDS = "The zanzibar ledger is kept in drawer nine."
QUESTION = "Where is the zanzibar ledger kept?"


@pytest.fixture
def shelf(library: Library) -> tuple[KnowledgeBase, Document]:
    """bob's collection for his team Engineering, with a document."""
    cast = library.cast
    base = library.base(cast.bob, "teams", cast.engineering)
    return base, library.read(library.add(base, "ledger.txt", WORDS, cast.bob))


def _lead(person: User, team: Any) -> None:
    from apps.accounts.models import Membership
    from apps.tenants.scope import tenant_scope

    with tenant_scope(person.tenant_id):
        Membership.objects.filter(user=person, team=team).update(role="lead")


def _put(client: Any, address: str, data_class: str | None, reason: str = "") -> Any:
    body = json.dumps({"data_class": data_class, "reason": reason})
    return client.put(address, body, content_type="application/json")


def _held(library: Library, document: Document) -> DataClass:
    """By the ORM; a passage that is found must say the same."""
    from apps.knowledge.classing import highest_class
    from apps.tenants.scope import tenant_scope

    with tenant_scope(document.tenant_id):
        by_orm = highest_class([document.id])
    base = _base(document)
    (passage,) = library.ask(library.cast.bob, QUESTION, base)
    assert passage.data_class is by_orm
    return passage.data_class


def _base(document: Document) -> KnowledgeBase:
    from apps.knowledge.models import KnowledgeBase
    from apps.tenants.scope import tenant_scope

    with tenant_scope(document.tenant_id):
        base: KnowledgeBase = KnowledgeBase.objects.get(id=document.knowledge_base_id)
        return base


def test_classes_are_ordered_and_named() -> None:
    assert highest([None, 2, DataClass.CONFIDENTIAL, 1]) is DataClass.CONFIDENTIAL
    assert highest([None]) is None
    assert [each.slug for each in DataClass] == ["public", "internal", "confidential", "restricted"]
    assert DataClass.of("restricted") is DataClass.RESTRICTED


def test_document_has_at_least_the_class_of_its_collection(
    library: Library, shelf: tuple[KnowledgeBase, Document], signed_in: Any
) -> None:
    base, document = shelf
    bob = signed_in(library.cast.bob)
    of_base = f"/api/v1/knowledge-bases/{base.id}/data-class"
    of_document = f"/api/v1/documents/{document.id}/data-class"
    assert _held(library, document) is DataClass.INTERNAL
    assert _put(bob, of_document, "confidential").json()["data_class"] == "confidential"
    assert _held(library, document) is DataClass.CONFIDENTIAL
    assert _put(bob, of_base, "restricted").json()["data_class"] == "restricted"
    assert _held(library, document) is DataClass.RESTRICTED


def test_only_a_lead_or_an_administrator_lowers_and_says_why(
    library: Library, shelf: tuple[KnowledgeBase, Document], signed_in: Any
) -> None:
    from apps.audit.models import AuditEvent
    from apps.tenants.scope import tenant_scope

    cast, (base, document) = library.cast, shelf
    alice, bob, carol = (signed_in(person) for person in (cast.alice, cast.bob, cast.carol))
    of_base = f"/api/v1/knowledge-bases/{base.id}/data-class"
    of_document = f"/api/v1/documents/{document.id}/data-class"
    assert _put(carol, of_base, "restricted").status_code == 404
    assert _put(bob, of_base, "confidential").status_code == 200

    refused = _put(bob, of_document, "public", "It is on our web site.")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "data_class")
    assert _held(library, document) is DataClass.CONFIDENTIAL
    _lead(cast.bob, cast.engineering)
    silent = _put(bob, of_document, "public")
    assert (silent.status_code, silent.json()["errors"][0]["field"]) == (400, "class_reason")
    lowered = _put(bob, of_document, "public", "It is on our web site.")
    assert lowered.json()["class_reason"] == "It is on our web site."
    assert _held(library, document) is DataClass.PUBLIC

    assert _put(alice, of_base, "internal", "Checked by the owner.").status_code == 200
    assert _put(bob, of_document, None).json()["data_class"] == "internal"
    assert _held(library, document) is DataClass.INTERNAL
    with tenant_scope(base.tenant_id):
        events = AuditEvent.objects.filter(action="data_class.changed").order_by("created_at", "id")
        told = [(event.before or {}, event.after or {}, event.detail) for event in events]
    assert [(before["data_class"], after["data_class"]) for before, after, _ in told] == [
        ("internal", "confidential"),
        ("confidential", "public"),
        ("confidential", "internal"),
        ("public", "internal"),
    ]
    assert told[1][2] == {"reason": "It is on our web site."}


def test_version_that_is_read_and_the_one_it_replaces_have_the_documents_class(
    library: Library, shelf: tuple[KnowledgeBase, Document]
) -> None:
    import io

    from apps.knowledge.classing import document_class_set
    from apps.knowledge.ingesting import ingest
    from apps.knowledge.models import Document
    from apps.knowledge.versioning import document_replace
    from apps.tenants.scope import tenant_scope

    (_, document), bob = shelf, library.actor(library.cast.bob)
    with tenant_scope(document.tenant_id):
        document_class_set(actor=bob, document=document, wanted=DataClass.RESTRICTED)
        made = document_replace(
            actor=bob, document=document, name="new.txt", stream=io.BytesIO(f"{WORDS} So it is.".encode())
        )
        assert made.held_class is DataClass.RESTRICTED
    ingest(made.tenant_id, made.id)
    with tenant_scope(document.tenant_id):
        rows = Document.objects.select_related("knowledge_base", "version_of").all()
        assert {row.held_class for row in rows} == {DataClass.RESTRICTED}
        assert len(rows) == 2


def test_embedding_of_passages_is_told_their_class(library: Library) -> None:
    from apps.knowledge.classing import base_class_set
    from apps.metering.models import UsageRecord
    from apps.tenants.scope import tenant_scope

    bob = library.cast.bob
    base = library.base(bob)
    with tenant_scope(base.tenant_id):
        base_class_set(actor=library.actor(bob), knowledge_base=base, wanted=DataClass.CONFIDENTIAL)
    library.read(library.add(base, "ledger.txt", WORDS, bob))
    with tenant_scope(base.tenant_id):
        assert [row.data_class for row in UsageRecord.objects.all()] == [DataClass.CONFIDENTIAL]


def test_pages_show_and_set_the_class(
    library: Library, shelf: tuple[KnowledgeBase, Document], signed_in: Any
) -> None:
    base, document = shelf
    bob = signed_in(library.cast.bob)
    pages = (f"/knowledge/{base.id}", f"/knowledge/documents/{document.id}")
    for page, wanted in zip(pages, ("confidential", "restricted"), strict=True):
        assert bob.post(f"{page}/class", {"data_class": wanted}).status_code == 302
        assert f"Class: {wanted.capitalize()}" in bob.get(page).content.decode()
    listed = bob.get(pages[0]).content.decode()
    assert ">Restricted</span>" in listed
    assert ">Confidential</span>" in bob.get("/knowledge").content.decode()
    refused = bob.post(f"{pages[0]}/class", {"data_class": "public", "class_reason": "Please."})
    assert refused.status_code == 422
    assert "Only the lead of a team or an administrator may lower it" in refused.content.decode()
    assert _held(library, document) is DataClass.RESTRICTED
