"""Answers that an expert approved, the wordings they answer, and the passages they rest on."""

from __future__ import annotations

from django.db import models

from apps.knowledge.fields import HalfVectorField
from apps.knowledge.spot_models import Spotted
from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique


class AnswerState(models.TextChoices):
    DRAFT = "draft", "Draft"
    APPROVED = "approved", "Approved"


class KnowledgeBaseExpert(TenantModel):
    """A person who may approve answers of a collection, beside its owner."""

    knowledge_base = TenantForeignKey("knowledge.KnowledgeBase", on_delete=models.CASCADE)
    user = TenantForeignKey("accounts.User", on_delete=models.CASCADE)

    class Meta:
        constraints = [TenantUnique(fields=["knowledge_base", "user"], name="knowledge_base_expert_once")]

    def __str__(self) -> str:
        return f"{self.user_id} is an expert of {self.knowledge_base_id}"


class VerifiedAnswer(TenantModel):
    """An answer in an expert's words. In force while approved, not past its day, its sources unchanged.

    `reminded_at`: when its approver was told that it ends or has ended, once for each approval.
    """

    knowledge_base = TenantForeignKey("knowledge.KnowledgeBase", on_delete=models.CASCADE)
    text = models.TextField()
    state = models.CharField(max_length=8, choices=AnswerState, default=AnswerState.DRAFT)
    review_by = models.DateField(null=True)
    created_by = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    approved_by = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [TenantIndex(fields=["knowledge_base", "-created_at"], name="verified_answer_newest")]

    def __str__(self) -> str:
        return self.text[:60]


class VerifiedQuestion(TenantModel):
    """A wording that the answer answers; `embedding` is what it means to the model `model_id` (a value)."""

    answer = TenantForeignKey(VerifiedAnswer, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    text = models.CharField(max_length=500)
    model_id = models.UUIDField(null=True)
    embedding = HalfVectorField(null=True)

    class Meta:
        constraints = [TenantUnique(fields=["answer", "position"], name="verified_question_position")]

    def __str__(self) -> str:
        return self.text


class VerifiedSource(TenantModel, Spotted):
    """A passage that the answer rests on, as it was: `chunk_id` is a value, `quote` its whole text.

    It has changed when its document no longer holds that passage with that text, or is gone.
    """

    answer = TenantForeignKey(VerifiedAnswer, on_delete=models.CASCADE, related_name="sources")
    document = TenantForeignKey("knowledge.Document", on_delete=models.SET_NULL, null=True)
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=500)
    heading = models.JSONField(default=list, db_default=[])
    chunk_id = models.UUIDField()
    quote = models.TextField()

    class Meta:
        constraints = [TenantUnique(fields=["answer", "position"], name="verified_source_position")]

    def __str__(self) -> str:
        return f"{self.title} for {self.answer_id}"
