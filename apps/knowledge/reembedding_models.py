"""Which embedding model an organisation begins with, and the change of a collection from one to another."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique


class EmbeddingDefault(TenantModel):
    """The embedding model that new collections of the organisation begin with; at most one row."""

    model = TenantForeignKey("llm.Model", on_delete=models.CASCADE)

    class Meta:
        constraints = [TenantUnique(fields=[], name="embedding_default_one")]

    def __str__(self) -> str:
        return str(self.model_id)


class EmbeddingScale(TenantModel):
    """How a model's cosines compare with those that the floors are of (apps.knowledge.calibrating)."""

    model = TenantForeignKey("llm.Model", on_delete=models.CASCADE)
    zero = models.FloatField()
    stretch = models.FloatField()
    measured_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [TenantUnique(fields=["model"], name="embedding_scale_once")]

    def __str__(self) -> str:
        return f"{self.model_id} from {self.zero:.3f}"


class ReembeddingState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    MEASURING = "measuring", "Being measured"
    FAILED = "failed", "Stopped"
    DONE = "done", "Done"
    CANCELLED = "cancelled", "Cancelled"


UNDER_WAY = (
    ReembeddingState.QUEUED,
    ReembeddingState.RUNNING,
    ReembeddingState.PAUSED,
    ReembeddingState.MEASURING,
    ReembeddingState.FAILED,
)
"""States of a change that is neither done nor given up: at most one a collection."""
EMBEDDING = (ReembeddingState.QUEUED, ReembeddingState.RUNNING, ReembeddingState.MEASURING)
"""States in which new and edited documents get vectors of both models."""


class Reembedding(TenantModel):
    """A collection's change to another embedding model. The old one's vectors serve until it is done.

    `model_id` is the model that it changes to, as a value, like its name. `fence`, `lease_until` and
    `attempts` as a document's; an attempt that embedded something counts for nothing. `tokens` is what its
    calls counted. `is_clean` once the vectors that nobody searches any more are deleted.

    Before the switch it is `measuring` where the collection has a gate, or where it `is_trial`, and goes on
    once it `is_through` (apps.knowledge.evaluation.gates).
    """

    knowledge_base = TenantForeignKey(
        "knowledge.KnowledgeBase", on_delete=models.CASCADE, related_name="reembeddings"
    )
    model_id = models.UUIDField()
    model_name = models.CharField(max_length=100)
    started_by = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True)
    state = models.CharField(max_length=9, choices=ReembeddingState.choices, default=ReembeddingState.QUEUED)
    error = models.CharField(max_length=500, blank=True)
    chunks_total = models.PositiveIntegerField(default=0)
    chunks_done = models.PositiveIntegerField(default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=timezone.now)
    is_clean = models.BooleanField(default=False)
    is_trial = models.BooleanField(default=False, db_default=False)
    is_through = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            TenantUnique(
                fields=["knowledge_base"],
                name="reembedding_once_at_a_time",
                condition=Q(state__in=["queued", "running", "paused", "measuring", "failed"]),
            )
        ]
        indexes = [
            TenantIndex(fields=["knowledge_base", "-created_at"], name="reembedding_newest"),
            TenantIndex(fields=["due_at"], name="reembedding_open", condition=Q(is_clean=False)),
        ]

    def __str__(self) -> str:
        return f"{self.knowledge_base_id} to {self.model_name}"
