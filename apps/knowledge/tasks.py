"""Hints that a document waits to be read, or that a page waits for a search. The records are their rows."""

from __future__ import annotations

from uuid import UUID

from apps.knowledge.evaluation.measuring import measure
from apps.knowledge.giving_way import give_way
from apps.knowledge.hinting import hint_tending
from apps.knowledge.ingesting import ingest
from apps.knowledge.reembedding.working import reembed
from apps.knowledge.remeaning import embed_missing
from apps.knowledge.tending import tend
from apps.knowledge.trial import search
from apps.tenants.tasks import tenant_task

SOFT_LIMIT_S = 1500
HARD_LIMIT_S = 1560


@tenant_task(name="ingest_document", queue="ingest", soft_time_limit=SOFT_LIMIT_S, time_limit=HARD_LIMIT_S)
def ingest_document(tenant_id: str, document_id: str, fence: int | None = None) -> None:
    """Take a turn at the document; what another worker reads, what is done, and old hints are left alone."""
    give_way()
    ingest(UUID(tenant_id), UUID(document_id), fence)


@tenant_task(name="embed_document", queue="ingest", soft_time_limit=SOFT_LIMIT_S, time_limit=HARD_LIMIT_S)
def embed_document(tenant_id: str, document_id: str) -> None:
    """Give vectors to the changed passages of a document that is ready."""
    give_way()
    embed_missing(UUID(tenant_id), UUID(document_id))


@tenant_task(
    name="reembed_knowledge_base", queue="ingest", soft_time_limit=SOFT_LIMIT_S, time_limit=HARD_LIMIT_S
)
def reembed_knowledge_base(tenant_id: str, reembedding_id: str, fence: int | None = None) -> None:
    """Take a turn at a collection's change to another embedding model."""
    give_way()
    reembed(UUID(tenant_id), UUID(reembedding_id), fence)


@tenant_task(name="tend_index", queue="ingest", soft_time_limit=SOFT_LIMIT_S, time_limit=HARD_LIMIT_S)
def tend_index(tenant_id: str) -> None:
    """Take a turn at moving vectors and posting words; what is left waits behind documents to be read."""
    give_way()
    if tend(UUID(tenant_id)):
        hint_tending(UUID(tenant_id))


@tenant_task(name="measure_knowledge_base", queue="replies")
def measure_knowledge_base(tenant_id: str, run_id: str) -> None:
    """Search each golden question and write what it found; one that another worker measures is left alone."""
    measure(UUID(tenant_id), UUID(run_id))


@tenant_task(name="search_knowledge_base", queue="replies")
def search_knowledge_base(tenant_id: str, search_id: str) -> None:
    """Make the trial search and write what it found; one that was made already is left alone."""
    search(UUID(tenant_id), UUID(search_id))
