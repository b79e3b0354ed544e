"""What those who look after a collection work through."""

from __future__ import annotations

from django.db import models

from apps.knowledge.fields import HalfVectorField
from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique


class QuestionState(models.TextChoices):
    OPEN = "open", "Open"
    DONE = "done", "Answered since"
    DISMISSED = "dismissed", "Set aside"


class UnansweredQuestion(TenantModel):
    """A question that a collection's documents could not answer, for all wordings that are alike.

    `text` is a wording that somebody asked, `embedding` what it means to the model `model_id` (a value).
    """

    knowledge_base = TenantForeignKey("knowledge.KnowledgeBase", on_delete=models.CASCADE)
    text = models.CharField(max_length=500)
    model_id = models.UUIDField(null=True)
    embedding = HalfVectorField(null=True)
    state = models.CharField(max_length=9, choices=QuestionState, default=QuestionState.OPEN)
    closed_by = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True)
    closed_at = models.DateTimeField(null=True)
    last_asked_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            TenantIndex(fields=["knowledge_base", "state", "-last_asked_at"], name="unanswered_newest")
        ]

    def __str__(self) -> str:
        return self.text


class UnansweredAsking(TenantModel):
    """One time that it was asked. `user` is counted and never shown; ids of chats are values.

    Deleting the chat, or the person, deletes it; a question that nobody asked any more goes with it.
    """

    question = TenantForeignKey(UnansweredQuestion, on_delete=models.CASCADE, related_name="askings")
    user = TenantForeignKey("accounts.User", on_delete=models.CASCADE)
    conversation_id = models.UUIDField()
    message_id = models.UUIDField()
    text = models.CharField(max_length=500)
    asked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [TenantUnique(fields=["question", "message_id"], name="unanswered_asking_once")]
        indexes = [TenantIndex(fields=["conversation_id"], name="unanswered_asking_chat")]

    def __str__(self) -> str:
        return self.text
