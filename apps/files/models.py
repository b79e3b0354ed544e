"""Uploaded files: what they are called, how large they are, and where their bytes lie."""

from __future__ import annotations

from django.db import models

from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel


class ScanState(models.TextChoices):
    UNSCANNED = "unscanned", "Not scanned"
    CLEAN = "clean", "Clean"
    INFECTED = "infected", "Infected"


class File(TenantModel):
    """A file as uploaded. Its bytes never change; `storage_key` holds nothing that a person chose."""

    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=120)
    scan_state = models.CharField(max_length=12, choices=ScanState, default=ScanState.UNSCANNED)
    owner = TenantForeignKey("accounts.User", on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [TenantIndex(fields=["owner"], name="file_owner")]

    def __str__(self) -> str:
        return self.name
