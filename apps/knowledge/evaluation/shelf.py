"""A throw-away knowledge base that holds a judged set and that nobody sees: filled, then removed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self
from uuid import uuid4

from django.db.models.functions import Now

from apps.files.services import file_delete, file_save
from apps.knowledge import storing
from apps.knowledge.chunking import chunk, embedding_text
from apps.knowledge.claiming import Claim, LostDocumentError, claim
from apps.knowledge.embedding import fitted, passage_call
from apps.knowledge.language import detect_language
from apps.knowledge.lexical import document_terms
from apps.knowledge.models import Document, DocumentState, KnowledgeBase, TermCount, Visibility
from apps.knowledge.parsing.parsed import Parsed, Section, clean
from apps.knowledge.storing import Piece
from apps.llm import gateway
from apps.llm.gateway import Caller
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from uuid import UUID

    from apps.files.models import File
    from apps.knowledge.embedding import EmbeddingModel
    from apps.knowledge.evaluation.sets import Entry

NAME: Final = "Evaluation"
MARK: Final = "Made by bin/manage evaluate, and removed when it ends."
_AT_ONCE: Final = 64
BATCH: Final = 64
_LEASE: Final = timedelta(hours=1)


class Shelf:
    """The base, while the block lasts. Its conversation does not exist, so no page and no answer has it.

    `language` is the code by which everything is stemmed, None to tell it of each chunk.
    """

    def __init__(self, tenant_id: UUID, user_id: UUID, model: EmbeddingModel, language: str | None) -> None:
        self._tenant_id = tenant_id
        self._user_id = user_id
        self._model = model
        self._language = language
        self.conversation_id = uuid4()
        self.entry_of: dict[UUID, str] = {}
        self.chunks = 0

    def __enter__(self) -> Self:
        leftovers_remove(self._tenant_id)
        with tenant_scope(self._tenant_id):
            self._base = KnowledgeBase.objects.create(
                name=NAME,
                description=MARK,
                visibility=Visibility.PRIVATE,
                owner_id=self._user_id,
                conversation_id=self.conversation_id,
            )
            self._file = file_save(
                owner_id=None, name=f"{NAME}.txt", media_type="text/plain", parts=(NAME.encode(),)
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _remove(self._base, self._file)

    def touch(self) -> None:
        """Say that it is still used."""
        with tenant_scope(self._tenant_id):
            KnowledgeBase.objects.filter(id=self._base.id).update(updated_at=Now())

    def fill(self, entries: Sequence[Entry]) -> None:
        """Chunk, store, embed and publish the documents; raises as gateway.embed_sync does."""
        for start in range(0, len(entries), _AT_ONCE):
            self._add(entries[start : start + _AT_ONCE])
            self.touch()

    def _add(self, entries: Sequence[Entry]) -> None:
        read = [_parsed(entry) for entry in entries]
        pieces = [self._pieces(parsed) for parsed in read]
        with tenant_scope(self._tenant_id):
            claims = [self._claim(entry) for entry in entries]
            for claimed, parsed, found in zip(claims, read, pieces, strict=True):
                storing.chunks_store(claimed, parsed, found)
            waiting = [
                (claimed, row)
                for claimed in claims
                for row in storing.chunks_unembedded(claimed, self._model.id)
            ]
        vectors: dict[UUID, list[float]] = {}
        for start in range(0, len(waiting), BATCH):
            rows = [row for _, row in waiting[start : start + BATCH]]
            vectors |= zip(
                (row.chunk_id for row in rows), self._embedded([r.text for r in rows]), strict=True
            )
        with tenant_scope(self._tenant_id):
            for claimed, found in zip(claims, pieces, strict=True):
                ids = [row.chunk_id for of, row in waiting if of is claimed]
                storing.vectors_store(claimed, self._model.id, ids, [vectors[id_] for id_ in ids])
                storing.document_publish(claimed, note="")
                self.chunks += len(found)

    def _pieces(self, parsed: Parsed) -> list[Piece]:
        drafts = chunk(parsed)
        if self._language is None:
            return storing.pieces_of(parsed, drafts)
        return [
            Piece(
                draft,
                self._language,
                document_terms(embedding_text(parsed.title, draft.heading, draft.text), self._language),
            )
            for draft in drafts
        ]

    def _claim(self, entry: Entry) -> Claim:
        """A document that is read here, in the transaction that makes it: no worker sees it waiting."""
        document = Document.objects.create(
            knowledge_base=self._base,
            file=self._file,
            uploaded_by_id=self._user_id,
            title=clean(entry.title or entry.id)[:500],
            due_at=Now(),
        )
        self.entry_of[document.id] = entry.id
        claimed = claim(self._tenant_id, document.id)
        if claimed is None:
            raise LostDocumentError
        Document.objects.filter(id=document.id).update(
            lease_until=Now() + _LEASE, embedding_model_id=self._model.id
        )
        return claimed

    def _embedded(self, texts: list[str]) -> list[list[float]]:
        who = Caller(self._tenant_id, None, self._user_id)
        made = gateway.embed_sync(passage_call(who, self._model, texts, purpose="evaluation"))
        return [fitted(vector) for vector in made.vectors]


def leftovers_remove(tenant_id: UUID) -> None:
    """Remove what evaluations left whose processes were killed more than an hour ago; outside any scope."""
    with tenant_scope(tenant_id):
        marked = KnowledgeBase.objects.filter(name=NAME, description=MARK, conversation_id__isnull=False)
        left = list(marked.filter(updated_at__lt=Now() - _LEASE))
        files = [_file_of(base) for base in left]
    for base, file in zip(left, files, strict=True):
        _remove(base, file)


def _file_of(base: KnowledgeBase) -> File | None:
    document = Document.objects.select_related("file").filter(knowledge_base=base).first()
    return None if document is None else document.file


def _remove(base: KnowledgeBase, file: File | None) -> None:
    while _remove_some(base):
        pass
    with tenant_scope(base.tenant_id):
        TermCount.objects.filter(chunks=0).delete()
        base.delete()
        if file is not None:
            file_delete(file=file)


def _remove_some(base: KnowledgeBase) -> bool:
    with tenant_scope(base.tenant_id):
        documents = Document.objects.filter(knowledge_base=base)[: _AT_ONCE * 8]
        rows = list(documents.values_list("id", "state"))
        ready = [id_ for id_, state in rows if state == DocumentState.READY]
        if ready:
            storing.terms_count(ready, sign=-1)
        ids = [id_ for id_, _ in rows]
        storing.chunks_drop(ids)
        Document.objects.filter(id__in=ids).delete()
    return bool(rows)


def _parsed(entry: Entry) -> Parsed:
    text = clean(entry.text) or clean(entry.title)
    return Parsed(
        title=clean(entry.title)[:500],
        language=detect_language(f"{entry.title}\n{text}"),
        sections=(Section(text),) if text else (),
    )
