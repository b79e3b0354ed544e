"""What OpenAI's protocol keeps beside collections, documents and files."""

from __future__ import annotations

from django.db import models

from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique


class KeptFile(TenantModel):
    """A file that was given by itself, to be put into vector stores; its `user` alone sees it as a file."""

    file = TenantForeignKey("files.File", on_delete=models.CASCADE)
    user = TenantForeignKey("accounts.User", on_delete=models.CASCADE)
    purpose = models.CharField(max_length=20)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [TenantUnique(fields=["file"], name="kept_file_once")]
        indexes = [
            TenantIndex(fields=["user", "-created_at"], name="kept_file_newest"),
            TenantIndex(fields=["expires_at"], name="kept_file_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose}: {self.file_id}"


class StoreSetting(TenantModel):
    """What a client said of a collection. It expires `expires_days` after `active_at`, its last use."""

    knowledge_base = TenantForeignKey(
        "knowledge.KnowledgeBase", on_delete=models.CASCADE, related_name="stores"
    )
    metadata = models.JSONField(default=dict)
    expires_days = models.PositiveSmallIntegerField(null=True)
    active_at = models.DateTimeField()

    class Meta:
        constraints = [TenantUnique(fields=["knowledge_base"], name="store_setting_once")]

    def __str__(self) -> str:
        return f"store {self.knowledge_base_id}"


class FileBatch(TenantModel):
    """Files that were put into a collection together."""

    knowledge_base = TenantForeignKey("knowledge.KnowledgeBase", on_delete=models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"batch {self.id}"


class StoreFile(TenantModel):
    """A document that a client put into a collection, under the id of the file that it gave (a value)."""

    document = TenantForeignKey("knowledge.Document", on_delete=models.CASCADE, related_name="store_files")
    given_id = models.UUIDField()
    batch = TenantForeignKey(FileBatch, on_delete=models.SET_NULL, null=True, related_name="files")
    attributes = models.JSONField(default=dict)

    class Meta:
        constraints = [TenantUnique(fields=["document"], name="store_file_once")]

    def __str__(self) -> str:
        return f"file {self.given_id}"
