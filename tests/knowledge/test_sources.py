"""Sources followed through the application: into documents, out again, by schedule, and who may see them."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from tests.knowledge.source_hosts import SECRET, FolderHost, web_host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from apps.knowledge.connectors.base import Permissions
    from apps.knowledge.connectors.models import Source
    from tests.factories import Organisation
    from tests.knowledge.conftest import Library


@pytest.fixture
def folder(library: Library, tmp_path: Path) -> FolderHost:
    """A folder that the operator allowed acme, with two files."""
    host = FolderHost(tmp_path / "handbook")
    host.put("travel.md", b"# Travel\n\nThe cap is 190 pounds.")
    host.put("hr/badges.md", b"# Badges\n\nWear a badge.")
    allow_folder(library.cast.acme, str(host.path))
    return host


def allow_folder(organisation: Organisation, path: str) -> None:
    from apps.knowledge.connectors.models import AllowedFolder
    from apps.tenants.platform import platform_scope

    with platform_scope():
        AllowedFolder.across.create(tenant_id=organisation.id, path=path)


def allow_host(organisation: Organisation, port: int) -> None:
    from apps.llm.models import AllowedHost
    from apps.tenants.platform import platform_scope

    with platform_scope():
        AllowedHost.across.create(tenant_id=organisation.id, host="127.0.0.1", port=port)


def follow(library: Library, kind: str, settings: Any, secret: str = "") -> Source:
    """alice has a source followed into a collection of everyone's."""
    from apps.knowledge.connectors.services import SourceValues, source_create
    from apps.tenants.scope import tenant_scope

    alice = library.cast.alice
    base = library.base(alice, "tenant")
    with tenant_scope(alice.tenant_id):
        values = SourceValues("Handbook", 60, dict(settings), secret)
        return source_create(actor=library.actor(alice), knowledge_base=base, kind=kind, values=values)


def again(source: Source, **changed: Any) -> Source:
    """The source followed once more, as if it were due."""
    from apps.knowledge.connectors.models import Source
    from apps.knowledge.connectors.syncing import sync
    from apps.tenants.scope import tenant_scope

    with tenant_scope(source.tenant_id):
        Source.objects.filter(id=source.id).update(due_at=timezone.now(), **changed)
    assert sync(source.tenant_id, source.id)
    with tenant_scope(source.tenant_id):
        return Source.objects.get(id=source.id)


def documents(source: Source) -> dict[str, Any]:
    """The documents that it brought, by key."""
    from apps.knowledge.connectors.models import SourceItem
    from apps.tenants.scope import tenant_scope

    with tenant_scope(source.tenant_id):
        rows = SourceItem.objects.filter(source_id=source.id).select_related(
            "document__file", "document__knowledge_base"
        )
        return {row.key: row.document for row in rows}


def read_all(tenant_id: UUID) -> None:
    """Have every waiting document ingested; a new version becomes its document then."""
    from apps.knowledge.ingesting import ingest
    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    with tenant_scope(tenant_id):
        waiting = list(Document.objects.filter(state="queued"))
    for document in waiting:
        ingest(tenant_id, document.id)


def events(tenant_id: UUID) -> list[str]:
    from apps.audit.models import AuditEvent
    from apps.tenants.scope import tenant_scope

    with tenant_scope(tenant_id):
        found = AuditEvent.objects.filter(target_type="source").order_by("created_at", "id")
        return list(found.values_list("action", flat=True))


def test_a_folder_is_followed_into_answers_and_out_again(library: Library, folder: FolderHost) -> None:
    source = again(follow(library, "folder", folder.settings))
    assert (source.state, source.added, source.failed, source.error) == ("idle", 2, 0, "")
    assert (source.due_at or timezone.now()) > timezone.now() + dt.timedelta(minutes=55)
    brought = documents(source)
    assert {key: row.folder for key, row in brought.items()} == {"travel.md": "", "hr/badges.md": "hr"}
    read_all(source.tenant_id)
    bob, base = library.cast.bob, brought["travel.md"].knowledge_base
    assert "190 pounds" in library.ask(bob, "What is the cap?", base)[0].text

    folder.put("travel.md", b"# Travel\n\nThe cap is 210 pounds.")
    folder.delete("hr/badges.md")
    source = again(source)
    assert (source.added, source.changed, source.removed) == (0, 1, 1)
    assert "190 pounds" in library.ask(bob, "What is the cap?", base)[0].text, "served until the new is ready"
    read_all(source.tenant_id)
    texts = [passage.text for passage in library.ask(bob, "What is the cap? Who wears a badge?", base)]
    assert any("210 pounds" in text for text in texts)
    assert not any("190" in text or "badge" in text for text in texts)
    assert documents(source)["travel.md"].id == brought["travel.md"].id

    source = again(source)
    assert (source.added, source.changed, source.removed) == (0, 0, 0)
    assert events(source.tenant_id) == ["source.created", "source.synced", "source.synced"]


