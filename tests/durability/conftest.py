"""Processes to kill: maintenance lives through the folder, each test has workers of its own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.durability import processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from apps.runs.models import Run
    from tests.durability.processes import Child
    from tests.durability.viewing import Reading
    from tests.durability.waiting import Make
    from tests.factories import Organisation


@pytest.fixture(scope="session", autouse=True)
def _scripted() -> None:
    """The kind of the tests, known to this process too; no worker but the tests' own takes it up."""
    from apps.runs.registry import register
    from tests.durability.scripted.kind import SCRIPTED
    from tests.processes import end_product

    register(SCRIPTED)
    end_product()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("durability")


@pytest.fixture(scope="package")
def maintenance(folder: Path) -> Iterator[Child]:
    child = processes.maintenance(folder)
    yield child
    child.end()


@pytest.fixture
def worker(folder: Path, request: pytest.FixtureRequest) -> Iterator[Child]:
    """A worker of this test's own."""
    child = processes.worker(folder, f"worker-{request.node.name[:40]}", drain="1")
    yield child
    child.end()


@pytest.fixture
def reading() -> Iterator[Reading]:
    from tests.durability.viewing import Reading

    reading = Reading()
    yield reading
    reading.close()


@pytest.fixture
def make(acme: Organisation) -> Make:
    """Create and hint a scripted run in acme."""
    from apps.runs.services import run_create
    from apps.tenants.scope import tenant_scope

    def make(**script: Any) -> Run:
        with tenant_scope(acme.id):
            return run_create(kind="scripted", team_id=uuid.uuid4(), user_id=uuid.uuid4(), input=script)

    return make


@pytest.fixture
def row(acme: Organisation) -> Callable[[Run], Run]:
    """Read the run's row."""
    from apps.runs.models import Run
    from apps.tenants.scope import tenant_scope

    def row(run: Run) -> Run:
        with tenant_scope(acme.id):
            return Run.objects.get(id=run.id)

    return row
