"""Collections of documents, their chunks, and the two vectors that each chunk is found by."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.files.models import File
from apps.guardrails.classes import STORED, DataClass, highest
from apps.knowledge import failures
from apps.knowledge.access_models import KnowledgeBasePerson, Restriction, RestrictionReader, Visibility
from apps.knowledge.care.answer_models import (
    KnowledgeBaseExpert,
    VerifiedAnswer,
    VerifiedQuestion,
    VerifiedSource,
)
from apps.knowledge.care.models import (
    DocumentReview,
    PassageFeedback,
    UnansweredAsking,
    UnansweredQuestion,
)
from apps.knowledge.chunking import SIZE
from apps.knowledge.connectors.models import AllowedFolder, Source, SourceItem
from apps.knowledge.evaluation.models import (
    EvaluationResult,
    EvaluationRun,
    EvaluationState,
    Gate,
    GatedChange,
    GatedState,
    GoldenMaking,
    GoldenQuestion,
    GoldenSource,
    MakingKind,
)
from apps.knowledge.fields import HalfVectorField, SparseVectorField
from apps.knowledge.index_models import SHARED, PostedDocument, Posting
from apps.knowledge.lexical import DIMENSIONS
from apps.knowledge.reembedding_models import (
    EmbeddingDefault,
    EmbeddingScale,
    Reembedding,
    ReembeddingState,
)
from apps.knowledge.scan_models import ScanDefault, Scanned
from apps.knowledge.spot_models import Spotted
from apps.knowledge.stores.models import FileBatch, KeptFile, StoreFile, StoreSetting
from apps.knowledge.tuning_models import Tuning
from apps.knowledge.upload_models import Upload
from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique

__all__ = [
    "MOST_DIMENSIONS",
    "SHARED",
    "AllowedFolder",
    "Chunk",
    "ChunkTerms",
    "ChunkVector",
    "Document",
    "DocumentReview",
    "DocumentState",
    "EmbeddingDefault",
    "EmbeddingScale",
    "EvaluationResult",
    "EvaluationRun",
    "EvaluationState",
    "FileBatch",
    "Gate",
    "GatedChange",
    "GatedState",
    "GoldenMaking",
    "GoldenQuestion",
    "GoldenSource",
    "KeptFile",
    "KnowledgeBase",
    "KnowledgeBaseExpert",
    "KnowledgeBasePerson",
    "KnowledgeBaseTeam",
    "MakingKind",
    "PassageFeedback",
    "PostedDocument",
    "Posting",
    "Reembedding",
    "ReembeddingState",
    "Restriction",
    "RestrictionReader",
    "SearchState",
    "Source",
    "SourceItem",
    "StoreFile",
    "StoreSetting",
    "TermCount",
    "TrialSearch",
    "Tuning",
    "UnansweredAsking",
    "UnansweredQuestion",
    "Upload",
    "VerifiedAnswer",
    "VerifiedQuestion",
    "VerifiedSource",
    "Visibility",
]

MOST_DIMENSIONS: Final = 4000
"""What a row holds inside its page, and what an index of half vectors takes."""


class KnowledgeBase(TenantModel, ScanDefault):
    """A collection of documents. One with a `conversation_id` holds what was attached in that chat.

    `quota_bytes` and `quota_documents`: its own limits; None for the installation's (apps.knowledge.quotas).
    `review_days`: how often its documents are looked at again (apps.knowledge.care.freshness).
    `embedding_model_id` names the model that its documents are embedded with, as a value; None until the
    first one is read, when the organisation's default is taken. Lock the row before changing it.
    """

    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    visibility = models.CharField(max_length=8, choices=Visibility, default=Visibility.PRIVATE)
    owner = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True)
    conversation_id = models.UUIDField(null=True)
    quota_bytes = models.PositiveBigIntegerField(null=True)
    quota_documents = models.PositiveIntegerField(null=True)
    review_days = models.PositiveSmallIntegerField(null=True)
    embedding_model_id = models.UUIDField(null=True)
    data_class = models.PositiveSmallIntegerField(choices=STORED, default=DataClass.INTERNAL.value)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            TenantUnique(
                fields=["conversation_id"],
                name="knowledge_base_of_chat",
                condition=Q(conversation_id__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name


class KnowledgeBaseTeam(TenantModel):
    """A team may read a collection whose visibility is `teams`."""

    knowledge_base = TenantForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="teams")
    team = TenantForeignKey("accounts.Team", on_delete=models.CASCADE)

    class Meta:
        constraints = [TenantUnique(fields=["knowledge_base", "team"], name="knowledge_base_team_once")]

    def __str__(self) -> str:
        return f"{self.team_id} reads {self.knowledge_base_id}"


class DocumentState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    READING = "reading", "Reading"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    PAUSED = "paused", "Paused"
    REPLACED = "replaced", "Replaced"


class Document(TenantModel, Scanned):
    """A file in a collection, and how far it was read. Its chunks are found only while it is `ready`.

    `fence` grows with every claim: a worker writes only under the fence that it claimed. `embedding_model_id`
    names the model whose vectors are searched, as a value; without one only words find it and `note` says so.
    `folder` is its place in the collection, "HR/Contracts", empty at the top. `tags` and `dated`, the day
    that it is of, are what people say of it and what searches are narrowed to (apps.knowledge.narrowing).

    `version_of` names the document whose new version this is, while it is read, or whose old version it was
    (`replaced`: found by no search, kept for the citations that quoted it). Such rows are in no list of
    documents; the document itself keeps its id through all versions. `chunk_size` is in code points.
    `pages_read` of `pages` are done while it is read; 0 where nobody knows.

    `data_class` is its own, None for its collection's; lower than that only with `class_reason`.
    """

    knowledge_base = TenantForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="documents")
    file = TenantForeignKey(File, on_delete=models.CASCADE)
    uploaded_by = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True)
    title = models.CharField(max_length=500)
    folder = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=8, choices=DocumentState, default=DocumentState.QUEUED)
    error_kind = models.CharField(max_length=32, blank=True)
    error_detail = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=timezone.now)
    pages = models.PositiveIntegerField(default=0)
    pages_read = models.PositiveIntegerField(default=0, db_default=0)
    chunk_count = models.PositiveIntegerField(default=0)
    language = models.CharField(max_length=16, blank=True)
    embedding_model_id = models.UUIDField(null=True)
    version = models.PositiveIntegerField(default=1)
    version_of = TenantForeignKey("self", on_delete=models.CASCADE, null=True, related_name="versions")
    chunk_size = models.PositiveSmallIntegerField(default=SIZE)
    tags = models.JSONField(default=list)
    dated = models.DateField(null=True)
    data_class = models.PositiveSmallIntegerField(choices=STORED, null=True)
    class_reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            TenantIndex(fields=["knowledge_base", "-created_at"], name="document_newest"),
            TenantIndex(
                fields=["due_at"], name="document_waiting", condition=Q(state__in=["queued", "reading"])
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def held_class(self) -> DataClass:
        """The data class that holds for its text, as CLASSED says it in SQL; a version has its document's."""
        head = self.version_of or self
        own = DataClass(head.data_class) if head.data_class else None
        if own and head.class_reason:
            return own
        return highest([self.knowledge_base.data_class, own]) or DataClass.INTERNAL

    @property
    def may_retry(self) -> bool:
        """Whether trying again can help: the cause may have passed, or its vectors are missing."""
        if self.state == DocumentState.READY:
            return self.note in failures.CURABLE_NOTES
        return self.state == DocumentState.FAILED and self.error_kind in failures.RETRYABLE


