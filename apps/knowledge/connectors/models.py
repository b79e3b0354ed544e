"""Sources of a collection's documents, what each brought, and the folders that the operator allows."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique


class SourceState(models.TextChoices):
    IDLE = "idle", "Waiting"
    SYNCING = "syncing", "Syncing"
    FAILED = "failed", "Failed"


class Source(TenantModel):
    """Where documents of a collection come from, and how far it was followed.

    `due_at` decides when the next sync begins; None: only when somebody asks. `fence` grows with every claim.
    `cursor` is what the kind remembers; it moves on after a sync in which nothing failed. The secret is
    sealed and bound to `secret_origin`, the address it was entered for. The counts are of the last sync.
    """

    knowledge_base = TenantForeignKey(
        "knowledge.KnowledgeBase", on_delete=models.CASCADE, related_name="sources"
    )
    kind = models.CharField(max_length=32)
    name = models.CharField(max_length=120)
    settings = models.JSONField(default=dict)
    sealed_secret = models.BinaryField(default=b"", blank=True)
    secret_origin = models.CharField(max_length=300, blank=True, default="")
    every_minutes = models.PositiveIntegerField(default=60)
    is_paused = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=SourceState, default=SourceState.IDLE)
    error = models.CharField(max_length=500, blank=True)
    note = models.CharField(max_length=500, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    cursor = models.TextField(blank=True)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, default=timezone.now)
    synced_at = models.DateTimeField(null=True)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [TenantUnique(fields=["name"], name="source_name")]
        indexes = [TenantIndex(fields=["due_at"], name="source_due", condition=Q(is_paused=False))]

    def __str__(self) -> str:
        return self.name

    @property
    def has_secret(self) -> bool:
        return bool(self.sealed_secret)


class SourceItem(TenantModel):
    """A file of a source. `version` is what was taken; empty while it is to be tried again.

    Without a document it was left out, for the reason in `problem`, or somebody deleted the document here.
    """

    source = TenantForeignKey(Source, on_delete=models.CASCADE, related_name="items", db_index=False)
    key = models.CharField(max_length=1024)
    version = models.CharField(max_length=200, blank=True)
    link = models.CharField(max_length=2048, blank=True)
    document = TenantForeignKey(
        "knowledge.Document", on_delete=models.SET_NULL, null=True, related_name="source_items"
    )
    problem = models.CharField(max_length=500, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [TenantUnique(fields=["source", "key"], name="source_item_key")]

    def __str__(self) -> str:
        return self.key


class AllowedFolder(TenantModel):
    """The operator lets this tenant follow a folder of the host.

    Written by the platform role only (`manage.py allow_folder`): to the application it is read-only.
    """

    database_privileges = "SELECT"

    path = models.CharField(max_length=1024)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [TenantUnique(fields=["path"], name="allowed_folder")]

    def __str__(self) -> str:
        return self.path
