"""A real ingest worker: reads what it is hinted, and is killed without harm."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from redis import Redis

from launch.environment import clean_environment
from launch.process import Command, spawn, stop
from tests.environment import ENVIRONMENT, ROOT
from tests.knowledge.conftest import Library, counts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from apps.knowledge.models import Document
    from tests.knowledge.embedding_host import EmbeddingHost

WORKER = (
    "worker", "-Q", "ingest", "-P", "prefork", "-c", "1",
    "--without-gossip", "--without-mingle", "-l", "INFO", "-n", "ingest-test@%h",
)  # fmt: skip


@contextmanager
def _worker(folder: Path, url: str, app: str = "config.celery") -> Iterator[Any]:
    """A worker of the queue `ingest`, ready; it ends with the block."""
    variables = {
        "ATRIUM_ROLE": "ingest",
        "ATRIUM_MODEL_SERVER_URL": url,
        "ATRIUM_MODEL_SERVER_KEY": "local",
        "ATRIUM_LOG_LEVEL": "INFO",
    }
    Redis.from_url(ENVIRONMENT["REDIS_URL"]).delete("ingest")  # hints of tests that had no worker
    environment = clean_environment(ENVIRONMENT | variables)
    command = Command(
        name="ingest",
        argv=(sys.executable, "-m", "celery", "-A", app, *WORKER),
        env=environment,
        cwd=ROOT,
        stop_seconds=15,
    )
    log = folder / f"ingest-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = spawn(command, output)
    try:
        _await(lambda: " ready." in log.read_text(errors="replace"), 40)
        yield process
    finally:
        if process.poll() is None:
            stop(process, command)


def _await(is_so: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def _hint(document: Document) -> None:
    from apps.knowledge.tasks import ingest_document

    ingest_document.apply_async((str(document.tenant_id), str(document.id)))


def test_killed_worker_costs_neither_document_nor_vectors(
    library: Library, embeddings: EmbeddingHost, tmp_path: Path
) -> None:
    from django.utils import timezone

    from apps.knowledge.models import Document
    from apps.tenants.scope import tenant_scope

    text = "\n\n".join(f"# Part {number}\n\nRule {number} is {number * 7}." for number in range(100))
    document = library.add(library.base(library.cast.bob), "long.md", text)
    reached, release = threading.Event(), threading.Event()

    def second_batch_hangs() -> None:
        if len(embeddings.texts) >= 64 and not release.is_set():
            reached.set()
            release.wait(30)
            raise ConnectionAbortedError

    embeddings.before = second_batch_hangs
    with _worker(tmp_path, embeddings.url) as process:
        _hint(document)
        assert reached.wait(40)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
    release.set()
    row = library.row(document)
    assert (row.state, row.attempts, counts(row.tenant_id)["ChunkVector"]) == ("reading", 1, 64)
    embeddings.before = None
    with tenant_scope(row.tenant_id):
        Document.objects.filter(id=row.id).update(lease_until=timezone.now() - timedelta(seconds=1))
    with _worker(tmp_path, embeddings.url):
        for _ in range(5):
            _hint(document)
        _await(lambda: library.row(document).state == "ready")
    row = library.row(document)
    assert (row.attempts, row.chunk_count, row.note) == (2, 100, "")
    assert len(embeddings.texts) == 100
