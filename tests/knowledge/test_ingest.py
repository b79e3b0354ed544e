"""From an upload to chunks that can be found: once, whatever is repeated, killed or deleted in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.knowledge.builders import pdf
from tests.knowledge.conftest import Library, counts

if TYPE_CHECKING:
    from tests.knowledge.embedding_host import EmbeddingHost


def test_document_becomes_ready_with_page_and_heading(library: Library, embeddings: EmbeddingHost) -> None:
    from apps.knowledge.models import Chunk, ChunkTerms, ChunkVector
    from apps.tenants.scope import tenant_scope

    cast = library.cast
    base = library.base(cast.bob)
    data = pdf("The hotel cap in London is 190 pounds.", "Trains are booked in second class.", title="Travel")
    document = library.read(library.add(base, "travel.pdf", data, cast.bob))
    assert (document.state, document.title, document.pages, document.note) == ("ready", "Travel", 2, "")
    assert (document.attempts, document.chunk_count, document.language) == (1, 2, "en")
    with tenant_scope(cast.acme.id):
        chunks = list(Chunk.objects.order_by("position"))
        assert [chunk.page for chunk in chunks] == [1, 2]
        assert ChunkVector.objects.count() == ChunkTerms.objects.count() == 2
        norm = sum(value * value for value in ChunkVector.objects.all()[0].embedding)
        assert norm == pytest.approx(1.0, abs=0.01)
    assert embeddings.texts[0] == "Travel\n\nThe hotel cap in London is 190 pounds."


def test_second_hint_changes_nothing(library: Library, embeddings: EmbeddingHost) -> None:
    from apps.knowledge.ingesting import ingest

    base = library.base(library.cast.bob)
    document = library.read(library.add(base, "a.md", "# Cap\n\nThe cap is 190 pounds."))
    before, asked = counts(document.tenant_id), len(embeddings.texts)
    assert ingest(document.tenant_id, document.id) is False
    assert counts(document.tenant_id) == before
    assert len(embeddings.texts) == asked
