"""The whole product as processes, once per session: a web process and a worker on the session's stores.

A conftest that wants it imports the fixture: `from tests.processes import product`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from launch.network import free_port
from tests.durability.processes import Child, web, worker


@dataclass(frozen=True)
class Served:
    """Where the running product answers."""

    port: int
    web: Child
    worker: Child

    @property
    def bare_url(self) -> str:
        """The installation's own address: an API key names its organisation."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_alive(self) -> bool:
        return all(child.process.poll() is None for child in (self.web, self.worker))


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """uvicorn and a Celery worker of the queue `replies`, ready; both end with the block."""
    port = free_port()
    running = [worker(folder, "api-worker")]
    try:
        running.append(web(folder, port, "api-web"))
        yield Served(port, running[1], running[0])
    finally:
        for child in reversed(running):
            child.end()


_running: list[Served] = []
_ends: list[ExitStack] = []


def end_product() -> None:
    """End the shared product, whose worker would take up the runs of tests that kill their own workers."""
    while _ends:
        _ends.pop().close()
    _running.clear()


@pytest.fixture
def product(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Web and worker: started by the first test that asks, ended with the session, whoever imports this."""
    if not _running or not _running[0].is_alive:
        end_product()
        _ends.append(ExitStack())
        _running.append(_ends[0].enter_context(served(tmp_path_factory.mktemp("product"))))
        request.session.addfinalizer(end_product)
    return _running[0]
