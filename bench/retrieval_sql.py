"""Ranking quality of the whole retrieval through PostgreSQL: both legs, fusion, floor, as an answer gets it.

python -m bench.retrieval_sql [EVERY] [FOLDER]   (each EVERY-th question, default 3)
Prints per set nDCG@10 and recall@10, BM25 in memory beside them, and the milliseconds of a search.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.retrieval import CUT, DEFAULT_FOLDER, LexicalIndex, load, measure

if TYPE_CHECKING:
    from uuid import UUID

    from bench.retrieval import RetrievalSet


class DatabaseIndex:
    """A set as one document of a fresh organisation; each entry is a chunk on a page of its own."""

    def __init__(self, data: RetrievalSet, embedder: Any) -> None:
        from apps.accounts.services import user_create
        from apps.llm.services.builtin import builtin_connection_ensure
        from apps.tenants.scope import tenant_scope
        from tests.factories import organisation_make

        self._ids = list(data.documents)
        self._embedder = embedder
        self._tenant = organisation_make("bench").id
        self.seconds: list[float] = []
        builtin_connection_ensure(self._tenant)
        vectors = self._vectors(list(data.documents.values()))
        with tenant_scope(self._tenant):
            self._user = user_create(actor=None, email="b@bench.example", name="B", role="member").id
            self._base = self._fill(list(data.documents.values()), vectors)

    def search(self, question: str, limit: int = CUT) -> list[tuple[str, float]]:
        from apps.knowledge.retrieval import retrieve
        from apps.tenants.scope import tenant_scope

        vector = self._vectors([question])[0]
        began = time.perf_counter()
        with tenant_scope(self._tenant):
            found = retrieve(
                actor_user_id=self._user,
                knowledge_base_ids=[self._base],
                query_text=question,
                query_vector=vector,
                limit=limit,
            )
        self.seconds.append(time.perf_counter() - began)
        return [(self._ids[(passage.page or 1) - 1], passage.score) for passage in found]

    def _fill(self, texts: list[str], vectors: list[list[float]]) -> UUID:
        from apps.files.models import File
        from apps.knowledge.embedding import embedding_model
        from apps.knowledge.language import detect_language
        from apps.knowledge.models import Chunk, ChunkTerms, ChunkVector, Document, KnowledgeBase
        from apps.knowledge.storing import terms_count

        base: KnowledgeBase = KnowledgeBase.objects.create(name="Bench", visibility="tenant")
        file = File.objects.create(name="a", media_type="text/plain", size=1, sha256="", storage_key="none")
        model = embedding_model()
        language = detect_language("\n".join(texts))
        document = Document.objects.create(
            knowledge_base=base, file=file, title="Bench", state="ready", chunk_count=len(texts),
            language=language or "",
            embedding_model_id=model.id if model else None,
        )  # fmt: skip
        chunks = [self._chunk(document, place, text) for place, text in enumerate(texts)]
        Chunk.objects.bulk_create(chunks, batch_size=500)
        terms = [(chunk, self._terms(chunk)) for chunk in chunks]
        ChunkTerms.objects.bulk_create(
            [ChunkTerms(document=document, chunk=chunk, terms=found) for chunk, found in terms if found],
            batch_size=500,
        )
        ChunkVector.objects.bulk_create(
            [
                ChunkVector(document=document, chunk=chunk, embedding=vector)
                for chunk, vector in zip(chunks, vectors, strict=True)
            ],
            batch_size=500,
        )
        terms_count([document.id], sign=1)
        return base.id

    @staticmethod
    def _chunk(document: Any, place: int, text: str) -> Any:
        from apps.knowledge.language import detect_language
        from apps.knowledge.models import Chunk

        return Chunk(
            document=document, position=place, text=text, page=place + 1, heading=[], start=0, end=len(text),
            language=detect_language(text) or "",
        )  # fmt: skip

    @staticmethod
    def _terms(chunk: Any) -> dict[int, float]:
        from apps.knowledge.lexical import document_terms

        return document_terms(chunk.text, chunk.language or None)

    def _vectors(self, texts: list[str]) -> list[list[float]]:
        found: list[Any] = [None] * len(texts)
        for batch in self._embedder.batches(texts):
            for place, vector in zip(batch.places, batch.vectors, strict=True):
                found[place] = vector.tolist()
        return found


def main() -> None:
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else DEFAULT_FOLDER
    from tests.environment import prepare

    services = prepare()
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings_test"
    os.environ["ATRIUM_MODEL_SERVER_URL"] = "http://127.0.0.1:9/v1"
    try:
        import django

        django.setup()
        _compare(folder, every)
    finally:
        services.stop()


def _compare(folder: Path, every: int) -> None:
    from launch.embedding import Embedder, graph_path

    embedder = Embedder(graph_path(), threads=2)
    for corpus in sorted(folder.rglob("corpus.jsonl")):
        data = load(corpus.parent, every)
        index = DatabaseIndex(data, embedder)
        whole = measure(data, index)  # type: ignore[arg-type]  # searches like a LexicalIndex
        words = measure(data, LexicalIndex(data.documents))
        print(
            f"{corpus.parent.relative_to(folder)!s:<12} "
            f"nDCG@10 {whole.ndcg:.3f} (BM25 {words.ndcg:.3f})  "
            f"recall@10 {whole.recall:.3f} (BM25 {words.recall:.3f})  "
            f"{1000 * median(index.seconds):.1f} ms"
        )


if __name__ == "__main__":
    main()
