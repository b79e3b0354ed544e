"""Uploads that come in parts and may be resumed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from django.db import models

from apps.tenants.models import TenantForeignKey, TenantModel, TenantUnique

KEPT: Final = timedelta(days=1)
"""So long after its last part an upload may go on."""
_OF_BROWSER: Final = re.compile(r"\d+-\d+-[0-9a-f]{16}")


class Upload(TenantModel):
    """A file on its way into a collection. `parts` are storage keys in order, `received` their bytes.

    `client_key` is the uploader's own name for it: asking again with the same gives the same upload.
    `document_id` tells, as a value, what it became.
    """

    knowledge_base = TenantForeignKey("knowledge.KnowledgeBase", on_delete=models.CASCADE)
    owner = TenantForeignKey("accounts.User", on_delete=models.CASCADE)
    client_key = models.CharField(max_length=100)
    name = models.CharField(max_length=500)
    folder = models.CharField(max_length=500, blank=True)
    tags = models.JSONField(default=list)
    scan_language = models.CharField(max_length=8, blank=True, db_default="")
    size = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    parts = models.JSONField(default=list)
    document_id = models.UUIDField(null=True)
    is_duplicate = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [TenantUnique(fields=["owner", "knowledge_base", "client_key"], name="upload_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def kept_until(self) -> datetime:
        """When it is forgotten unless more of it comes."""
        return self.updated_at + KEPT

    @property
    def is_of_browser(self) -> bool:
        """Whether the page began it: its key tells the file that it is of (static/src/site/sending.ts)."""
        return _OF_BROWSER.fullmatch(self.client_key) is not None
