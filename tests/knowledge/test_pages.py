"""The pages: collections, documents with their states, upload, test search, administration."""

from __future__ import annotations

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.knowledge.builders import pdf
from tests.knowledge.conftest import Library, counts


def test_collection_from_beginning_to_end(  # noqa: PLR0915 - one walk through all pages
    library: Library, signed_in: Any
) -> None:
    from apps.knowledge.models import Document, KnowledgeBase, TrialSearch
    from apps.knowledge.trial import search
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    bob = signed_in(cast.bob)
    assert b"No collection is shared with you yet" in bob.get("/knowledge").content
    form = {"name": "Travel", "visibility": "teams", "team_ids": [str(cast.engineering.id)]}
    made = bob.post("/knowledge/new", form | {"scan_language": "ar"})
    assert made.status_code == 302, made.content.decode()
    with tenant_scope(cast.acme.id):
        base = KnowledgeBase.objects.get()
    assert base.scan_language == "ar"
    address = f"/knowledge/{base.id}"
    assert made["Location"] == address
    upload = bob.post(f"{address}/documents", {"file": SimpleUploadedFile("cap.pdf", pdf("The cap is 190."))})
    assert upload.status_code == 302, upload.content.decode()
    waiting = bob.get(address).content.decode()
    assert "data-live" in waiting
    assert "Waiting" in waiting
    with tenant_scope(cast.acme.id):
        document = Document.objects.get()
    library.read(document)
    ready = bob.get(address).content.decode()
    assert "Ready" in ready
    assert "data-live" not in ready
    begun = bob.get(f"{address}/search", {"query": "the cap", "since": "2020-01-01"})
    with tenant_scope(cast.acme.id):
        asked = TrialSearch.objects.get()
    shown = f"{address}?query=the+cap&since=2020-01-01&search={asked.id}"
    assert begun["Location"] == f"{shown}#search"
    assert "Searching…" in bob.get(shown).content.decode()
    search(cast.acme.id, asked.id)
    assert "The cap is 190." in bob.get(shown).content.decode()
    assert signed_in(cast.carol).get(address).status_code == 404
    assert bob.post(f"/knowledge/documents/{document.id}/delete").status_code == 302
    assert counts(cast.acme.id)["Document"] == 0
    assert b"Delete Travel?" in bob.get(f"{address}/delete").content
    assert bob.post(f"{address}/delete").status_code == 302
    assert counts(cast.acme.id)["KnowledgeBase"] == 0


def test_link_to_a_test_search_has_it_made_anew_for_whoever_may_read(
    library: Library, signed_in: Any
) -> None:
    from apps.knowledge.models import TrialSearch
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    base = library.base(cast.alice, visibility="tenant")
    address = f"/knowledge/{base.id}"
    bob, carol = signed_in(cast.bob), signed_in(cast.carol)
    link = bob.get(f"{address}/search", {"query": "a cap"})["Location"].removesuffix("#search")
    followed = carol.get(link)
    assert followed["Location"].startswith(f"{address}/search?query=a+cap&search=")
    with tenant_scope(cast.acme.id):
        assert TrialSearch.objects.count() == 1, "a page that leads on starts nothing"
    own = carol.get(followed["Location"])["Location"]
    assert own.startswith(f"{address}?query=a+cap&search=")
    assert own.removesuffix("#search") != link
    assert "Searching…" in carol.get(own.removesuffix("#search")).content.decode()
    assert bob.get(f"{address}/search")["Location"] == f"{address}#search"
    empty = bob.get(f"{address}/search", {"query": " "})
    assert (empty.status_code, "Write a question" in empty.content.decode()) == (422, True)
    reversed_ = bob.get(f"{address}/search", {"query": "x", "since": "2026-02-02", "until": "2026-01-01"})
    assert "before the first one" in reversed_.content.decode()
    assert signed_in(cast.mallory).get(f"{address}/search", {"query": "a cap"}).status_code == 404


def test_documents_are_found_by_name_folder_and_state(library: Library, signed_in: Any) -> None:
    base = library.base(library.cast.bob)
    bob, address = signed_in(library.cast.bob), f"/knowledge/{base.id}"
    library.read(library.add(base, "travel.md", b"# Travel\n\nThe cap is 190."))
    library.read(library.add(base, "locked.pdf", pdf("No", password="four")))
    both = bob.get(address).content.decode()
    assert "travel.md" in both
    assert "locked.pdf" in both
    named = bob.get(address, {"q": "TRAV"}).content.decode()
    assert ("travel.md" in named, "locked.pdf" in named) == (True, False)
    failed = bob.get(address, {"state": "failed"}).content.decode()
    assert ("travel.md" in failed, "locked.pdf" in failed) == (False, True)
    assert "No document here fits this filter." in bob.get(address, {"q": "zz"}).content.decode()


