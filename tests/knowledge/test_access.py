"""Collections, folders and single documents: who reads them, by the ORM and by the search alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.knowledge.conftest import Library

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.knowledge.models import Document, KnowledgeBase
    from apps.knowledge.restricting import Readers

WORDS = "The zanzibar ledger is kept in drawer nine."
QUESTION = "Where is the zanzibar ledger kept?"


def _restrict(library: Library, actor: User, base: KnowledgeBase, readers: Readers, **where: object) -> None:
    from apps.knowledge.restricting import Place, restriction_set
    from apps.tenants.scope import tenant_scope

    with tenant_scope(base.tenant_id):
        place = Place(base, **where)  # type: ignore[arg-type]  # a document or a folder
        restriction_set(actor=library.actor(actor), place=place, readers=readers)


def _in_folder(document: Document, folder: str) -> None:
    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    with tenant_scope(document.tenant_id):
        Document.objects.filter(id=document.id).update(folder=folder)


def _reads(library: Library, person: User, base: KnowledgeBase, document: Document) -> bool:
    """Whether the person finds the document; the list of readable documents must say the same."""
    from apps.knowledge.selectors import readable_document_ids
    from apps.tenants.scope import tenant_scope

    found = {passage.document_id for passage in library.ask(person, QUESTION, base)}
    with tenant_scope(base.tenant_id):
        listed = readable_document_ids(user_id=person.id, document_ids=[document.id])
    assert (document.id in found) == (document.id in listed)
    return document.id in found


@pytest.fixture
def shelf(library: Library) -> tuple[KnowledgeBase, Document]:
    """alice's collection for everyone with a document of hers."""
    base = library.base(library.cast.alice, "tenant")
    return base, library.read(library.add(base, "ledger.txt", WORDS, library.cast.alice))


def test_collection_for_chosen_people_is_read_by_them_alone(library: Library) -> None:
    """Beside its owner."""
    from apps.knowledge.services import Sharing, knowledge_base_update
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    base = library.base(cast.alice)
    document = library.read(library.add(base, "ledger.txt", WORDS, cast.alice))
    assert not _reads(library, cast.bob, base, document)
    with tenant_scope(base.tenant_id):
        sharing = Sharing("people", user_ids=(cast.bob.id,))
        knowledge_base_update(actor=library.actor(cast.alice), knowledge_base=base, sharing=sharing)
    people = (cast.alice, cast.bob, cast.carol)
    assert [_reads(library, person, base, document) for person in people] == [True, True, False]


def test_restriction_on_a_document_narrows_its_collection(
    library: Library, shelf: tuple[KnowledgeBase, Document]
) -> None:
    """Private, people, teams, and lifted again; the next question already obeys."""
    from apps.knowledge.restricting import Readers

    cast, (base, document) = library.cast, shelf
    steps = {
        Readers("private"): [True, False, False],
        Readers("people", user_ids=(cast.carol.id,)): [True, False, True],
        Readers("teams", team_ids=(cast.engineering.id,)): [True, True, False],
        Readers("tenant"): [True, True, True],
    }
    for readers, expected in steps.items():
        _restrict(library, cast.alice, base, readers, document=document)
        people = (cast.alice, cast.bob, cast.carol)
        assert [_reads(library, person, base, document) for person in people] == expected, readers


def test_restriction_on_a_folder_holds_for_all_beneath_it_and_not_beside_it(
    library: Library, shelf: tuple[KnowledgeBase, Document]
) -> None:
    """`HR` closes HR and HR/Contracts, not HRX."""
    from apps.knowledge.restricting import Readers

    cast, (base, document) = library.cast, shelf
    _restrict(library, cast.alice, base, Readers("private"), folder="HR")
    for folder, expected in {"": True, "HR": False, "HR/Contracts": False, "HRX": True}.items():
        _in_folder(document, folder)
        assert _reads(library, cast.bob, base, document) is expected, folder
    assert _reads(library, cast.alice, base, document)


def test_restriction_never_opens_what_its_collection_closes(library: Library) -> None:
    """A private collection stays private."""
    from apps.knowledge.restricting import Readers

    cast = library.cast
    base = library.base(cast.alice)
    document = library.read(library.add(base, "ledger.txt", WORDS, cast.alice))
    _restrict(library, cast.alice, base, Readers("people", user_ids=(cast.bob.id,)), document=document)
    assert not _reads(library, cast.bob, base, document)


def test_people_of_another_organisation_cannot_be_named(
    library: Library, shelf: tuple[KnowledgeBase, Document]
) -> None:
    """And nothing changes."""
    from apps.knowledge.restricting import Readers
    from apps.rest.errors import ProblemError

    cast, (base, document) = library.cast, shelf
    with pytest.raises(ProblemError):
        _restrict(
            library, cast.alice, base, Readers("people", user_ids=(cast.mallory.id,)), document=document
        )
    assert _reads(library, cast.bob, base, document)


def test_closed_document_is_not_listed_read_or_explained_and_its_reader_hears_why(
    library: Library, shelf: tuple[KnowledgeBase, Document], signed_in: Any
) -> None:
    """Over REST: alice closes hers to bob's team; carol sees neither row nor text, bob reads why he may."""
    cast, (base, document) = library.cast, shelf
    alice, bob, carol = (signed_in(person) for person in (cast.alice, cast.bob, cast.carol))
    address = f"/api/v1/documents/{document.id}"
    body = json.dumps({"visibility": "teams", "team_ids": [str(cast.engineering.id)]})
    refused = bob.put(f"{address}/access", body, content_type="application/json")
    assert refused.status_code == 403
    assert len(carol.get(f"/api/v1/knowledge-bases/{base.id}/documents").json()["results"]) == 1

    set_ = alice.put(f"{address}/access", body, content_type="application/json")
    assert (set_.status_code, set_.json()["visibility"]) == (200, "teams")
    assert carol.get(f"/api/v1/knowledge-bases/{base.id}/documents").json()["results"] == []
    assert [carol.get(address + end).status_code for end in ("", "/why", "/content", "/access")] == [404] * 4
    assert bob.get(f"{address}/why").json()["reasons"] == [
        "You may read the collection “Papers”: it is open to everyone.",
        "You may read this document, which is closed to others: you are in Engineering.",
    ]
    folder = json.dumps({"folder": "/HR//Contracts/", "visibility": "private"})
    closed = alice.put(
        f"/api/v1/knowledge-bases/{base.id}/folder-access", folder, content_type="application/json"
    )
    assert closed.json()["folder"] == "HR/Contracts"