def test_links_out_of_a_folder_lead_nowhere(library: Library, folder: FolderHost, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text("The salary list.")
    (folder.path / "link.md").symlink_to(outside / "secret.md")
    (folder.path / "linked").symlink_to(outside, target_is_directory=True)
    source = again(follow(library, "folder", folder.settings))
    assert sorted(documents(source)) == ["hr/badges.md", "travel.md"]

    inner = folder.path / "hr"
    (inner / "badges.md").unlink()
    inner.rmdir()
    inner.symlink_to(outside, target_is_directory=True)
    source = again(source)
    assert sorted(documents(source)) == ["travel.md"]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("{root}/../other", "“..”"),
        ("{root}-other", "has not allowed"),
        ("/", "whole host"),
        ("handbook", "whole path"),
        ("/etc", "has not allowed"),
    ],
)
def test_a_folder_outside_what_is_allowed_is_refused(
    library: Library, folder: FolderHost, path: str, told: str
) -> None:
    from apps.rest.errors import ProblemError

    with pytest.raises(ProblemError) as refused:
        follow(library, "folder", {"path": path.format(root=folder.path)})
    assert told in (refused.value.errors or [])[0]["message"]


def test_a_folder_of_another_tenant_is_refused(library: Library, tmp_path: Path) -> None:
    from apps.rest.errors import ProblemError

    allow_folder(library.cast.globex, str(tmp_path))
    with pytest.raises(ProblemError):
        follow(library, "folder", {"path": str(tmp_path)})


def test_taking_a_folder_back_ends_the_next_sync_and_keeps_documents(
    library: Library, folder: FolderHost
) -> None:
    from apps.knowledge.connectors.models import AllowedFolder
    from apps.tenants.platform import platform_scope

    source = again(follow(library, "folder", folder.settings))
    with platform_scope():
        AllowedFolder.across.filter(tenant_id=source.tenant_id).delete()
    source = again(source)
    assert (source.state, source.due_at) == ("failed", None)
    assert "bin/manage allow_folder" in source.error
    assert len(documents(source)) == 2
    assert events(source.tenant_id)[-1] == "source.failed"


def test_a_folder_that_went_away_deletes_nothing_and_is_tried_again(
    library: Library, folder: FolderHost
) -> None:
    source = again(follow(library, "folder", folder.settings))
    folder.path.rename(folder.path.with_name("unmounted"))
    source = again(source)
    assert source.state == "failed"
    assert (source.due_at or timezone.now()) > timezone.now()
    assert len(documents(source)) == 2
    folder.path.with_name("unmounted").rename(folder.path)
    source = again(source)
    assert (source.state, source.error, len(documents(source))) == ("idle", "", 2)


def test_a_file_that_can_not_be_read_is_left_out_with_its_reason(
    library: Library, folder: FolderHost
) -> None:
    from apps.knowledge.connectors.selectors import access_source, problems_of
    from apps.tenants.scope import tenant_scope

    folder.put("program.exe", b"MZ\x90\x00" + bytes(range(256)) * 8)
    source = again(follow(library, "folder", folder.settings))
    assert (source.state, source.added, source.failed) == ("idle", 2, 0)
    with tenant_scope(source.tenant_id):
        problem = problems_of(source).get()
        assert access_source(source.id).left_out == 1  # type: ignore[attr-defined]  # annotated
    assert (problem.key, problem.document_id) == ("program.exe", None)
    assert "can not be used" in problem.problem


def test_a_killed_sync_is_taken_over_and_brings_nothing_twice(library: Library, folder: FolderHost) -> None:
    from apps.knowledge.connectors.claiming import claim
    from apps.knowledge.connectors.models import Source
    from apps.knowledge.connectors.syncing import sync
    from apps.tenants.scope import tenant_scope

    source = follow(library, "folder", folder.settings)
    with tenant_scope(source.tenant_id):
        assert claim(source.id) is not None
    assert not sync(source.tenant_id, source.id), "somebody has it"
    with tenant_scope(source.tenant_id):
        Source.objects.filter(id=source.id).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
    assert sync(source.tenant_id, source.id)
    again(source)
    assert len(documents(source)) == 2


