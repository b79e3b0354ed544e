"""What is stored of the language of scans: a collection's choice, a document's own, and what was found."""

from __future__ import annotations

from django.db import models

from apps.knowledge.parsing.ocr.languages import AUTOMATIC


class ScanDefault(models.Model):
    """`scan_language`: what documents without a choice of their own are read in (apps.knowledge.scanning)."""

    scan_language = models.CharField(max_length=8, default=AUTOMATIC, db_default=AUTOMATIC)

    class Meta:
        abstract = True


class Scanned(models.Model):
    """`scan_language` is its own choice, empty for its collection's.

    `read_as` lists what its pictures of text turned out to be in, by code, the commonest first.
    """

    scan_language = models.CharField(max_length=8, blank=True, db_default="")
    read_as = models.JSONField(default=list, db_default=[])

    class Meta:
        abstract = True
