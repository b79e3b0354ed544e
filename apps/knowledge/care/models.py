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


class FeedbackKind(models.TextChoices):
    WRONG_DOCUMENT = "wrong_document", "Wrong document"
    OUTDATED = "outdated", "Out of date"
    NOT_SAID = "not_said", "Does not say this"


class FeedbackState(models.TextChoices):
    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"


class PassageFeedback(TenantModel):
    """What a person said of a passage that an answer cited; kept for evaluation.

    `question`, `passage` and `document_version` are as they were, `chunk_id` and `message_id` values. Who
    gives it is told that those who look after the collection read it with the question and the name.
    """

    knowledge_base = TenantForeignKey("knowledge.KnowledgeBase", on_delete=models.CASCADE)
    document = TenantForeignKey("knowledge.Document", on_delete=models.CASCADE)
    document_version = models.PositiveIntegerField()
    chunk_id = models.UUIDField()
    message_id = models.UUIDField()
    user = TenantForeignKey("accounts.User", on_delete=models.CASCADE)
    kind = models.CharField(max_length=14, choices=FeedbackKind)
    comment = models.CharField(max_length=500, blank=True)
    question = models.TextField()
    passage = models.TextField()
    state = models.CharField(max_length=8, choices=FeedbackState, default=FeedbackState.OPEN)
    resolved_by = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [TenantUnique(fields=["user", "message_id", "chunk_id"], name="passage_feedback_once")]
        indexes = [
            TenantIndex(fields=["knowledge_base", "state", "-created_at"], name="passage_feedback_newest")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.document_id}"


class DocumentReview(TenantModel):
    """Who answers for a document, and by when somebody looks at it again.

    `review_by` was set on `set_on`; a newer file counts by its own day (apps.knowledge.care.freshness).
    `reminded_for` is the date for which the owner was reminded: once for each.
    """

    document = TenantForeignKey("knowledge.Document", on_delete=models.CASCADE, related_name="reviews")
    owner = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    review_by = models.DateField(null=True)
    set_on = models.DateField(null=True)
    reminded_for = models.DateField(null=True)
    confirmed_by = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [TenantUnique(fields=["document"], name="document_review_once")]

    def __str__(self) -> str:
        return f"{self.document_id} by {self.review_by}"
