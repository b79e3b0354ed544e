"""A search is narrowed by kind, tag, date and owner in its own statement; tags by REST and on pages."""

from __future__ import annotations

import io
from datetime import date
from typing import Any
from uuid import uuid4

from apps.knowledge.narrowing import WIDE, Narrowing, clean_tags
from tests.knowledge.conftest import Library
from tests.knowledge.test_rest import _json as api

QUESTION = "What does the crane lift?"


def _titles(library: Library, narrowing: Narrowing, *bases: Any, **options: Any) -> set[str]:
    found = library.look(library.cast.bob, QUESTION, *bases, narrowing=narrowing, **options)
    return {passage.title for passage in found.passages()}


def test_each_filter_holds_in_the_search_and_not_for_the_chats_own_files(library: Library) -> None:
    from apps.knowledge.labelling import document_label
    from apps.knowledge.services import conversation_file_add
    from apps.tenants.scope import tenant_scope

    cast, chat = library.cast, uuid4()
    base = library.base(cast.alice, "tenant")
    old = library.read(library.add(base, "old.md", "# Old\n\nThe crane lifts 4 tons.", cast.alice))
    new = library.read(library.add(base, "new.txt", "New: the crane lifts 9 tons.", cast.bob))
    with tenant_scope(cast.acme.id):
        alice = library.actor(cast.alice)
        document_label(actor=alice, document=old, tags=["Machines", "machines", " "], dated=date(2019, 5, 1))
        own = conversation_file_add(
            actor=library.actor(cast.bob),
            conversation_id=chat,
            name="mine.md",
            stream=io.BytesIO(b"# Mine\n\nMy crane lifts 2 tons."),
        )
    library.read(own)
    both = {"Old", "new"}
    assert _titles(library, WIDE, base) == both
    assert _titles(library, Narrowing(tags=("MACHINES",)), base) == {"Old"}
    assert _titles(library, Narrowing(tags=("other",)), base) == set()
    assert _titles(library, Narrowing(until=date(2019, 5, 1)), base) == {"Old"}
    assert _titles(library, Narrowing(since=date(2019, 5, 2)), base) == {"new"}
    assert _titles(library, Narrowing(owner_ids=(cast.bob.id,)), base) == {"new"}
    assert _titles(library, Narrowing(kinds=("other",)), base) == both
    assert _titles(library, Narrowing(kinds=("pdf",)), base) == set()
    assert _titles(library, Narrowing(kinds=("pdf",)), base, conversation_id=chat) == {"Mine"}
    assert new.dated is None


def test_facets_count_what_there_is_and_owners_are_who_answers_for_it(library: Library) -> None:
    from apps.knowledge.care.models import DocumentReview
    from apps.knowledge.labelling import facets
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    base = library.base(cast.alice, "tenant")
    library.read(library.add(base, "old.md", "# Old\n\nThe crane lifts 4 tons.", cast.alice))
    new = library.read(library.add(base, "new.txt", "New: the crane lifts 9 tons.", cast.bob))
    with tenant_scope(cast.acme.id):
        found = facets(library.actor(cast.bob), [base.id])
        DocumentReview.objects.update_or_create(document=new, defaults={"owner": cast.carol})
        owners = facets(library.actor(cast.bob), [base.id])["owners"]
    assert found["tags"] == []
    assert [(row["kind"], row["documents"]) for row in found["kinds"]] == [("other", 2)]
    assert {row["name"] for row in found["owners"]} == {cast.alice.name, cast.bob.name}
    assert {row["name"] for row in owners} == {cast.alice.name, cast.carol.name}
    assert _titles(library, Narrowing(owner_ids=(cast.carol.id,)), base) == {"new"}
    assert _titles(library, Narrowing(owner_ids=(cast.bob.id,)), base) == set()


