"""Files: harmless names, limits before bytes, quotas, a scanner's word, nothing left behind."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.factories import Cast, Organisation


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty storage."""
    monkeypatch.setattr("django.conf.settings.FILES_DIR", tmp_path)
    return tmp_path


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _save(acme: Organisation, *parts: bytes, name: str = "a.txt", owner: Any = None) -> Any:
    from apps.files.services import file_save
    from apps.tenants.scope import tenant_scope

    with tenant_scope(acme.id):
        return file_save(owner_id=owner, name=name, media_type="text/plain", parts=parts)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\report.pdf", "report.pdf"),
        ("/absolute.txt", "absolute.txt"),
        ("nul\0byte.txt", "nulbyte.txt"),
        ("\u202etxt.exe", "txt.exe"),
        ("two\r\nlines.txt", "two lines.txt"),
        ("-rf.txt", "rf.txt"),
        ('a";filename=b.html', "a__filename=b.html"),
        ("..", "file"),
        ("", "file"),
        ("Übersicht 2026.pdf", "Übersicht 2026.pdf"),
    ],
)
def test_names_are_made_harmless(name: str, cleaned: str) -> None:
    from apps.files.names import clean_name

    assert clean_name(name) == cleaned


def test_long_name_keeps_its_ending() -> None:
    from apps.files.names import clean_name

    cleaned = clean_name("x" * 4000 + ".docx")
    assert (len(cleaned), cleaned[-5:]) == (200, ".docx")


def test_bytes_lie_under_the_tenant_and_a_uuid(folder: Path, acme: Organisation) -> None:
    import hashlib

    file = _save(acme, b"one ", b"two", name="../../x.txt")
    path = folder / file.storage_key
    assert file.storage_key.startswith(f"tenants/{acme.id}/")
    assert "x.txt" not in file.storage_key
    assert path.read_bytes() == b"one two"
    assert path.stat().st_mode & 0o077 == 0
    assert (file.name, file.size, file.scan_state) == ("x.txt", 7, "unscanned")
    assert file.sha256 == hashlib.sha256(b"one two").hexdigest()


