"""What large organisations' chunks are found by: lists of where each term stands (docs/adr/0020)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models

from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique

SHARED: Final = UUID(int=0)
"""The shelf of vectors that have not been moved to their organisation's own."""


class PostedDocument(TenantModel):
    """A document whose terms are in postings, under its number.

    Whatever changes the terms of one of its chunks deletes this row in the same transaction: its chunks are
    then searched one by one again, and what postings still say under the number means nothing. A number is
    never given twice. `is_complete` once its postings are there too.
    """

    document = TenantForeignKey("knowledge.Document", on_delete=models.CASCADE, db_index=False)
    number = models.BigIntegerField()
    is_complete = models.BooleanField(default=False)

    class Meta:
        constraints = [
            TenantUnique(fields=["document"], name="posted_document_once"),
            TenantUnique(fields=["number"], name="posted_document_number"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} is {self.number}"


class Posting(TenantModel):
    """Where a term stands with about the same weight, in the documents of one segment.

    A place is a document's number and a chunk's position in it; `size` is how many there are. `level` says
    the weight (apps.knowledge.posting).
    """

    segment = models.IntegerField()
    term = models.IntegerField()
    level = models.SmallIntegerField()
    size = models.IntegerField()
    places = ArrayField(models.BigIntegerField())

    class Meta:
        indexes = [
            TenantIndex(fields=["term"], name="posting_term"),
            TenantIndex(fields=["segment"], name="posting_segment"),
        ]

    def __str__(self) -> str:
        return f"{self.term} at {self.level}"
