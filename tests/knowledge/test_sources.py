"""Sources followed through the application: into documents, out again, by schedule, and for whom."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from tests.knowledge.following import again, allow_folder, documents, events, folder, follow, read_all

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from tests.knowledge.conftest import Library
    from tests.knowledge.source_hosts import FolderHost

__all__ = ["folder"]


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


def test_what_people_restricted_stays_so_when_its_file_changes(library: Library, folder: FolderHost) -> None:
    from apps.knowledge.restricting import Place, Readers, restriction_at, restriction_set
    from apps.tenants.scope import tenant_scope

    source = again(follow(library, "folder", folder.settings))
    document = documents(source)["travel.md"]
    place = Place(document.knowledge_base, document)
    with tenant_scope(source.tenant_id):
        restriction_set(actor=library.actor(library.cast.alice), place=place, readers=Readers("private"))
    folder.put("travel.md", b"# Travel\n\nThe cap is 210 pounds.")
    assert again(source).changed == 1
    with tenant_scope(source.tenant_id):
        assert restriction_at(place) is not None
