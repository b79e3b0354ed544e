"""What a second sync finds: files moved, unreadable, touched, or all gone; and one sync at a time."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.knowledge.following import (
    again,
    allow_folder,
    allow_host,
    documents,
    folder,
    follow,
    read_all,
)
from tests.knowledge.source_hosts import SECRET
from tests.knowledge.test_connectors import place

if TYPE_CHECKING:
    from apps.knowledge.connectors.models import Source
    from tests.knowledge.conftest import Library
    from tests.knowledge.source_hosts import FolderHost

__all__ = ["folder", "place"]


def _files(library: Library) -> int:
    from apps.files.models import File
    from apps.tenants.scope import tenant_scope

    with tenant_scope(library.cast.acme.id):
        return File.objects.count()


def test_a_moved_file_keeps_its_document_and_who_may_read_it(library: Library, folder: FolderHost) -> None:
    from apps.knowledge.restricting import Place, Readers, restriction_at, restriction_set
    from apps.tenants.scope import tenant_scope

    source = again(follow(library, "folder", folder.settings))
    read_all(source.tenant_id)
    document = documents(source)["travel.md"]
    place = Place(document.knowledge_base, document)
    with tenant_scope(source.tenant_id):
        restriction_set(actor=library.actor(library.cast.alice), place=place, readers=Readers("private"))
    (folder.path / "travel.md").rename(folder.path / "hr" / "journeys.md")
    source = again(source)
    assert (source.added, source.changed, source.removed) == (0, 1, 0)
    found = documents(source)
    assert set(found) == {"hr/badges.md", "hr/journeys.md"}
    moved = found["hr/journeys.md"]
    assert (moved.id, moved.folder, moved.file.name) == (document.id, "hr", "journeys.md")
    assert (moved.state, moved.title) == ("ready", "Travel")
    with tenant_scope(source.tenant_id):
        assert restriction_at(place) is not None
    assert library.ask(library.cast.bob, "What is the cap?", document.knowledge_base) == []
    assert (again(source).changed, _files(library)) == (0, 2)


def test_a_file_without_a_title_is_found_by_its_new_name(library: Library, folder: FolderHost) -> None:
    folder.put("old.txt", b"The gate opens at nine.")
    source = again(follow(library, "folder", folder.settings))
    read_all(source.tenant_id)
    before = documents(source)["old.txt"]
    assert before.title == "old"
    (folder.path / "old.txt").rename(folder.path / "opening hours.txt")
    source = again(source)
    read_all(source.tenant_id)
    after = documents(source)["opening hours.txt"]
    assert (after.id, after.title, after.state) == (before.id, "opening hours", "ready")


def test_a_source_that_shows_nothing_any_more_deletes_nothing(library: Library, folder: FolderHost) -> None:
    source = again(follow(library, "folder", folder.settings))
    folder.path.rename(folder.path.with_name("unmounted"))
    folder.path.mkdir()
    source = again(source)
    assert (source.state, len(documents(source))) == ("failed", 2)
    assert "Nothing was deleted here" in source.error
    assert source.due_at is not None, "it is looked at again by itself"
    folder.path.rmdir()
    folder.path.with_name("unmounted").rename(folder.path)
    source = again(source)
    assert (source.state, source.error, len(documents(source))) == ("idle", "", 2)


def test_a_touched_file_leaves_nothing_that_counts(library: Library, folder: FolderHost) -> None:
    source = again(follow(library, "folder", folder.settings))
    read_all(source.tenant_id)
    os.utime(folder.path / "travel.md", (1_700_000_000, 1_700_000_000))
    source = again(source)
    assert (source.state, _files(library)) == ("idle", 2)


def test_what_became_unreadable_is_told_and_its_document_stays(
    library: Library, folder: FolderHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.knowledge.connectors.selectors import problems_of
    from apps.tenants.scope import tenant_scope

    source = again(follow(library, "folder", folder.settings))
    folder.put("travel.md", b"# Travel\n\nThe cap is 210 pounds.")
    closed = {"travel.md"}
    real = os.open

    def refusing(path: Any, *arguments: Any, **options: Any) -> int:
        if path in closed:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return real(path, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr("apps.knowledge.connectors.folder.os.open", refusing)
        source = again(source)
        with tenant_scope(source.tenant_id):
            problem = problems_of(source).get()
        assert (problem.key, source.failed) == ("travel.md", 1)
        assert "may not read the file: Permission denied" in problem.problem
        assert problem.document_id is not None
        closed.add("hr")
        source = again(source)
        assert source.state == "failed"
        assert "The folder hr in it may not be read" in source.error
    source = again(source)
    assert (source.state, source.changed, source.failed) == ("idle", 1, 0)


def test_a_second_sync_of_a_worker_waits_for_the_first(library: Library, folder: FolderHost) -> None:
    from apps.knowledge.connectors.models import Source
    from apps.knowledge.connectors.place import sync_place
    from apps.knowledge.connectors.tasks import sync_source
    from apps.tenants.scope import tenant_scope

    source = follow(library, "folder", folder.settings)
    with sync_place() as is_free:
        assert is_free
        sync_source(str(source.tenant_id), str(source.id))
        with tenant_scope(source.tenant_id):
            assert Source.objects.get(id=source.id).synced_at is None, "it stays due"
    sync_source(str(source.tenant_id), str(source.id))
    with tenant_scope(source.tenant_id):
        assert Source.objects.get(id=source.id).synced_at is not None


def _update(library: Library, source: Source, secret: str) -> None:
    from apps.knowledge.connectors.services import SourceValues, source_update
    from apps.tenants.scope import tenant_scope

    with tenant_scope(source.tenant_id):
        values = SourceValues(source.name, source.every_minutes, source.settings, secret)
        source_update(actor=library.actor(library.cast.alice), source=source, values=values)


def test_a_second_sync_of_each_kind_changes_moves_and_deletes(library: Library, place: Any) -> None:
    if hasattr(place, "port"):
        allow_host(library.cast.acme, place.port)
    else:
        allow_folder(library.cast.acme, str(place.path))
    has_secret = place.kind in {"s3", "git"}
    source = again(follow(library, place.kind, place.settings, SECRET if has_secret else ""))
    assert (source.state, source.error, source.failed) == ("idle", "", 0)
    read_all(source.tenant_id)
    before = documents(source)
    place.put("travel.html", b"<html><title>Travel</title><body>The cap is 210 pounds.</body></html>")
    place.put("other/rules.md", b"# Rules\n\nWear a badge.")
    place.delete("deep/er/rules.md")
    place.delete("gr\u00fc\u00dfe & more.md")
    if has_secret:
        _update(library, source, "wrong-" + SECRET)
        source = again(source)
        assert (source.state, source.due_at, len(documents(source))) == ("failed", None, 3)
        assert SECRET not in source.error
        _update(library, source, SECRET)
    source = again(source)
    assert (source.state, source.error, source.failed) == ("idle", "", 0)
    read_all(source.tenant_id)
    after = documents(source)
    wanted = {place.key("travel.html"), place.key("other/rules.md")}
    assert {key for key in after if not key.endswith("/help/")} == wanted
    for old, new in (("travel.html", "travel.html"), ("deep/er/rules.md", "other/rules.md")):
        assert after[place.key(new)].id == before[place.key(old)].id
    assert after[place.key("travel.html")].version == 2
    assert after[place.key("other/rules.md")].state == "ready"
    base = after[place.key("travel.html")].knowledge_base
    assert any("210" in passage.text for passage in library.ask(library.cast.bob, "What is the cap?", base))
