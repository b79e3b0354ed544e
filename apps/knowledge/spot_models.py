"""The columns of a chunk that say where in its document it stands."""

from __future__ import annotations

from django.db import models

from apps.knowledge.spots import Spot


class Spotted(models.Model):
    """`page` counts slides where `is_slide`; `first_row` to `last_row` are rows of `sheet` or of the file."""

    page = models.PositiveIntegerField(null=True)
    is_slide = models.BooleanField(default=False, db_default=False)
    sheet = models.CharField(max_length=200, blank=True, db_default="")
    first_row = models.PositiveIntegerField(null=True)
    last_row = models.PositiveIntegerField(null=True)

    class Meta:
        abstract = True

    @property
    def place(self) -> Spot:
        return Spot(self.page, self.is_slide, self.sheet, self.first_row, self.last_row)