def test_stored_and_read_again_it_is_the_same() -> None:
    narrowing = Narrowing(("pdf",), ("A",), (uuid4(),), date(2020, 1, 1), None)
    assert Narrowing.of(narrowing.stored()) == narrowing
    assert Narrowing.of({"note": "x", "kinds": ["nothing"]}) == WIDE
    assert WIDE.stored() == {}
    assert clean_tags([" a  b ", "A B", "", "#c"]) == ["a b", "c"]


def test_tags_by_rest_and_a_narrowed_search_with_its_reasons(library: Library, signed_in: Any) -> None:
    from apps.knowledge.trial import search

    cast = library.cast
    base = library.base(cast.bob)
    bob = signed_in(cast.bob)
    document = library.read(
        library.add(base, "old.md", "# Old\n\nThe crane AX-4711/B lifts 4 tons.", cast.bob)
    )
    other = library.read(library.add(base, "new.md", "# New\n\nThe crane lifts 9 tons.", cast.bob))
    said = api(bob, "PATCH", f"/documents/{document.id}", {"tags": ["Machines"], "dated": "2019-05-01"})
    assert (said.status_code, said.json()["tags"], said.json()["dated"]) == (200, ["Machines"], "2019-05-01")
    assert api(bob, "GET", f"/documents/{other.id}").json()["tags"] == []
    found = api(bob, "GET", f"/knowledge-bases/facets?knowledge_base_id={base.id}").json()
    assert [row["tag"] for row in found["tags"]] == ["Machines"]
    assert api(bob, "GET", "/knowledge-bases/facets?knowledge_base_id=x").status_code == 400
    address = f"/knowledge-bases/{base.id}/search"
    assert (
        api(bob, "POST", address, {"query": "x", "since": "2020-01-02", "until": "2020-01-01"}).status_code
        == 400
    )
    assert api(bob, "POST", address, {"query": "x", "kinds": ["nothing"]}).status_code == 400
    asked = api(bob, "POST", address, {"query": "What does AX-4711/B lift?", "tags": ["machines"]}).json()
    assert asked["narrowing"] == {"tags": ["machines"]}
    search(cast.acme.id, asked["id"])
    (hit,) = api(bob, "GET", f"/searches/{asked['id']}").json()["results"]
    assert hit["document_id"] == str(document.id)
    assert hit["why"] == {"meaning": 1.0, "words": 1.0, "pointed": 1.0, "reranker": None}
    shown = {"query": "What does AX-4711/B lift?", "search": asked["id"]}
    page = bob.get(f"/knowledge/{base.id}", shown).content.decode()
    assert "meaning 1.00, words 1.00, quoted or named 1.00" in page
    assert "Machines (1)" in page


def test_tags_at_upload_and_on_the_page(library: Library, signed_in: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    base = library.base(cast.bob)
    bob = signed_in(cast.bob)
    form = {"file": SimpleUploadedFile("a.txt", b"Cranes lift."), "tags": "Machines, cranes ,Cranes"}
    assert bob.post(f"/knowledge/{base.id}/documents", form).status_code == 302
    with tenant_scope(cast.acme.id):
        document = Document.objects.get()
    assert document.tags == ["Machines", "cranes"]
    library.read(document)
    address = f"/knowledge/documents/{document.id}"
    assert "Tags: Machines, cranes" in bob.get(address).content.decode()
    assert bob.post(f"{address}/labels", {"tags": "x", "dated": "no day"}).status_code == 422
    assert bob.post(f"{address}/labels", {"tags": "Lifting", "dated": "2020-02-01"}).status_code == 302
    assert (library.row(document).tags, library.row(document).dated) == (["Lifting"], date(2020, 2, 1))
    assert signed_in(cast.carol).post(f"{address}/labels", {"tags": "mine"}).status_code == 404
    begun = api(
        bob,
        "POST",
        f"/knowledge-bases/{base.id}/uploads",
        {"client_key": "k", "name": "b.txt", "size": 5, "tags": ["Machines"]},
    )
    assert begun.status_code == 201
