"""The pages about readers: who reads and why, the effect before it is saved, and the last change undone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.knowledge.conftest import Library

if TYPE_CHECKING:
    from apps.knowledge.models import Document, KnowledgeBase

WORDS = "The zanzibar ledger is kept in drawer nine."


@pytest.fixture
def shelf(library: Library) -> tuple[KnowledgeBase, Document]:
    """alice's collection for everyone with a document of hers."""
    base = library.base(library.cast.alice, "tenant")
    return base, library.read(library.add(base, "ledger.txt", WORDS, library.cast.alice))


def _seen(page: str) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', page)
    assert found is not None, page
    return found[1]


def _saved(person: Any, address: str, **values: Any) -> Any:
    """Review, then save what was reviewed."""
    review = person.post(address, values | {"action": "review"})
    assert review.status_code == 200, review.content.decode()
    return person.post(address, values | {"action": "save", "seen": _seen(review.content.decode())})


def _rule(base: KnowledgeBase) -> str:
    from apps.knowledge.models import KnowledgeBase
    from apps.tenants.scope import tenant_scope

    with tenant_scope(base.tenant_id):
        return str(KnowledgeBase.objects.get(id=base.id).visibility)


def _text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_effect_is_shown_first_and_the_change_can_be_taken_back(
    library: Library, shelf: tuple[KnowledgeBase, Document], signed_in: Any
) -> None:
    """From everyone to bob's team: carol loses it; undo gives it back."""
    cast, (base, _) = library.cast, shelf
    alice, carol = signed_in(cast.alice), signed_in(cast.carol)
    address = f"/knowledge/{base.id}/access"
    wish = {"visibility": "teams", "team_ids": [str(cast.engineering.id)], "people": ""}
    before = _text(alice.get(address))
    assert "3 people can read it" in before
    assert "Carol Other carol@acme.example open to everyone" in before

    review = _text(alice.post(address, wish | {"action": "review"}))
    assert "1 person can no longer read it: Carol Other" in review
    assert "2 people read it before and afterwards" in review
    assert _rule(base) == "tenant"
    assert carol.get(f"/knowledge/{base.id}").status_code == 200

    assert _saved(alice, address, **wish).status_code == 302
    assert _rule(base) == "teams"
    assert carol.get(f"/knowledge/{base.id}").status_code == 404
    after = alice.get(address)
    assert "Bob Member bob@acme.example member of Engineering" in _text(after)
    assert "Alice Admin changed the readers" in _text(after)
    change = re.search(r'name="change" value="([^"]*)"', after.content.decode())
    assert change is not None
    assert alice.post(address, {"action": "undo", "change": change[1]}).status_code == 302
    assert _rule(base) == "tenant"
    assert carol.get(f"/knowledge/{base.id}").status_code == 200
    assert alice.post(address, {"action": "undo", "change": change[1]}).status_code == 409


def test_folder_and_document_each_have_their_page_and_their_own_undo(
    library: Library, shelf: tuple[KnowledgeBase, Document], signed_in: Any
) -> None:
    """A folder closed to bob, in it a document closed to alice: nobody but both rules' people reads it."""
    from apps.knowledge.models import Document
    from apps.knowledge.selectors import readable_document_ids
    from apps.tenants.scope import tenant_scope

    cast, (base, document) = library.cast, shelf
    with tenant_scope(base.tenant_id):
        Document.objects.filter(id=document.id).update(folder="HR/Contracts")
    alice = signed_in(cast.alice)
    folder = f"/knowledge/{base.id}/folder-access?folder=HR"
    own = f"/knowledge/documents/{document.id}/access"
    _saved(alice, folder, visibility="people", people="BOB@acme.example\n")
    page = _text(alice.get(own))
    assert "The collection “Papers”: open to everyone The folder “HR”: named as a reader" in page
    assert "2 people can read it" in page
    assert "1 person can no longer read it: Bob Member" in _text(
        alice.post(own, {"visibility": "private", "people": "", "action": "review"})
    )
    _saved(alice, own, visibility="private", people="")

    def readers() -> list[bool]:
        with tenant_scope(base.tenant_id):
            return [
                bool(readable_document_ids(user_id=person.id, document_ids=[document.id]))
                for person in (cast.alice, cast.bob, cast.carol)
            ]

    assert readers() == [True, False, False]
    listed = _text(alice.get(f"/knowledge/{base.id}/access"))
    assert "HR/ Alice Admin, Bob Member" in listed
    assert f"{document.title} Alice Admin" in listed
    assert "HR/Contracts/" in listed
    for address in (own, folder):
        change = re.search(r'name="change" value="([^"]*)"', alice.get(address).content.decode())
        assert change is not None
        joint = "&" if "?" in address else "?"
        undone = alice.post(address, {"action": "undo", "change": change[1]})
        assert undone["Location"] == f"{address}{joint}saved=undone"
    assert readers() == [True, True, True]


