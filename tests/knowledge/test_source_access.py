"""Who may see and change sources, over pages and REST, and what is refused; secrets are shown nowhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.knowledge.following import again, folder, follow
from tests.knowledge.source_hosts import SECRET

if TYPE_CHECKING:
    from tests.knowledge.conftest import Library
    from tests.knowledge.source_hosts import FolderHost

__all__ = ["folder"]


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