def test_too_large_stops_while_it_arrives(
    folder: Path, acme: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.files.services import file_save
    from apps.rest.errors import ProblemError
    from apps.tenants.scope import tenant_scope

    monkeypatch.setattr("django.conf.settings.MAX_UPLOAD_BYTES", 100)
    given: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            given.append(1)
            yield b"x" * 40

    with tenant_scope(acme.id), pytest.raises(ProblemError) as caught:
        file_save(owner_id=None, name="a", media_type="text/plain", parts=endless())
    assert (caught.value.status, len(given)) == (413, 3)
    assert _files(folder) == []


def test_quotas_of_person_and_organisation(folder: Path, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.rest.errors import ProblemError

    monkeypatch.setattr("django.conf.settings.FILES_USER_QUOTA_BYTES", 10)
    monkeypatch.setattr("django.conf.settings.FILES_TENANT_QUOTA_BYTES", 20)
    _save(cast.acme, b"x" * 8, owner=cast.bob.id)
    with pytest.raises(ProblemError) as caught:
        _save(cast.acme, b"x" * 8, owner=cast.bob.id)
    assert (caught.value.code, caught.value.detail[:3]) == ("quota_exceeded", "You")
    _save(cast.acme, b"x" * 8, owner=cast.carol.id)
    with pytest.raises(ProblemError) as caught:
        _save(cast.acme, b"x" * 8)
    assert caught.value.detail.startswith("Your organisation")
    _save(cast.globex, b"x" * 8)
    assert len(_files(folder)) == 3


def test_scanner_refuses_an_infected_file(folder: Path, acme: Organisation) -> None:
    from apps.files.models import ScanState
    from apps.files.scanning import register_scanner
    from apps.rest.errors import ProblemError

    register_scanner(lambda path: ScanState.INFECTED if b"EICAR" in path.read_bytes() else ScanState.CLEAN)
    try:
        assert _save(acme, b"fine").scan_state == "clean"
        with pytest.raises(ProblemError) as caught:
            _save(acme, b"EICAR")
    finally:
        register_scanner(None)
    assert caught.value.status == 422
    assert len(_files(folder)) == 1


def test_deleted_file_leaves_no_bytes_and_orphans_go(folder: Path, acme: Organisation) -> None:
    from apps.files.services import file_delete
    from apps.files.upkeep import remove_orphans
    from apps.tenants.scope import discard, tenant_scope

    kept, gone = _save(acme, b"kept"), _save(acme, b"gone")
    with tenant_scope(acme.id):
        file_delete(file=gone)
        assert len(_files(folder)) == 2
    assert [path.name for path in _files(folder)] == [kept.storage_key.rsplit("/")[-1]]
    with tenant_scope(acme.id):
        from apps.files.services import file_save

        file_save(owner_id=None, name="a", media_type="text/plain", parts=[b"never committed"])
        discard()
    assert remove_orphans() == 0
    assert remove_orphans(grace=dt.timedelta(seconds=-1)) == 1
    assert len(_files(folder)) == 1


def test_keys_never_leave_the_storage(folder: Path) -> None:
    from apps.files.storage import storage

    with pytest.raises(ValueError, match="outside"):
        storage().open("../secret")


def _serve(headers: list[tuple[bytes, bytes]], *bodies: bytes, path: str = "/") -> tuple[int, int]:
    """Status and bytes that the application got, through the door."""
    from apps.files.asgi import BodyLimit

    waiting = [
        {"type": "http.request", "body": body, "more_body": place < len(bodies)}
        for place, body in enumerate(bodies, start=1)
    ]
    sent: list[Any] = []
    got: list[int] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            got.append(len(message["body"]))
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": headers}
    asyncio.run(BodyLimit(application)(scope, receive, send))
    assert not waiting, "what is refused is taken in all the same, or its sender never reads the answer"
    return sent[0]["status"], sum(got)


def test_a_refused_body_that_never_ends_is_left_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.files import asgi

    monkeypatch.setattr("django.conf.settings.MAX_UPLOAD_BYTES", 0)
    monkeypatch.setattr(asgi, "LINGER_SECONDS", 0.05)
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/", "headers": [(b"content-length", b"999999")]}
    asyncio.run(asgi.BodyLimit(None)(scope, receive, send))  # type: ignore[arg-type]  # never called
    assert sent[0]["status"] == 413
    assert sent[-1] == {"type": "http.response.body"}


def test_a_body_refused_below_v1_is_told_as_openai_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.files.asgi import BodyLimit

    monkeypatch.setattr("django.conf.settings.MAX_UPLOAD_BYTES", 0)
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/v1/files", "headers": [(b"content-length", b"999999")]}
    asyncio.run(BodyLimit(None)(scope, receive, send))  # type: ignore[arg-type]  # never called
    assert (b"content-type", b"application/json") in sent[0]["headers"]
    assert json.loads(sent[1]["body"])["error"]["code"] == "file_too_large"


def test_long_bodies_are_refused_at_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.MAX_UPLOAD_BYTES", 0)
    part = b"x" * 30_000
    assert _serve([(b"content-length", b"30000")], part) == (200, 30_000)
    assert _serve([(b"content-length", b"70000")], part, part, part) == (413, 0)
    assert _serve([(b"transfer-encoding", b"chunked")], part, part) == (200, 60_000)
    assert _serve([(b"transfer-encoding", b"chunked")], *[part] * 9) == (413, 60_000)


def test_files_of_a_form_share_four_times_the_limit_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.MAX_UPLOAD_BYTES", 100_000)
    form = (b"content-type", b"multipart/form-data; boundary=x")
    part = b"x" * 90_000

    def served(count: int, path: str) -> tuple[int, int]:
        return _serve([form, (b"content-length", b"%d" % (count * 90_000))], *[part] * count, path=path)

    assert served(4, "/knowledge/1/documents") == (200, 360_000)
    assert served(6, "/knowledge/1/documents") == (413, 0)
    assert served(1, "/api/v1/knowledge-bases/1/documents") == (200, 90_000)
    assert served(2, "/api/v1/knowledge-bases/1/documents") == (413, 0)


def test_browsers_get_a_page_at_the_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.MAX_UPLOAD_BYTES", 0)
    assert _serve([(b"content-length", b"70000"), (b"accept", b"text/html,*/*")], b"") == (413, 0)


def test_bucket_speaks_the_same_five_verbs(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.response import StreamingBody
    from botocore.stub import ANY, Stubber

    from apps.files.storage.s3 import Bucket, S3Storage

    store = S3Storage(Bucket("files", access_key="a", secret_key="b"))
    written = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)

    def body(data: bytes) -> dict[str, Any]:
        import io

        return {"Body": StreamingBody(io.BytesIO(data), len(data))}

    with Stubber(store._client) as stub:
        stub.add_response("put_object", {}, {"Bucket": "files", "Key": "tenants/t/1", "Body": ANY})
        stub.add_response("get_object", body(b"one"), {"Bucket": "files", "Key": "tenants/t/1"})
        stub.add_response("get_object", body(b"one"), {"Bucket": "files", "Key": "tenants/t/1"})
        listed = {"Contents": [{"Key": "tenants/t/1", "LastModified": written}]}
        stub.add_response("list_objects_v2", listed, {"Bucket": "files", "Prefix": "tenants/"})
        stub.add_response("delete_object", {}, {"Bucket": "files", "Key": "tenants/t/1"})
        stub.add_client_error("get_object", service_error_code="NoSuchKey")
        store.save("tenants/t/1", [b"o", b"ne"])
        assert store.open("tenants/t/1").read() == b"one"
        with store.local("tenants/t/1") as path:
            assert path.read_bytes() == b"one"
        assert list(store.keys("tenants/")) == [("tenants/t/1", written)]
        store.delete("tenants/t/1")
        with pytest.raises(FileNotFoundError):
            store.open("tenants/t/1")
