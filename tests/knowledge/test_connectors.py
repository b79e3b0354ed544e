"""The contract of every kind of source, over real hosts on loopback. A new kind adds its host to HOSTS."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from launch.network import free_port
from tests.knowledge import source_hosts
from tests.knowledge.source_hosts import SECRET, FolderHost

if TYPE_CHECKING:
    from apps.knowledge.connectors.base import Changes, Connector

MOST = 64 * 1024
TRAVEL = b"<html><body>The cap is 190 pounds.</body></html>"
HOSTS: dict[str, Callable[[Path], AbstractContextManager[Any]]] = {
    "folder": lambda path: nullcontext(FolderHost(path)),
    "s3": source_hosts.bucket_host,
    "git": source_hosts.repository_host,
    "website": lambda _: source_hosts.web_host(),
}


@pytest.fixture(params=HOSTS)
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A host of each kind with three files."""
    if request.param == "git" and not source_hosts.has_git():
        pytest.skip("no git on this machine")
    monkeypatch.setattr("apps.knowledge.connectors.crawling.PAUSE_S", 0.0)
    with HOSTS[request.param](tmp_path) as host:
        host.put("travel.html", TRAVEL)
        host.put("deep/er/rules.md", b"# Rules\n\nWear a badge.")
        host.put("grüße & more.md", b"Servus.")
        yield host


def opened(host: Any, *, secret: str = SECRET, allowed: bool = True, **changed: str) -> Connector:
    """The connector, as a sync opens it."""
    from apps.knowledge.connectors.base import Opening
    from apps.knowledge.connectors.registry import KINDS

    kind = KINDS[host.kind]
    settings = kind.check(
        {known.name: known.default for known in kind.fields} | dict(host.settings) | changed
    )
    pairs = frozenset({("127.0.0.1", host.port)}) if allowed and hasattr(host, "port") else frozenset()
    folders = (host.settings["path"],) if allowed and host.kind == "folder" else ()
    return kind.open(Opening(settings, secret if kind.secret else "", pairs, folders, MOST))


def listed(changes: Changes) -> dict[str, str]:
    return {item.key: item.version for item in changes.items}


def body(connector: Connector, changes: Changes, key: str) -> bytes:
    into = io.BytesIO()
    connector.fetch(next(item for item in changes.items if item.key == key), into)
    return into.getvalue()


def encoded(host: Any, name: str) -> str:
    """The file's key; a web site writes it as its page's link does."""
    return str(host.key(name))


def test_everything_is_listed_with_its_exact_bytes(place: Any) -> None:
    with opened(place) as connector:
        found = connector.changes("")
        assert found.is_whole
        assert len(listed(found)) == len(found.items)
        for name, data in (("travel.html", TRAVEL), ("deep/er/rules.md", b"# Rules\n\nWear a badge.")):
            item = next(item for item in found.items if item.key == encoded(place, name))
            assert item.name == name.rsplit("/", 1)[-1]
            assert item.link
            assert 0 < len(item.version) <= 200
            assert body(connector, found, item.key) == data
        assert all(len(item.key.encode()) <= 1024 for item in found.items)


def test_nothing_new_is_found_where_nothing_changed(place: Any) -> None:
    with opened(place) as connector:
        first = connector.changes("")
    with opened(place) as connector:
        again = connector.changes(first.cursor)
    assert not again.removed
    assert listed(again) == (listed(first) if again.is_whole else {})


def test_a_change_and_a_deletion_are_seen(place: Any) -> None:
    with opened(place) as connector:
        first = connector.changes("")
    place.put("travel.html", TRAVEL.replace(b"190", b"210"))
    place.delete("deep/er/rules.md")
    with opened(place) as connector:
        second = connector.changes(first.cursor)
        changed, gone = encoded(place, "travel.html"), encoded(place, "deep/er/rules.md")
        assert listed(second)[changed] != listed(first)[changed]
        assert gone not in listed(second)
        assert second.is_whole or gone in second.removed
        assert gone not in second.unsure
        assert b"210" in body(connector, second, changed)


def test_a_file_that_is_too_large_is_refused_alone(place: Any) -> None:
    from apps.knowledge.connectors.base import ConnectorError

    place.put("large.md", b"x" * (MOST + 1))
    with opened(place) as connector:
        found = connector.changes("")
        assert body(connector, found, encoded(place, "travel.html")) == TRAVEL
        large = encoded(place, "large.md")
        if large in listed(found):
            with pytest.raises(ConnectorError) as refused:
                body(connector, found, large)
            assert not refused.value.retryable


def test_a_wrong_secret_is_said_and_never_repeated(place: Any) -> None:
    from apps.knowledge.connectors.base import ConnectorError
    from apps.knowledge.connectors.registry import KINDS

    if KINDS[place.kind].secret is None:
        return
    with opened(place, secret="wrong-" + SECRET) as connector, pytest.raises(ConnectorError) as refused:
        connector.changes("")
    assert not refused.value.retryable
    assert SECRET not in str(refused.value)


def test_what_the_operator_did_not_allow_is_never_spoken_to(place: Any) -> None:
    from apps.knowledge.connectors.base import ConnectorError

    def look() -> None:
        with opened(place, allowed=False) as connector:
            connector.changes("")

    with pytest.raises(ConnectorError) as refused:
        look()
    assert not refused.value.retryable
    assert "bin/manage allow_" in str(refused.value)
    assert getattr(place, "asked", []) == []


def test_a_host_that_is_away_is_tried_again(place: Any) -> None:
    from apps.knowledge.connectors.base import ConnectorError

    if place.kind == "folder":
        place.path.rename(place.path.with_name("away"))
    else:
        place.port = free_port()
    with opened(place) as connector, pytest.raises(ConnectorError) as failed:
        connector.changes("")
    assert failed.value.retryable


def test_permissions_are_told_only_by_kinds_that_mirror_them(place: Any) -> None:
    from apps.knowledge.connectors.registry import KINDS

    with opened(place) as connector:
        found = connector.changes("")
        told = [connector.permissions(item) for item in found.items]
    assert KINDS[place.kind].mirrors == any(told)
    assert KINDS[place.kind].readers
