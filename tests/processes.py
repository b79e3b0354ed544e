"""The whole product as processes, once per session: a web process and a worker on the session's stores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
