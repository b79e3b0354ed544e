"""Sources followed here, as a worker follows them, and a folder and a site to follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from tests.knowledge.source_hosts import FolderHost, web_host

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

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


@pytest.fixture
def site(library: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A web site that the operator allowed acme."""
    monkeypatch.setattr("apps.knowledge.connectors.crawling.PAUSE_S", 0.0)
    with web_host() as host:
        allow_host(library.cast.acme, host.port)
        host.put("travel.html", b"<html><body>The cap is 190 pounds.</body></html>")
        yield host
