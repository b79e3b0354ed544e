"""The chunk inspector: see, search, leave out, correct; over REST and on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.knowledge.conftest import Library, counts

if TYPE_CHECKING:
    from apps.knowledge.models import Document, KnowledgeBase

TEXT = "# Travel\n\nThe hotel cap is 190 pounds.\n\n# Meals\n\nDinner costs 45 pounds at most."


@pytest.fixture
def base(library: Library) -> KnowledgeBase:
    return library.base(library.cast.bob)


@pytest.fixture
def document(library: Library, base: KnowledgeBase) -> Document:
    return library.read(library.add(base, "rules.md", TEXT, library.cast.bob))


def _chunks(client: Any, document: Document, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/documents/{document.id}/chunks{query}")
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def _patch(client: Any, chunk_id: str, **values: Any) -> Any:
    return client.patch(f"/api/v1/chunks/{chunk_id}", values, content_type="application/json")


def _terms(document: Document) -> int:
    from apps.knowledge.models import TermCount
    from apps.tenants.scope import tenant_scope

    with tenant_scope(document.tenant_id):
        return TermCount.objects.filter(chunks__gt=0).count()


def test_excluded_passage_is_found_by_nothing(
    library: Library, base: KnowledgeBase, document: Document, signed_in: Any
) -> None:
    bob = library.cast.bob
    client = signed_in(bob)
    before = _terms(document)
    hotel = _chunks(client, document, "?q=hotel")
    assert [chunk["position"] for chunk in hotel] == [0]
    assert _patch(client, hotel[0]["id"], is_excluded=True).json()["is_excluded"] is True
    assert not [p for p in library.ask(bob, "What is the hotel cap?", base) if "hotel" in p.text]
    assert _terms(document) < before
    rows = counts(document.tenant_id)
    assert (rows["Chunk"], rows["ChunkVector"], rows["ChunkTerms"]) == (2, 1, 1)
    assert _patch(client, hotel[0]["id"], is_excluded=False).status_code == 200
    assert _terms(document) == before
    from apps.knowledge.remeaning import embed_missing

    assert "meaning" in library.row(document).note
    assert embed_missing(document.tenant_id, document.id) == 1
    assert embed_missing(document.tenant_id, document.id) == 0
    assert library.row(document).note == ""
    assert "190" in library.ask(bob, "What is the hotel cap?", base)[0].text


def test_correction_counts_at_once_and_outlives_reading_again(
    library: Library, base: KnowledgeBase, document: Document, signed_in: Any
) -> None:
    from apps.knowledge.ingesting import ingest
    from apps.knowledge.versioning import document_reprocess
    from apps.tenants.scope import tenant_scope

    bob = library.cast.bob
    client = signed_in(bob)
    hotel = _chunks(client, document)[0]
    changed = _patch(client, hotel["id"], text="The hotel cap is 333 pounds.").json()
    assert (changed["text"], changed["original"]) == ("The hotel cap is 333 pounds.", hotel["text"])
    assert "333" in library.ask(bob, "hotel cap 333", base)[0].text
    with tenant_scope(document.tenant_id):
        version = document_reprocess(actor=None, document=document, chunk_size=600)
    ingest(version.tenant_id, version.id)
    assert _chunks(client, document)[0]["text"] == "The hotel cap is 333 pounds."
    again = _chunks(client, document)[0]
    assert again["original"] == hotel["text"]
    back = _patch(client, again["id"], text=hotel["text"]).json()
    assert (back["text"], back["original"]) == (hotel["text"], None)


def test_reader_sees_and_changes_nothing(library: Library, signed_in: Any) -> None:
    alice = library.cast.alice
    shared = library.base(alice, "tenant")
    document = library.read(library.add(shared, "rules.md", TEXT, alice))
    client = signed_in(library.cast.bob)
    chunk = _chunks(client, document)[0]
    assert _patch(client, chunk["id"], is_excluded=True).status_code == 403
    assert _chunks(client, document)[0]["is_excluded"] is False
    stranger = signed_in(library.cast.mallory)
    assert stranger.get(f"/api/v1/documents/{document.id}/chunks").status_code == 404
    assert _patch(stranger, chunk["id"], is_excluded=True).status_code == 404


def test_page_shows_searches_and_mends(library: Library, document: Document, signed_in: Any) -> None:
    client = signed_in(library.cast.bob)
    address = f"/knowledge/documents/{document.id}"
    page = client.get(address, headers={"accept": "text/html"})
    assert page.status_code == 200
    body = page.content.decode()
    assert "The hotel cap is 190 pounds." in body
    assert "Dinner costs" in body
    found = client.get(f"{address}?q=dinner").content.decode()
    assert "Dinner costs" in found
    assert "hotel cap" not in found
    chunk = _chunks(client, document)[0]
    left_out = client.post(f"/knowledge/passages/{chunk['id']}", {"exclude": ""})
    assert left_out["Location"].endswith(f"?page=1#passage-{chunk['position']}")
    assert left_out.status_code == 302, left_out.content
    assert "Left out" in client.get(address).content.decode()
    passage = f"/knowledge/passages/{chunk['id']}"
    assert client.get(passage)["Location"].endswith(f"{document.id}?page=1#passage-0")
    sought = f"{address}?q=hotel#passage-0"
    mended = client.post(passage, {"text": "The hotel cap is 333 pounds.", "next": sought})
    assert mended["Location"] == sought
    assert "Undo the correction" in client.get(address).content.decode()
    assert client.post(passage, {"undo": "", "next": sought}).status_code == 302
    undone = client.get(address).content.decode()
    assert "190 pounds" in undone
    assert "Undo the correction" not in undone
    replaced = client.post(f"{address}/reprocess", {"chunk_size": "5"})
    assert replaced.status_code == 422
    assert "From 300 to 2000" in replaced.content.decode()


@pytest.mark.parametrize(
    ("state", "told", "button"),
    [
        ("failed", "This file is protected by a password. Nothing of it is searched.", ">Retry<"),
        ("paused", "Reading is paused, so nothing of it is searched.", ">Resume<"),
    ],
)
def test_page_says_first_why_nothing_was_read_and_leads_on(
    library: Library, document: Document, signed_in: Any, state: str, told: str, button: str
) -> None:
    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    with tenant_scope(document.tenant_id):
        Document.objects.filter(id=document.id).update(
            state=state, error_detail="This file is protected by a password.", error_kind="fault"
        )
    client = signed_in(library.cast.bob)
    address = f"/knowledge/documents/{document.id}"
    shown = client.get(address).content.decode()
    assert told in shown
    assert button in shown
