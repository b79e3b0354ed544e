"""Uploads in parts: resumed after a broken line, repeated without harm, refused in words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.knowledge.conftest import Library, counts

if TYPE_CHECKING:
    from uuid import UUID

TEXT = ("# Rules\n\n" + "Each rule is one line of text.\n" * 400).encode()
KEY = "rules.md-12409-1764000000"


class Sender:
    """A client that sends a file in parts over REST."""

    def __init__(self, client: Any, base_id: UUID) -> None:
        self._client = client
        self._base = f"/api/v1/knowledge-bases/{base_id}/uploads"

    def begin(self, size: int = len(TEXT), **values: Any) -> Any:
        """Announce the file."""
        body = {"client_key": KEY, "name": "rules.md", "size": size} | values
        return self._client.post(self._base, body, content_type="application/json")

    def put(self, upload: str, offset: int, data: bytes) -> Any:
        """One part."""
        return self._client.put(
            f"/api/v1/uploads/{upload}?offset={offset}", data, content_type="application/octet-stream"
        )


@pytest.fixture
def sender(library: Library, signed_in: Any) -> Sender:
    """bob, into a collection of his."""
    return Sender(signed_in(library.cast.bob), library.base(library.cast.bob).id)


def _files(library: Library) -> int:
    from django.conf import settings

    folder = settings.FILES_DIR / "tenants" / str(library.cast.acme.id)
    return sum(path.is_file() for path in folder.rglob("*"))


def test_parts_are_resumed_and_become_a_document(library: Library, sender: Sender) -> None:
    begun = sender.begin(folder="HR/Contracts")
    assert begun.status_code == 201, begun.content
    upload = begun.json()["id"]
    assert sender.put(upload, 0, TEXT[:5000]).json()["received"] == 5000
    again = sender.begin(folder="HR/Contracts")
    assert (again.status_code, again.json()["id"], again.json()["received"]) == (200, upload, 5000)
    assert sender.put(upload, 0, TEXT[:5000]).json()["received"] == 5000
    gap = sender.put(upload, 7000, TEXT[7000:])
    assert (gap.status_code, gap.json()["code"]) == (409, "offset_conflict")
    assert counts(library.cast.acme.id)["Document"] == 0
    done = sender.put(upload, 5000, TEXT[5000:])
    assert done.status_code == 200, done.content
    assert done.json()["document"]["state"] == "queued"
    repeated = sender.put(upload, 5000, TEXT[5000:])
    assert repeated.json()["document"]["id"] == done.json()["document"]["id"]
    assert counts(library.cast.acme.id)["Document"] == 1
    assert _files(library) == 1, "the parts are gone"
    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    with tenant_scope(library.cast.acme.id):
        document = Document.objects.select_related("file").get()
    assert (document.folder, document.file.size) == ("HR/Contracts", len(TEXT))
    assert library.read(document).state == "ready"


def test_same_content_is_told(library: Library, sender: Sender) -> None:
    first = sender.put(sender.begin().json()["id"], 0, TEXT).json()
    second = sender.put(sender.begin(client_key="another").json()["id"], 0, TEXT).json()
    assert (first["is_duplicate"], second["is_duplicate"]) == (False, True)
    assert second["document"]["id"] == first["document"]["id"]
    assert _files(library) == 1


def test_key_of_another_file_is_refused_and_loses_neither(library: Library, sender: Sender) -> None:
    upload = sender.begin().json()["id"]
    for other in ({"name": "other.md"}, {"folder": "HR"}, {"size": 7}):
        refused = sender.begin(**other)
        assert (refused.status_code, refused.json()["code"]) == (409, "key_reused")
    assert sender.begin().json()["id"] == upload
    assert counts(library.cast.acme.id)["Upload"] == 1


def test_refusals_keep_nothing(library: Library, sender: Sender) -> None:
    assert sender.begin(size=10**12).status_code == 413
    assert sender.begin(size=0).status_code == 400
    upload = sender.begin(size=20, name="program.exe").json()["id"]
    refused = sender.put(upload, 0, b"MZ\x90\x00" + b"\x00\x01\x02\xff" * 4)
    assert (refused.status_code, refused.json()["code"]) == (415, "file_type")
    assert sender.put(upload, 0, b"x" * 21).status_code == 413
    assert _files(library) == 0
    assert counts(library.cast.acme.id)["Document"] == 0


def test_anothers_upload_is_not_there(library: Library, sender: Sender, signed_in: Any) -> None:
    upload = sender.begin().json()["id"]
    other = Sender(signed_in(library.cast.carol), library.base(library.cast.carol).id)
    assert other.put(upload, 0, TEXT).status_code == 404
    stranger = signed_in(library.cast.mallory)
    assert stranger.get(f"/api/v1/uploads/{upload}").status_code == 404


def test_upkeep_keeps_parts_on_their_way_and_forgets_stale_ones(library: Library, sender: Sender) -> None:
    from django.utils import timezone

    from apps.files.upkeep import remove_orphans
    from apps.knowledge.models import Upload
    from apps.knowledge.uploading import remove_stale_uploads
    from apps.tenants.scope import tenant_scope

    upload = sender.begin().json()["id"]
    sender.put(upload, 0, TEXT[:100])
    remove_orphans(grace=timedelta(0))
    assert _files(library) == 1
    with tenant_scope(library.cast.acme.id):
        Upload.objects.filter(id=upload).update(updated_at=timezone.now() - timedelta(days=2))
    remove_stale_uploads()
    assert (_files(library), counts(library.cast.acme.id)["Upload"]) == (0, 0)


def test_paused_document_waits_and_goes_on(library: Library, signed_in: Any) -> None:
    from apps.knowledge.ingesting import ingest

    client = signed_in(library.cast.bob)
    document = library.add(library.base(library.cast.bob), "a.md", "# A\n\nText of it.", library.cast.bob)
    paused = client.post(f"/api/v1/documents/{document.id}/pause")
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert client.post(f"/api/v1/documents/{document.id}/pause").status_code == 409
    assert ingest(document.tenant_id, document.id) is False
    resumed = client.post(f"/api/v1/documents/{document.id}/resume")
    assert (resumed.status_code, resumed.json()["state"]) == (202, "queued")
    assert library.read(document).state == "ready"
    assert client.post(f"/api/v1/documents/{document.id}/resume").status_code == 409


def test_versions_over_rest(library: Library, signed_in: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from apps.knowledge.ingesting import ingest

    client = signed_in(library.cast.bob)
    base = library.base(library.cast.bob)
    document = library.read(library.add(base, "a.md", "# A\n\nText of it.", library.cast.bob))
    address = f"/api/v1/documents/{document.id}"
    sent = client.post(f"{address}/versions", {"file": SimpleUploadedFile("b.md", b"# B\n\nOther text.")})
    assert sent.status_code == 202, sent.content
    assert (sent.json()["version"], sent.json()["version_of"]) == (2, str(document.id))
    ingest(document.tenant_id, sent.json()["id"])
    listed = client.get(f"{address}/versions").json()["results"]
    assert [(row["version"], row["state"]) for row in listed] == [(1, "replaced")]
    assert client.get(address).json()["version"] == 2
    again = client.post(f"{address}/reprocess", {"chunk_size": 500}, content_type="application/json")
    assert (again.status_code, again.json()["version"]) == (202, 3)
    wrong = client.post(f"{address}/reprocess", {"chunk_size": 5}, content_type="application/json")
    assert wrong.status_code == 400
    documents = client.get(f"/api/v1/knowledge-bases/{base.id}/documents").json()["results"]
    assert [row["id"] for row in documents] == [str(document.id)]


def test_left_uploads_are_listed_for_who_began_them_alone(
    library: Library, sender: Sender, signed_in: Any
) -> None:
    from django.utils import timezone

    from apps.knowledge.models import KnowledgeBase, Upload
    from apps.tenants.scope import tenant_scope

    bob = signed_in(library.cast.bob)
    with tenant_scope(library.cast.acme.id):
        base = KnowledgeBase.objects.get(owner=library.cast.bob)
    address, page = f"/api/v1/knowledge-bases/{base.id}/uploads", f"/knowledge/{base.id}"
    assert "Unfinished uploads" not in bob.get(page).content.decode()
    key = f"{len(TEXT)}-1764000000-0123456789abcdef"
    upload = sender.begin(client_key=key, folder="HR").json()["id"]
    sender.put(upload, 0, TEXT[:5000])
    sender.put(sender.begin(client_key="whole").json()["id"], 0, TEXT)
    (listed,) = bob.get(address).json()["results"]
    assert (listed["id"], listed["received"], listed["folder"]) == (upload, 5000, "HR")
    assert listed["document"] is None
    shown = bob.get(page).content.decode()
    assert "Unfinished uploads" in shown
    assert f'data-resume="{key}"' in shown
    alice = signed_in(library.cast.alice)
    assert alice.get(address).json()["results"] == []
    assert "Unfinished uploads" not in alice.get(page).content.decode()
    assert alice.post(f"/knowledge/uploads/{upload}/discard").status_code == 404
    with tenant_scope(library.cast.acme.id):
        Upload.objects.filter(id=upload).update(updated_at=timezone.now() - timedelta(days=1, hours=1))
    assert bob.get(address).json()["results"] == []
    sender.begin(client_key="other", name="other.md")
    (other,) = bob.get(address).json()["results"]
    assert "begun over the API" in bob.get(page).content.decode()
    assert bob.post(f"/knowledge/uploads/{other['id']}/discard").status_code == 302
    assert bob.get(address).json()["results"] == []


def test_uploads_side_by_side_keep_room_for_each_other(library: Library, sender: Sender) -> None:
    from apps.knowledge.models import KnowledgeBase
    from apps.tenants.scope import tenant_scope

    with tenant_scope(library.cast.acme.id):
        KnowledgeBase.objects.filter(owner=library.cast.bob).update(quota_bytes=len(TEXT) + 10)
    upload = sender.begin().json()["id"]
    refused = sender.begin(client_key="second", size=11)
    assert (refused.status_code, refused.json()["code"]) == (409, "quota_exceeded")
    assert "Uploads that are not finished count." in refused.json()["detail"]
    small = sender.begin(client_key="third", name="small.md", size=10).json()["id"]
    assert sender.put(upload, 0, TEXT).json()["document"]["state"] == "queued"
    assert sender.put(small, 0, b"# Ten more").json()["document"]["state"] == "queued", "exactly at the limit"
    full = sender.begin(client_key="fourth", size=1)
    assert full.status_code == 409
    assert "not finished" not in full.json()["detail"]
