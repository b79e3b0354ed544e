"""Bytes for a bucket travel between transactions: none waits for the network, nothing is lost or left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.knowledge.conftest import Library, counts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TEXT = b"# Rules\n\nEach rule is one line of text.\n"


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty storage that counts as remote and refuses to be written to or read from in a transaction."""
    from apps.files.storage.disk import DiskStorage
    from apps.tenants.scope import assert_no_scope

    save, open_ = DiskStorage.save, DiskStorage.open

    def saved(store: DiskStorage, key: str, parts: Iterable[bytes]) -> None:
        assert_no_scope()
        save(store, key, parts)

    def opened(store: DiskStorage, key: str) -> Any:
        assert_no_scope()
        return open_(store, key)

    monkeypatch.setattr("django.conf.settings.FILES_DIR", tmp_path)
    monkeypatch.setattr(DiskStorage, "is_remote", True)
    monkeypatch.setattr(DiskStorage, "save", saved)
    monkeypatch.setattr(DiskStorage, "open", opened)
    return tmp_path


def _bytes(bucket: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in bucket.rglob("*") if path.is_file())


def _upload(client: Any, base_id: object, data: bytes = TEXT, name: str = "rules.md") -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile(name, data)
    return client.post(f"/api/v1/knowledge-bases/{base_id}/documents", {"file": file})


def test_an_upload_is_sent_between_two_tries(library: Library, bucket: Path, signed_in: Any) -> None:
    base = library.base(library.cast.bob).id
    made = _upload(signed_in(library.cast.bob), base)
    assert made.status_code == 201, made.content
    assert _bytes(bucket) == [TEXT]
    assert counts(library.cast.acme.id)["Document"] == 1


def test_what_is_refused_is_never_sent(library: Library, bucket: Path, signed_in: Any) -> None:
    base = library.base(library.cast.bob).id
    assert _upload(signed_in(library.cast.carol), base).status_code == 404
    assert _upload(signed_in(library.cast.bob), base, b"").status_code == 400
    assert _upload(signed_in(library.cast.bob), base, b"MZ\x90\x00\x03", "a.pdf").status_code == 415
    assert _bytes(bucket) == []


def test_two_equal_files_of_one_form_have_bytes_of_their_own(bucket: Path, cast: Any) -> None:
    from apps.files.services import file_delete, file_save
    from apps.tenants.outside import in_tries
    from apps.tenants.scope import tenant_scope

    def both() -> list[Any]:
        with tenant_scope(cast.acme.id):
            return [
                file_save(owner_id=None, name=name, media_type="text/plain", parts=[TEXT]) for name in "ab"
            ]

    first, second = in_tries(both)
    assert first.storage_key != second.storage_key
    with tenant_scope(cast.acme.id):
        file_delete(file=first)
    assert _bytes(bucket) == [TEXT]


def test_an_upload_in_parts_is_sent_and_joined_between_tries(
    library: Library, bucket: Path, signed_in: Any
) -> None:
    client, base = signed_in(library.cast.bob), library.base(library.cast.bob).id
    begun = client.post(
        f"/api/v1/knowledge-bases/{base}/uploads",
        {"client_key": "k", "name": "rules.md", "size": len(TEXT)},
        content_type="application/json",
    ).json()
    for offset, data in ((0, TEXT[:20]), (20, TEXT[20:])):
        sent = client.put(
            f"/api/v1/uploads/{begun['id']}?offset={offset}", data, content_type="application/octet-stream"
        )
        assert (sent.status_code, sent.json()["received"]) == (200, offset + len(data)), sent.content
    assert sent.json()["document"]["state"] == "queued"
    assert _bytes(bucket) == [TEXT]


def test_a_page_sends_its_files_too(library: Library, bucket: Path, signed_in: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    base = library.base(library.cast.bob).id
    files = [SimpleUploadedFile("a.md", TEXT), SimpleUploadedFile("b.md", TEXT + b"More.\n")]
    sent = signed_in(library.cast.bob).post(f"/knowledge/{base}/documents", {"file": files})
    assert sent.status_code == 302, sent.content[:500]
    assert _bytes(bucket) == sorted([TEXT, TEXT + b"More.\n"])


def test_a_failure_after_the_sending_leaves_bytes_for_the_upkeep_alone(
    library: Library, bucket: Path, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from apps.files.upkeep import remove_orphans

    base = library.base(library.cast.bob).id
    monkeypatch.setattr("apps.files.services.clean_name", lambda name: 1 / 0)
    assert _upload(signed_in(library.cast.bob), base).status_code == 500
    assert (len(_bytes(bucket)), counts(library.cast.acme.id)["Document"]) == (1, 0)
    assert remove_orphans(grace=timedelta(seconds=-1)) == 1
    assert _bytes(bucket) == []