def test_refused_upload_says_why_and_keeps_nothing(library: Library, signed_in: Any) -> None:
    base = library.base(library.cast.bob)
    files = [SimpleUploadedFile("fine.md", b"# Fine"), SimpleUploadedFile("fake.pdf", b"no pdf")]
    answer = signed_in(library.cast.bob).post(f"/knowledge/{base.id}/documents", {"file": files})
    assert answer.status_code == 422
    assert "None of the files was added" in answer.content.decode()
    assert counts(base.tenant_id)["Document"] == 0


def test_files_of_one_form_have_the_limit_each_and_four_times_together(
    library: Library, signed_in: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("django.conf.settings.MAX_UPLOAD_BYTES", 100_000)
    base = library.base(library.cast.bob)
    bob, address = signed_in(library.cast.bob), f"/knowledge/{base.id}"

    def sent(*sizes: int) -> Any:
        files = [
            SimpleUploadedFile(f"{place}.txt", b"word " * (size // 5)) for place, size in enumerate(sizes)
        ]
        return bob.post(f"{address}/documents", {"file": files})

    page = bob.get(address).content.decode()
    assert "up to 97.7 KB each" in page
    assert "and 390.6 KB together" in page
    one = sent(90_000, 110_000)
    assert one.status_code == 422
    assert "1.txt: The file is too large. A file may have up to 97.7 KB." in one.content.decode()
    together = sent(*[100_000] * 5)
    assert together.status_code == 413
    assert "up to 390.6 KB together, each of them up to 97.7 KB" in together.content.decode()
    assert counts(base.tenant_id)["Document"] == 0
    assert sent(90_000, 85_000, 80_000).status_code == 302
    assert counts(base.tenant_id)["Document"] == 3
    again = sent(90_000, 75_000)
    assert "1 file was in this collection already" in bob.get(again["Location"]).content.decode()
    assert counts(base.tenant_id)["Document"] == 4


def test_forged_upload_is_refused(library: Library, cast: Any) -> None:
    from django.test import Client

    from apps.accounts.middleware import COOKIE
    from apps.accounts.services import session_create
    from apps.tenants.scope import tenant_scope

    base = library.base(cast.bob)
    client = Client(HTTP_HOST=cast.acme.host, enforce_csrf_checks=True)
    with tenant_scope(cast.acme.id):
        _, token = session_create(user=cast.bob, ip="192.0.2.1", agent="test")
    client.cookies[COOKIE] = token
    answer = client.post(f"/knowledge/{base.id}/documents", {"file": SimpleUploadedFile("a.md", b"# A")})
    assert answer.status_code == 403
    assert counts(cast.acme.id)["Document"] == 0


def test_administration_lists_all_but_shows_no_text(library: Library, signed_in: Any) -> None:
    cast = library.cast
    base = library.base(cast.bob, name="Bob's own")
    document = library.read(library.add(base, "locked.pdf", pdf("No", password="four"), cast.bob))
    assert signed_in(cast.bob).get("/admin/knowledge").status_code == 404
    alice = signed_in(cast.alice)
    page = alice.get("/admin/knowledge").content.decode()
    assert "Bob&#x27;s own" in page
    assert "protected by a password" in page
    shown = alice.get(f"/knowledge/{base.id}").content.decode()
    assert "Test search" not in shown
    assert alice.get(f"/api/v1/documents/{document.id}/content").status_code == 404
    assert alice.get(f"/knowledge/{base.id}/edit").status_code == 200


def test_collection_of_a_chat_is_shown_before_it_is_deleted(library: Library, signed_in: Any) -> None:
    from uuid import uuid4

    from apps.accounts.actors import Actor
    from apps.knowledge.services import conversation_file_add
    from apps.tenants.scope import tenant_scope

    bob = library.cast.bob
    with tenant_scope(bob.tenant_id):
        document = conversation_file_add(
            actor=Actor(bob), conversation_id=uuid4(), name="a.md", stream=io.BytesIO(b"# A\n\nText.")
        )
    address = f"/knowledge/{document.knowledge_base_id}"
    assert signed_in(bob).get(f"{address}/delete").status_code == 200
    assert signed_in(bob).get(f"/api/v1/knowledge-bases/{document.knowledge_base_id}").status_code == 200