def test_the_schedule_hints_what_is_due_and_nothing_that_is_paused(
    library: Library, folder: FolderHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.knowledge.connectors import sweeping
    from apps.knowledge.connectors.services import source_pause
    from apps.tenants.scope import tenant_scope

    hinted: list[UUID] = []
    monkeypatch.setattr(sweeping, "hint", lambda _, source_id: hinted.append(source_id))
    source = follow(library, "folder", folder.settings)
    sweeping.sweep_sources()
    assert source.id in hinted
    with tenant_scope(source.tenant_id):
        source_pause(actor=library.actor(library.cast.alice), source=source, is_paused=True)
    hinted.clear()
    sweeping.sweep_sources()
    assert source.id not in hinted


def test_pausing_breaks_off_a_sync_that_runs(
    library: Library, folder: FolderHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.knowledge.connectors.folder import FolderConnector
    from apps.knowledge.connectors.services import source_pause
    from apps.tenants.scope import tenant_scope

    source = follow(library, "folder", folder.settings)
    whole = FolderConnector.changes

    def paused_meanwhile(connector: FolderConnector, cursor: str) -> Any:
        with tenant_scope(source.tenant_id):
            source_pause(actor=library.actor(library.cast.alice), source=source, is_paused=True)
        return whole(connector, cursor)

    monkeypatch.setattr(FolderConnector, "changes", paused_meanwhile)
    after = again(source)
    assert (after.is_paused, after.state, documents(source)) == (True, "idle", {})


@pytest.mark.parametrize("delete", [True, False])
def test_removing_a_source_does_with_documents_what_was_chosen(
    library: Library, folder: FolderHost, delete: bool
) -> None:
    from apps.knowledge.connectors.models import Source, SourceItem
    from apps.knowledge.connectors.services import source_remove
    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    source = again(follow(library, "folder", folder.settings))
    with tenant_scope(source.tenant_id):
        source_remove(actor=library.actor(library.cast.alice), source=source, delete_documents=delete)
    with tenant_scope(source.tenant_id):
        left = (Source.objects.count(), SourceItem.objects.count(), Document.objects.count())
    assert left == (0, 0, 0 if delete else 2)
    assert events(source.tenant_id)[-1] == "source.removed"


def test_readers_of_the_source_are_mirrored_and_changes_of_them_followed(
    library: Library, folder: FolderHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a kind that knows permissions; none of the four does."""
    from dataclasses import replace

    from apps.knowledge.connectors import registry
    from apps.knowledge.connectors.base import Permissions
    from apps.knowledge.connectors.folder import FolderConnector

    cast = library.cast
    told: dict[str, Permissions] = {"travel.md": Permissions(emails=frozenset({cast.bob.email.upper()}))}

    def permissions(_: Any, item: Any) -> Permissions | None:
        return told.get(item.key, Permissions(is_open=True))

    monkeypatch.setattr(FolderConnector, "permissions", permissions)
    monkeypatch.setitem(registry.KINDS, "folder", replace(registry.KINDS["folder"], mirrors=True))
    source = again(follow(library, "folder", folder.settings))
    read_all(source.tenant_id)
    base = documents(source)["travel.md"].knowledge_base

    def finds(person: Any) -> bool:
        return any("190" in passage.text for passage in library.ask(person, "What is the cap?", base))

    assert (finds(cast.bob), finds(cast.carol)) == (True, False)
    assert library.ask(cast.carol, "Who wears a badge?", base)
    told["travel.md"] = Permissions(emails=frozenset({cast.carol.email}))
    again(source)
    assert (finds(cast.bob), finds(cast.carol)) == (False, True)
    told["travel.md"] = Permissions(emails=frozenset({"nobody@elsewhere.test"}))
    again(source)
    assert (finds(cast.bob), finds(cast.carol)) == (False, False)


@pytest.fixture
def site(library: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A web site that the operator allowed acme."""
    monkeypatch.setattr("apps.knowledge.connectors.crawling.PAUSE_S", 0.0)
    with web_host() as host:
        allow_host(library.cast.acme, host.port)
        host.put("travel.html", b"<html><body>The cap is 190 pounds.</body></html>")
        yield host


def test_a_site_is_crawled_as_its_robots_ask_and_asked_conditionally(library: Library, site: Any) -> None:
    site.robots = "User-agent: *\nDisallow: /help/private\nAllow: /help/private/open\nDisallow: /*.pdf$\n"
    site.put("private/plan.html", b"<html>secret</html>")
    site.put("private/open.html", b"<html><body>open to all</body></html>")
    site.put("hidden.html", b'<html><head><meta name="robots" content="noindex"></head>hidden</html>')
    site.put("paper.pdf", b"%PDF-1.4")
    site.pages["/elsewhere.html"] = b"<html>outside</html>"
    site.links = ["http://localhost:1/help/other.html", "/help/gone.html", "javascript:alert(1)"]
    site.sitemap = [site.key("listed.html"), "http://other.example/help/x.html"]
    source = again(follow(library, "website", site.settings))
    assert (source.state, source.error) == ("idle", "")
    found = {key.rpartition("/help/")[2] for key, row in documents(source).items() if row}
    assert found == {"", "travel.html", "private/open.html"}
    asked = {path for path, _ in site.asked}
    assert not asked & {"/help/private/plan.html", "/help/paper.pdf", "/elsewhere.html"}
    assert "/help/listed.html" in asked
    site.asked.clear()
    source = again(source)
    assert {status for path, status in site.asked if path == "/help/travel.html"} == {304}
    assert (source.added, source.changed, source.removed) == (0, 0, 0)


def test_a_page_that_fails_stays_and_one_that_is_gone_goes(library: Library, site: Any) -> None:
    site.put("other.html", b"<html><body>other</body></html>")
    source = again(follow(library, "website", site.settings))
    assert len(documents(source)) == 3
    site.answers["/help/travel.html"] = (500, {})
    site.delete("other.html")
    source = again(source)
    assert (source.state, source.failed, source.removed) == ("idle", 1, 1)
    assert site.key("travel.html") in documents(source)
    del site.answers["/help/travel.html"]
    assert (again(source).failed, len(documents(source))) == (0, 2)


def test_a_site_that_fails_as_a_whole_deletes_nothing(library: Library, site: Any) -> None:
    source = again(follow(library, "website", site.settings))
    site.answers["/robots.txt"] = (503, {})
    source = again(source)
    assert (source.state, len(documents(source))) == ("failed", 2)
    assert "robots.txt" in source.error


def test_depth_and_pages_are_bounded_and_redirects_stay_on_the_site(library: Library, site: Any) -> None:
    for number in range(6):
        site.put(f"page{number}.html", b"<html><body>page %d</body></html>" % number)
    site.answers["/help/page0.html"] = (302, {"Location": "http://169.254.169.254/latest/meta-data"})
    source = again(follow(library, "website", dict(site.settings) | {"most_pages": "4"}))
    assert len(documents(source)) <= 4
    assert "first 4 pages" in source.note
    assert all("169.254" not in key for key in documents(source))


def test_a_secret_is_sealed_bound_to_its_address_and_shown_nowhere(
    library: Library, signed_in: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from apps.audit.models import AuditEvent
    from apps.knowledge.connectors.models import Source
    from apps.tenants.scope import tenant_scope

    acme = library.cast.acme
    settings = {"bucket": "papers", "endpoint": "https://s3.example.com", "access_key": "AKID"}
    source = follow(library, "s3", settings, SECRET)
    with tenant_scope(acme.id):
        row = Source.objects.get(id=source.id)
        assert SECRET.encode() not in bytes(row.sealed_secret)
        told = json.dumps(list(AuditEvent.objects.values_list("before", "after", "detail")), default=str)
    assert SECRET not in told + caplog.text
    client = signed_in(library.cast.alice)
    for path in ("/admin/knowledge/sources", f"/admin/knowledge/sources/{source.id}"):
        assert SECRET not in client.get(path).content.decode()
    for path in (f"/admin/knowledge/sources/{source.id}/edit", f"/api/v1/sources/{source.id}"):
        assert SECRET not in client.get(path).content.decode()
    moved = client.patch(
        f"/api/v1/sources/{source.id}",
        json.dumps({"settings": {"endpoint": "https://evil.example.com"}}),
        content_type="application/json",
    )
    assert (moved.status_code, moved.json()["errors"][0]["field"]) == (400, "secret")
    with tenant_scope(acme.id):
        assert Source.objects.get(id=source.id).settings["endpoint"] == "https://s3.example.com"


@pytest.mark.parametrize(
    ("kind", "settings", "field"),
    [
        ("website", {"address": "http://127.0.0.1:9/"}, "address"),
        ("website", {"address": "http://169.254.169.254/latest"}, "address"),
        ("git", {"address": "file:///etc"}, "address"),
        ("git", {"address": "ssh://git@example.com/a.git"}, "address"),
        ("git", {"address": "git@example.com:a.git"}, "address"),
        ("git", {"address": "https://user:pass@example.com/a.git"}, "address"),
        ("git", {"address": "http://example.com/a.git"}, "address"),
        ("s3", {"bucket": "papers", "endpoint": "http://10.0.0.1"}, "endpoint"),
        ("s3", {"bucket": "../x"}, "bucket"),
    ],
)
def test_what_can_not_be_followed_is_refused_beside_its_field(
    library: Library, kind: str, settings: dict[str, str], field: str
) -> None:
    from apps.rest.errors import ProblemError

    with pytest.raises(ProblemError) as refused:
        follow(library, kind, settings)
    assert [error["field"] for error in refused.value.errors or []] == [field]


def test_only_who_manages_knowledge_sees_sources(
    library: Library, folder: FolderHost, signed_in: Any
) -> None:
    source = follow(library, "folder", folder.settings)
    bob, mallory = signed_in(library.cast.bob), signed_in(library.cast.mallory)
    for path in ("", "/new", f"/{source.id}", f"/{source.id}/edit", f"/{source.id}/remove"):
        assert bob.get(f"/admin/knowledge/sources{path}").status_code == 404
    assert bob.get("/api/v1/sources").status_code == 403
    assert bob.post(f"/api/v1/sources/{source.id}/sync").status_code == 403
    assert mallory.get(f"/api/v1/sources/{source.id}").status_code in {403, 404}


def test_sources_over_rest(library: Library, folder: FolderHost, signed_in: Any) -> None:
    client = signed_in(library.cast.alice)

    def call(method: str, path: str, body: Any = None) -> Any:
        data = b"" if body is None else json.dumps(body).encode()
        return client.generic(method, f"/api/v1{path}", data, content_type="application/json")

    kinds = {kind["kind"]: kind for kind in call("GET", "/source-kinds").json()}
    assert set(kinds) == {"folder", "s3", "git", "website"}
    base = library.base(library.cast.alice, "tenant")
    body = {
        "name": "Handbook",
        "kind": "folder",
        "knowledge_base_id": str(base.id),
        "settings": dict(folder.settings),
    }
    made = call("POST", "/sources", body)
    assert made.status_code == 201, made.content
    path = f"/sources/{made.json()['id']}"
    assert call("POST", "/sources", body).json()["errors"][0]["field"] == "name"
    assert call("PATCH", path, {"is_paused": True}).json()["is_paused"] is True
    assert call("POST", f"{path}/sync").status_code == 409
    assert call("PATCH", path, {"is_paused": False, "every_minutes": 15}).json()["every_minutes"] == 15
    assert call("POST", f"{path}/sync").status_code == 202
    from apps.knowledge.connectors.models import Source
    from apps.tenants.scope import tenant_scope

    with tenant_scope(library.cast.acme.id):
        source = Source.objects.get()
    again(source)
    items = call("GET", f"{path}/items").json()["results"]
    assert {item["key"] for item in items} == {"travel.md", "hr/badges.md"}
    assert all(item["document_id"] for item in items)
    assert call("GET", "/sources").json()["results"][0]["documents"] == 2
    listed = call("GET", f"/knowledge-bases/{base.id}/documents").json()["results"]
    assert {row["origin"]["link"] for row in listed} == {"travel.md", "hr/badges.md"}
    assert call("GET", f"/documents/{listed[0]['id']}").json()["origin"]["name"] == "Handbook"
    assert "From Handbook: hr/badges.md" in client.get(f"/knowledge/{base.id}").content.decode()
    assert call("DELETE", f"{path}?documents=delete").status_code == 204
    assert call("GET", path).status_code == 404


def test_a_pack_that_inflates_is_broken_off() -> None:
    import zlib

    from apps.knowledge.connectors.packs import BadPackError, Pack

    def header(kind: int, size: int) -> bytes:
        byte, size = kind << 4 | size & 15, size >> 4
        out = b""
        while size:
            out += bytes([byte | 0x80])
            byte, size = size & 0x7F, size >> 7
        return out + bytes([byte])

    lying = b"PACK\0\0\0\2\0\0\0\1" + header(3, 10) + zlib.compress(b"\0" * 50_000_000, 9)
    with pytest.raises(BadPackError):
        Pack(io.BytesIO(lying), largest=1000)
    large = b"PACK\0\0\0\2\0\0\0\1" + header(3, 5_000_000) + zlib.compress(b"\0" * 5_000_000, 9)
    pack = Pack(io.BytesIO(large), largest=1000)
    assert pack.get("00" * 20) is None
    pack.close()
