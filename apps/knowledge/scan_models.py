"""What is stored of reading: the language of scans as chosen and as found, and what a file had lost."""

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

    `read_as` lists what its pictures of text turned out to be in, by code, the commonest first. `loss` says
    what of a damaged file could not be read, `note` what keeps it from being found by its meaning.
    """

    scan_language = models.CharField(max_length=8, blank=True, db_default="")
    read_as = models.JSONField(default=list, db_default=[])
    loss = models.CharField(max_length=300, blank=True, db_default="")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True

    @property
    def remark(self) -> str:
        """What a reader should know though it is ready."""
        return " ".join(part for part in (self.loss, self.note) if part)
