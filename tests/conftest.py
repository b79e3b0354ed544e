"""Real PostgreSQL and Valkey for every run, the application's roles, and a fresh tenant for every test."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.environment import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.factories import Cast, Organisation

_PURE = ("tests/wire", "tests/egress", "tests/launch")
_LONG = ("tests/e2e", "tests/durability", "tests/launch", "tests/knowledge")
_MOST_PROCESSES = 4
"""Each has stores, a web process, workers and a browser: up to 1.7 GB."""
_running = pytest.StashKey[object]()


def _only_pure(config: pytest.Config) -> bool:
    paths = [word for word in config.args if not word.startswith("-")]
    return bool(paths) and all(
        str(path).removeprefix(f"{config.rootpath}/").startswith(_PURE) for path in paths
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite runs in processes with stores of their own, a part of it in this one."""
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if not is_whole or config.option.keyword or config.option.markexpr:
        return 0
    return min((os.cpu_count() or 1) + 1, _MOST_PROCESSES)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where files are dealt out, the longest go first: none is left for the end."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


def pytest_configure(config: pytest.Config) -> None:
    """Start what the suite runs on, then Django; nothing of it for folders that need none."""
    is_controller = bool(getattr(config.option, "numprocesses", None)) and not hasattr(config, "workerinput")
    if is_controller or config.option.collectonly or _only_pure(config):
        return
    services = prepare()
    config.stash[_running] = services
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings_test"
    import django

    django.setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what this run started."""
    services = config.stash.get(_running, None)
    if services is not None:
        services.stop()  # type: ignore[attr-defined]  # tests.services.Services


@pytest.fixture(autouse=True)
def _give_back_connections() -> Iterator[None]:
    """Every test ends with its connections returned and no scope left open."""
    yield
    from django.conf import settings

    if settings.configured:
        from django.db import connections

        connection: Any
        for connection in connections.all(initialized_only=True):
            connection.tenant_id = None
            connection.close()


@pytest.fixture
def acme() -> Organisation:
    """A fresh organisation."""
    from tests.factories import organisation_make

    return organisation_make("acme")


@pytest.fixture
def globex() -> Organisation:
    """Another fresh organisation."""
    from tests.factories import organisation_make

    return organisation_make("globex")


@pytest.fixture
def cast(acme: Organisation, globex: Organisation) -> Cast:
    """alice (admin), bob (member), carol (another team) of acme, and mallory of globex."""
    from tests.factories import cast_make

    return cast_make(acme, globex)