class Chunk(TenantModel, Spotted):
    """A piece of a document of about a thousand characters; `start` and `end` count its code points.

    An excluded one is found by no search. `original` is what the file says where a person corrected `text`.
    """

    document = TenantForeignKey(Document, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    position = models.PositiveIntegerField()
    text = models.TextField()
    heading = models.JSONField(default=list)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    language = models.CharField(max_length=16, blank=True)
    is_excluded = models.BooleanField(default=False)
    original = models.TextField(blank=True)

    class Meta:
        constraints = [TenantUnique(fields=["document", "position"], name="chunk_position", include=["id"])]

    def __str__(self) -> str:
        return f"{self.document_id} {self.position}"


class ChunkVector(TenantModel):
    """What a chunk means to a model (`model_id`, a value). Narrow, so that exact search reads little.

    While a collection changes its model, vectors of the next one stand here beside those that are searched:
    compare a question only with vectors of the model that the document names, and of its vector's size.
    Vectors have the size that their model gives them (docs/adr/0019), so an index by meaning is one of
    `embedding::halfvec(N)` where `vector_dims(embedding) = N`.

    The table is partitioned by `shelf`: all begin on the shared one, and those of large organisations are
    moved to their own (apps.knowledge.shelving, docs/adr/0020), which nothing else writes. Whoever changes
    rows of a document that is ready locks the document before: a row that is being moved can not be changed.
    """

    document = TenantForeignKey(Document, on_delete=models.CASCADE, db_index=False)
    chunk = TenantForeignKey(Chunk, on_delete=models.CASCADE, db_index=False)
    model_id = models.UUIDField()
    embedding = HalfVectorField()
    shelf = models.UUIDField(default=SHARED, db_default=SHARED, editable=False)

    class Meta:
        constraints = [TenantUnique(fields=["chunk", "model_id"], name="chunk_vector_of_model")]
        indexes = [TenantIndex(fields=["document", "model_id"], name="chunk_vector_by_document")]

    def __str__(self) -> str:
        return f"vector of {self.chunk_id}"


class ChunkTerms(TenantModel):
    """Which words a chunk holds, as BM25 weights by hashed term (apps.knowledge.lexical)."""

    document = TenantForeignKey(Document, on_delete=models.CASCADE, db_index=False)
    chunk = TenantForeignKey(Chunk, on_delete=models.CASCADE, db_index=False)
    terms = SparseVectorField(dimensions=DIMENSIONS)

    class Meta:
        constraints = [TenantUnique(fields=["chunk"], name="chunk_terms_once")]
        indexes = [TenantIndex(fields=["document"], name="chunk_terms_document")]

    def __str__(self) -> str:
        return f"terms of {self.chunk_id}"


class TermCount(TenantModel):
    """In how many chunks of ready documents a term stands: how rare it is decides what it weighs."""

    term = models.IntegerField()
    chunks = models.IntegerField()

    class Meta:
        constraints = [TenantUnique(fields=["term"], name="term_count_term")]

    def __str__(self) -> str:
        return f"{self.term}: {self.chunks}"


class SearchState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class TrialSearch(TenantModel):
    """A search that a page asked for and a worker makes, since a web process never speaks to a model.

    `found` holds chunk ids and scores only: texts are read again by whoever looks, if they still may.
    `narrowing` is a stored Narrowing; `notes` say what went otherwise than set up. `beside` names further
    collections that are searched with it, as values: who asks may read them or finds nothing there.
    """

    knowledge_base = TenantForeignKey(KnowledgeBase, on_delete=models.CASCADE)
    beside = models.JSONField(default=list, db_default=[])
    user = TenantForeignKey("accounts.User", on_delete=models.CASCADE)
    query = models.CharField(max_length=500)
    narrowing = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=SearchState, default=SearchState.QUEUED)
    found = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [TenantIndex(fields=["user", "-created_at"], name="trial_search_newest")]

    def __str__(self) -> str:
        return self.query
