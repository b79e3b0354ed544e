"""Golden questions of a collection, and runs that measure how well their documents are found."""

from __future__ import annotations

from typing import Final

from django.db import models

from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique

FIGURES: Final = ("nDCG@10", "Recall@10", "MRR@10")


class GoldenQuestion(TenantModel):
    """A question whose right documents somebody named; one without any waits for them and is not measured."""

    knowledge_base = TenantForeignKey("knowledge.KnowledgeBase", on_delete=models.CASCADE)
    text = models.CharField(max_length=500)
    origin = models.CharField(max_length=12, default="hand")
    created_by = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [TenantUnique(fields=["knowledge_base", "text"], name="golden_question_once")]

    def __str__(self) -> str:
        return self.text


class GoldenSource(TenantModel):
    """A document that answers a golden question."""

    question = TenantForeignKey(GoldenQuestion, on_delete=models.CASCADE, related_name="sources")
    document = TenantForeignKey("knowledge.Document", on_delete=models.CASCADE)

    class Meta:
        constraints = [TenantUnique(fields=["question", "document"], name="golden_source_once")]

    def __str__(self) -> str:
        return f"{self.document_id} answers {self.question_id}"


class EvaluationState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class EvaluationRun(TenantModel):
    """One measurement: each golden question searched as an answer would, as `user` may read.

    `setting` is how the collection was searched then, `figures` the means over all questions. A worker writes
    only under the `fence` that it claimed; what it measured before it was lost is kept.
    """

    knowledge_base = TenantForeignKey("knowledge.KnowledgeBase", on_delete=models.CASCADE)
    user = TenantForeignKey("accounts.User", on_delete=models.CASCADE)
    state = models.CharField(max_length=8, choices=EvaluationState, default=EvaluationState.QUEUED)
    setting = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)
    total = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [TenantIndex(fields=["knowledge_base", "-created_at"], name="evaluation_run_newest")]

    def __str__(self) -> str:
        return f"evaluation {self.id}"

    @property
    def shown(self) -> list[tuple[str, float | None]]:
        """The figures by name in the order of tables; JSON in PostgreSQL has an order of its own."""
        return [(name, self.figures.get(name.lower())) for name in FIGURES]


class EvaluationResult(TenantModel):
    """What one question found in one run; `text` as it was, `found` and `expected` are ids of documents."""

    run = TenantForeignKey(EvaluationRun, on_delete=models.CASCADE, related_name="results")
    question_id = models.UUIDField()
    text = models.CharField(max_length=500)
    expected = models.JSONField(default=list)
    found = models.JSONField(default=list)
    ndcg = models.FloatField()
    recall = models.FloatField()
    mrr = models.FloatField()

    class Meta:
        constraints = [TenantUnique(fields=["run", "question_id"], name="evaluation_result_once")]

    def __str__(self) -> str:
        return f"{self.text}: {self.ndcg:.3f}"
