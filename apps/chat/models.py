"""Conversations and the trees of messages in them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from apps.guardrails.classes import STORED
from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique


class TitleSource(models.TextChoices):
    """Who named the conversation: a later, better source replaces an earlier one, never a person's words."""

    NONE = "none", "Not named"
    QUESTION = "question", "First question"
    MODEL = "model", "Model"
    PERSON = "person", "Person"


class Conversation(TenantModel):
    """A person's chat under one team; private to the person.

    `narrowing` is the stored part of its knowledge that answers are looked up in (knowledge.narrowing).
    `data_class` is the highest of what was sent in it, None of nothing; `class_why` says in a sentence who or
    what gave it that, `class_waived` what a lead let pass (apps.chat.classing).
    From `deleted_at` on nobody sees it; a few minutes later it is erased (apps.chat.deleting).
    """

    user = TenantForeignKey("accounts.User", on_delete=models.CASCADE, db_index=False)
    team = TenantForeignKey("accounts.Team", on_delete=models.PROTECT)
    title = models.CharField(max_length=200, default="", blank=True)
    title_source = models.CharField(max_length=16, choices=TitleSource, default=TitleSource.NONE)
    model_slug = models.CharField(max_length=120, default="", blank=True)
    current_message_id = models.UUIDField(null=True)
    is_pinned = models.BooleanField(default=False)
    narrowing: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    data_class = models.PositiveSmallIntegerField(choices=STORED, null=True)
    class_why = models.CharField(max_length=300, default="", blank=True, db_default="")
    class_waived: models.JSONField[dict[str, int], dict[str, int]] = models.JSONField(
        default=dict, db_default={}
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        indexes: ClassVar = [
            TenantIndex(fields=["user", "-is_pinned", "-updated_at", "-id"], name="conversation_history"),
            TenantIndex(
                fields=["deleted_at"], name="conversation_deleted", condition=Q(deleted_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.title or "New chat"


class ConversationKnowledgeBase(TenantModel):
    """A knowledge base that the answers of a conversation are looked up in."""

    conversation = TenantForeignKey(Conversation, on_delete=models.CASCADE)
    knowledge_base = TenantForeignKey("knowledge.KnowledgeBase", on_delete=models.CASCADE)

    class Meta:
        base_manager_name = "objects"
        constraints: ClassVar = [
            TenantUnique(fields=["conversation", "knowledge_base"], name="conversation_knowledge_base_once")
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} looks in {self.knowledge_base_id}"


class Picture(TenantModel):
    """A picture that a model made in a conversation: it goes when the conversation goes."""

    conversation = TenantForeignKey(Conversation, on_delete=models.CASCADE)
    file = TenantForeignKey("files.File", on_delete=models.CASCADE)

    class Meta:
        base_manager_name = "objects"
        constraints: ClassVar = [TenantUnique(fields=["file"], name="picture_file_once")]

    def __str__(self) -> str:
        return f"{self.file_id} in {self.conversation_id}"


class MessageRole(models.TextChoices):
    """Who speaks."""

    USER = "user", "Person"
    ASSISTANT = "assistant", "Assistant"


class MessageState(models.TextChoices):
    """A question is done at once; an answer takes its run's state at its end."""

    QUEUED = "queued", "Queued"
    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped"
    FAILED = "failed", "Failed"
    INTERRUPTED = "interrupted", "Interrupted"


class Message(TenantModel):
    """A question or an answer. Siblings under one parent are the branches that editing and regenerating make.

    `author` is the person who asked, for both. `client_id` makes a send repeatable. `source_document_ids` are
    the documents whose text stands in the answer or in what it was said from: it leaves later prompts when
    the person may not read one of them. `rating` is what they say of an answer (apps.chat.judging).
    """

    conversation = TenantForeignKey(Conversation, on_delete=models.CASCADE, db_index=False)
    parent = TenantForeignKey("chat.Message", on_delete=models.CASCADE, null=True, db_index=False)
    author = TenantForeignKey("accounts.User", on_delete=models.CASCADE)
    role = models.CharField(max_length=16, choices=MessageRole)
    state = models.CharField(max_length=16, choices=MessageState)
    parts: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    annotations: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    steps: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    source_document_ids: models.JSONField[list[str], list[str]] = models.JSONField(default=list)
    usage: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True)
    error: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True)
    rating: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True)
    model_slug = models.CharField(max_length=120, default="", blank=True)
    model_name = models.CharField(max_length=200, default="", blank=True)
    run_id = models.UUIDField(null=True)
    client_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        base_manager_name = "objects"
        constraints: ClassVar = [
            TenantUnique(
                fields=["author", "client_id"], name="message_sent_once", condition=Q(client_id__isnull=False)
            )
        ]
        indexes: ClassVar = [
            TenantIndex(fields=["conversation", "id"], name="message_in_order"),
            TenantIndex(fields=["parent"], name="message_children"),
            TenantIndex(fields=["conversation"], name="message_awaited", condition=Q(state="queued")),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.id} {self.state}"
