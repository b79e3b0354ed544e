"""REST of collections and documents: clear refusals, and the same 404 for all that is not yours."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.knowledge.builders import pdf
from tests.knowledge.conftest import Library, counts

if TYPE_CHECKING:
    from django.test import Client


def _upload(client: Client, address: str, name: str, data: bytes) -> Any:
    return client.post(address, {"file": SimpleUploadedFile(name, data)})


def _json(client: Client, method: str, path: str, body: Any = None) -> Any:
    return client.generic(method, f"/api/v1{path}", _dumped(body), content_type="application/json")


def _dumped(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


def test_collection_is_made_shared_filled_and_deleted(library: Library, signed_in: Any) -> None:
    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    bob, carol = signed_in(cast.bob), signed_in(cast.carol)
    made = _json(bob, "POST", "/knowledge-bases", {"name": "Runbooks"})
    assert made.status_code == 201, made.content
    base = made.json()
    assert (base["visibility"], base["may_change"], base["documents"]) == ("private", True, 0)
    path = f"/knowledge-bases/{base['id']}"
    body = {"visibility": "teams", "team_ids": [str(cast.engineering.id)]}
    assert _json(bob, "PATCH", path, body).json()["teams"][0]["name"] == "Engineering"
    assert _json(carol, "GET", path).status_code == 404

    added = _upload(
        bob, f"/api/v1{path}/documents", "travel.pdf", pdf("The cap is 190 pounds.", title="Travel")
    )
    assert added.status_code == 201, added.content
    document = added.json()
    assert (document["state"], document["name"], document["media_type"]) == (
        "queued",
        "travel.pdf",
        "application/pdf",
    )
    with tenant_scope(cast.acme.id):
        row = Document.objects.select_related("knowledge_base").get(id=document["id"])
    library.read(row)
    shown = _json(bob, "GET", f"/documents/{document['id']}").json()
    assert (shown["state"], shown["pages"], shown["chunks"], shown["error"]) == ("ready", 1, 1, None)

    passage = library.ask(cast.bob, "What is the cap?", row.knowledge_base)[0]
    chunk = _json(bob, "GET", f"/chunks/{passage.chunk_id}").json()
    assert (chunk["text"], chunk["page"], chunk["document"]["title"]) == (
        "The cap is 190 pounds.",
        1,
        "Travel",
    )
    assert chunk["document"]["knowledge_base"]["name"] == "Runbooks"
    assert _json(carol, "GET", f"/chunks/{passage.chunk_id}").status_code == 404

    assert _json(bob, "DELETE", path).status_code == 204
    left = counts(cast.acme.id)
    assert (left["Document"], left["Chunk"], left["KnowledgeBase"]) == (0, 0, 0)


def test_original_comes_as_a_harmless_download(library: Library, signed_in: Any) -> None:
    cast = library.cast
    base = library.base(cast.bob)
    name = '../../\u202eevil";filename=x.html'
    document = library.add(base, name, "<html><script>alert(1)</script><body>Text</body></html>", cast.bob)
    answer = signed_in(cast.bob).get(f"/api/v1/documents/{document.id}/content")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"] == 'attachment; filename="evil__filename=x.html"'

    async def body() -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    assert asyncio.run(body()).startswith(b"<html>")
    assert signed_in(cast.alice).get(f"/api/v1/documents/{document.id}/content").status_code == 404


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("empty.txt", b"", (400, "file_empty")),
        ("fake.pdf", b"This is no PDF at all.", (415, "file_type")),
        ("sound.mp3", b"ID3\x04" + bytes(200), (415, "file_type")),
        ("old.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), (415, "file_type")),
        ("big.txt", b"word " * 300_000, (413, "file_too_large")),
    ],
)
def test_bad_upload_is_refused_and_nothing_is_kept(
    library: Library,
    signed_in: Any,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    data: bytes,
    expected: tuple[int, str],
) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "MAX_UPLOAD_BYTES", 1_000_000)
    base = library.base(library.cast.bob)
    answer = _upload(signed_in(library.cast.bob), f"/api/v1/knowledge-bases/{base.id}/documents", name, data)
    assert (answer.status_code, answer.json()["code"]) == expected
    assert "Nothing was saved" in answer.json()["detail"]
    assert counts(base.tenant_id)["Document"] == 0


def test_upload_that_is_repeated_with_its_key_is_kept_once(library: Library, signed_in: Any) -> None:
    base = library.base(library.cast.bob)
    bob = signed_in(library.cast.bob)

    def sent(data: bytes, key: str) -> Any:
        return bob.post(
            f"/api/v1/knowledge-bases/{base.id}/documents",
            {"file": SimpleUploadedFile("a.md", data)},
            headers={"idempotency-key": key},
        )

    first = sent(b"# A\n\nText.", "one")
    again = sent(b"# A\n\nText.", "one")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    other = sent(b"# B\n\nText.", "one")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert sent(b"", "two").status_code == 400
    assert sent(b"# C\n\nText.", "two").status_code == 201
    assert counts(base.tenant_id)["Document"] == 2


def test_readers_may_not_change(library: Library, signed_in: Any) -> None:
    cast = library.cast
    base = library.base(cast.alice, "tenant")
    document = library.add(base, "a.md", "# A\n\nText.")
    bob = signed_in(cast.bob)
    assert _json(bob, "PATCH", f"/knowledge-bases/{base.id}", {"name": "Mine"}).status_code == 403
    assert _json(bob, "DELETE", f"/knowledge-bases/{base.id}").status_code == 403
    assert _json(bob, "DELETE", f"/documents/{document.id}").status_code == 403
    assert _json(bob, "POST", f"/documents/{document.id}/retry").status_code == 403
    assert _upload(bob, f"/api/v1/knowledge-bases/{base.id}/documents", "b.md", b"# B").status_code == 403
    assert counts(cast.acme.id)["Document"] == 1
    shared = _json(bob, "POST", "/knowledge-bases", {"name": "All", "visibility": "tenant"})
    assert shared.status_code == 400
    assert shared.json()["errors"][0]["field"] == "visibility"
    foreign = {"name": "Sales", "visibility": "teams", "team_ids": [str(cast.sales.id)]}
    assert _json(bob, "POST", "/knowledge-bases", foreign).status_code == 400
    assert _json(bob, "POST", "/knowledge-bases", {"name": "X", "owner": str(cast.bob.id)}).status_code == 400


def test_foreign_ids_look_like_random_ones(library: Library, signed_in: Any) -> None:
    cast = library.cast
    base = library.base(cast.bob)
    document = library.read(library.add(base, "a.md", "# A\n\nText."))
    mallory, random = signed_in(cast.mallory), uuid4()
    for method, path in (
        ("GET", "/knowledge-bases/{}"),
        ("PATCH", "/knowledge-bases/{}"),
        ("DELETE", "/knowledge-bases/{}"),
        ("GET", "/knowledge-bases/{}/documents"),
        ("POST", "/knowledge-bases/{}/search"),
        ("GET", "/documents/{}"),
        ("DELETE", "/documents/{}"),
        ("POST", "/documents/{}/retry"),
        ("GET", "/documents/{}/content"),
        ("DELETE", "/files/{}"),
    ):
        own = document.file_id if "files" in path else document.id if "documents/{" in path else base.id
        body = {"query": "Text?"} if path.endswith("search") else {} if method == "PATCH" else None
        theirs = _json(mallory, method, path.format(own), body)
        nobodys = _json(mallory, method, path.format(random), body)
        assert (theirs.status_code, theirs.content) == (404, nobodys.content), path
    assert counts(cast.acme.id)["Document"] == 1


def test_retry_is_offered_only_where_it_helps(library: Library, signed_in: Any) -> None:
    cast = library.cast
    document = library.read(
        library.add(library.base(cast.bob), "locked.pdf", pdf("No", password="four"), cast.bob)
    )
    bob = signed_in(cast.bob)
    answer = _json(bob, "POST", f"/documents/{document.id}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_retryable")
    assert "password" in answer.json()["detail"]


def test_trial_search_is_made_by_a_worker(library: Library, signed_in: Any) -> None:
    from uuid import UUID

    from apps.knowledge.trial import search

    cast = library.cast
    base = library.base(cast.bob)
    library.read(library.add(base, "cap.md", "# Cap\n\nThe hotel cap is 190 pounds."))
    bob = signed_in(cast.bob)
    begun = _json(bob, "POST", f"/knowledge-bases/{base.id}/search", {"query": "hotel cap"})
    assert (begun.status_code, begun.json()["state"]) == (202, "queued")
    search(cast.acme.id, UUID(begun.json()["id"]))
    done = _json(bob, "GET", f"/searches/{begun.json()['id']}").json()
    assert (done["state"], done["results"][0]["text"]) == ("done", "Cap\n\nThe hotel cap is 190 pounds.")
    assert _json(signed_in(cast.alice), "GET", f"/searches/{begun.json()['id']}").status_code == 404


def test_several_collections_are_searched_at_once_as_far_as_one_may_read_them(
    library: Library, signed_in: Any
) -> None:
    from uuid import UUID

    from apps.knowledge.models import KnowledgeBase
    from apps.knowledge.trial import search
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    bases = [library.base(cast.bob, name=name) for name in ("North", "South")]
    for base in bases:
        library.read(library.add(base, "cap.md", f"# {base.name}\n\nThe hotel cap is 190 pounds."))
    hidden = library.base(cast.alice, name="Hers")
    bob, ids = signed_in(cast.bob), [str(base.id) for base in bases]

    def asked(*wanted: str) -> Any:
        return _json(bob, "POST", "/searches", {"query": "hotel cap", "knowledge_base_ids": list(wanted)})

    assert asked(*ids, str(hidden.id)).status_code == 404
    assert asked().status_code == 400
    one, two = (asked(*ids).json()["id"] for _ in range(2))
    search(cast.acme.id, UUID(one))
    done = _json(bob, "GET", f"/searches/{one}").json()
    assert {hit["knowledge_base_id"] for hit in done["results"]} == set(ids)
    with tenant_scope(cast.acme.id):
        KnowledgeBase.objects.filter(id=bases[1].id).update(owner=cast.alice)
    search(cast.acme.id, UUID(two))
    left = _json(bob, "GET", f"/searches/{two}").json()["results"]
    assert [hit["knowledge_base_id"] for hit in left] == ids[:1]
    assert len(_json(bob, "GET", f"/searches/{one}").json()["results"]) == 1


def test_file_of_a_chat(library: Library, signed_in: Any) -> None:
    bob, carol = signed_in(library.cast.bob), signed_in(library.cast.carol)
    chat = _json(bob, "POST", "/conversations", {}).json()["id"]
    added = _upload(bob, f"/api/v1/conversations/{chat}/files", "offer.md", b"# Offer\n\n4,200 euros.")
    assert added.status_code == 201, added.content
    assert (added.json()["state"], added.json()["name"], added.json()["error"]) == (
        "reading",
        "offer.md",
        None,
    )
    assert _upload(carol, f"/api/v1/conversations/{chat}/files", "x.md", b"# X").status_code == 404
    assert _json(carol, "DELETE", f"/files/{added.json()['id']}").status_code == 404
    assert _json(bob, "GET", f"/conversations/{chat}").json()["files"][0]["id"] == added.json()["id"]
    assert _json(bob, "DELETE", f"/files/{added.json()['id']}").status_code == 204
    assert _json(bob, "GET", f"/conversations/{chat}").json()["files"] == []


def test_lists_take_few_statements_however_long(library: Library, signed_in: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    cast = library.cast
    bob = signed_in(cast.bob)
    bases = [library.base(cast.bob, "teams", cast.engineering, name=f"Base {number}") for number in range(4)]
    for number in range(4):
        library.add(bases[0], f"{number}.md", f"# {number}", cast.bob)
    for path, most in (("/knowledge-bases", 8), (f"/knowledge-bases/{bases[0].id}/documents", 8)):
        with CaptureQueriesContext(connection) as asked:
            assert len(_json(bob, "GET", path).json()["results"]) == 4
        assert len(asked) <= most, [query["sql"][:90] for query in asked]