def test_change_of_another_in_between_is_reviewed_again(
    library: Library, shelf: tuple[KnowledgeBase, Document], signed_in: Any
) -> None:
    """What was reviewed against other readers is not saved."""
    cast, (base, _) = library.cast, shelf
    alice, address = signed_in(cast.alice), f"/knowledge/{base.id}/access"
    wish = {"visibility": "private", "people": ""}
    seen = _seen(alice.post(address, wish | {"action": "review"}).content.decode())
    _saved(alice, address, visibility="people", people="carol@acme.example")
    again = alice.post(address, wish | {"action": "save", "seen": seen})
    assert "Somebody changed the readers in the meantime" in _text(again)
    assert _rule(base) == "people"


def test_form_refuses_nobody_and_strangers_and_says_so(
    library: Library, shelf: tuple[KnowledgeBase, Document], signed_in: Any
) -> None:
    """Chosen people without a person, and a person of another organisation."""
    base, _ = shelf
    alice, address = signed_in(library.cast.alice), f"/knowledge/{base.id}/access"
    for people, said in (
        ("", "Name at least one person"),
        ("mallory@globex.example", "Nobody here has this"),
    ):
        answer = alice.post(address, {"visibility": "people", "people": people, "action": "save"})
        assert answer.status_code == 422
        assert said in _text(answer)
    no_team = alice.post(address, {"visibility": "teams", "people": "", "action": "save"})
    assert "Choose at least one team" in _text(no_team)
    assert _rule(base) == "tenant"


def test_pages_are_for_those_who_may_change_and_the_reader_hears_only_the_own_reason(
    library: Library, shelf: tuple[KnowledgeBase, Document], signed_in: Any
) -> None:
    """bob reads why he may, and is refused the list of readers; a stranger finds nothing."""
    cast, (base, document) = library.cast, shelf
    pages = (
        f"/knowledge/{base.id}/access",
        f"/knowledge/{base.id}/folder-access?folder=HR",
        f"/knowledge/documents/{document.id}/access",
    )
    bob, mallory = signed_in(cast.bob), signed_in(cast.mallory)
    assert [bob.get(page).status_code for page in pages] == [403] * 3
    assert [mallory.get(page).status_code for page in pages] == [404] * 3
    why = _text(bob.get(f"/knowledge/documents/{document.id}"))
    assert "You may read the collection “Papers”: it is open to everyone." in why
    assert "Who reads it" not in why


def test_rest_tells_readers_reasons_restrictions_and_the_effect_beforehand(
    library: Library, shelf: tuple[KnowledgeBase, Document], signed_in: Any
) -> None:
    """As the pages do."""
    import json

    cast, (base, document) = library.cast, shelf
    alice, bob = signed_in(cast.alice), signed_in(cast.bob)
    ways = (f"/api/v1/documents/{document.id}", f"/api/v1/knowledge-bases/{base.id}")
    body = json.dumps({"visibility": "people", "user_ids": [str(cast.carol.id)]})
    for way in ways:
        told = alice.post(f"{way}/access/effect", body, content_type="application/json").json()
        assert told == {
            "gained": {"count": 0, "names": []},
            "lost": {"count": 1, "names": ["Bob Member"]},
            "kept": 2,
        }
        assert bob.get(f"{way}/readers").status_code == 403
        assert bob.post(f"{way}/access/effect", body, content_type="application/json").status_code == 403
    assert alice.put(f"{ways[0]}/access", body, content_type="application/json").status_code == 200
    readers = {row["name"]: row["reasons"] for row in alice.get(f"{ways[0]}/readers").json()["results"]}
    assert readers == {
        "Alice Admin": [
            {"rule": "the collection “Papers”", "by": "owner"},
            {"rule": "this document", "by": "owner"},
        ],
        "Carol Other": [
            {"rule": "the collection “Papers”", "by": "open to everyone"},
            {"rule": "this document", "by": "named as a reader"},
        ],
    }
    assert len(alice.get(f"{ways[1]}/readers?limit=2").json()["results"]) == 2
    listed = alice.get(f"{ways[1]}/folder-access").json()["results"]
    assert [(row["document_id"], row["visibility"]) for row in listed] == [(str(document.id), "people")]
