"""Documents for the stack of bin/bench ingest. Runs with the variables of a command.

python -m bench.ingest_feed UPSTREAM_PORT FILE COPIES: an embedding model at the upstream, and copies queued
python -m bench.ingest_feed stop: delete what is not read yet
python -m bench.ingest_feed: how many documents are in each state, and the pages of those that are ready
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from uuid import UUID

import django

from bench.furnish import HOST

NAME = "Bench"


def main() -> None:
    """Feed or look; prints one line of JSON."""
    django.setup()
    from apps.tenants.hosts import tenant_of_slug

    tenant = tenant_of_slug("bench")
    assert tenant is not None
    if sys.argv[1:] == ["stop"]:
        _stop(tenant.id)
    elif len(sys.argv) > 1:
        _feed(tenant.id, int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps(_states(tenant.id)))


def _feed(tenant_id: UUID, upstream: int, path: Path, copies: int) -> None:
    from django.core.management import call_command

    from apps.knowledge.models import KnowledgeBase
    from apps.knowledge.services import document_add, knowledge_base_create
    from apps.tenants.scope import tenant_scope

    with tenant_scope(tenant_id):
        base = KnowledgeBase.objects.filter(name=NAME).first()
    if base is None:
        call_command(
            "allow_host", "--tenant", "bench", "--host", HOST, "--port", str(upstream), stdout=sys.stderr
        )
        call_command(
            "connection_add", "--tenant", "bench", "--name", "Vectors",
            "--base-url", f"http://{HOST}:{upstream}/v1", "--key", "sk-bench", "--models", "mock-embed",
            stdout=sys.stderr,
        )  # fmt: skip
        with tenant_scope(tenant_id):
            base = knowledge_base_create(actor=None, name=NAME)
    data = path.read_bytes()
    for number in range(copies):
        own = data + b"\n%% copy %d\n" % time.monotonic_ns()
        copy = path.with_name(f"{number}-{path.name}")
        copy.write_bytes(own)
        with tenant_scope(tenant_id), copy.open("rb") as stream:
            document_add(actor=None, knowledge_base=base, name=copy.name, stream=stream)


def _stop(tenant_id: UUID) -> None:
    from apps.knowledge.models import Document
    from apps.knowledge.services import document_delete
    from apps.tenants.scope import tenant_scope

    with tenant_scope(tenant_id):
        for document in Document.objects.exclude(state="ready"):
            document_delete(actor=None, document=document)


def _states(tenant_id: UUID) -> dict[str, object]:
    from apps.knowledge.models import ChunkVector, Document
    from apps.tenants.scope import tenant_scope

    with tenant_scope(tenant_id):
        rows = list(Document.objects.values_list("state", "pages", "chunk_count", "note", "error_detail"))
        vectors = ChunkVector.objects.count()
    states = [state for state, *_ in rows]
    return {
        "states": {state: states.count(state) for state in sorted(set(states))},
        "pages": sum(pages for state, pages, *_ in rows if state == "ready"),
        "chunks": sum(chunks for _, _, chunks, *_ in rows),
        "vectors": vectors,
        "words": sorted({word for *_, note, error in rows for word in (note, error) if word}),
    }


if __name__ == "__main__":
    main()
