"""Versions of exchange rates, prices and mark-ups: each holds from its moment until the next one does.

One that has not begun may be withdrawn; the database refuses to delete any other (`version_held`).
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.metering.money import plain
from apps.metering.prices import Price
from apps.tenants.models import TenantIndex, TenantModel, TenantUnique


class Version(TenantModel):
    """What holds from a moment on, and who entered it."""

    valid_from = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        abstract = True

    @property
    def is_planned(self) -> bool:
        """Whether it has not begun yet."""
        return self.valid_from > timezone.now()


class ExchangeRate(Version):
    """One unit of `currency` is `rate` of `into` from `valid_from` on. Never changed: a new row follows."""

    database_privileges = "SELECT, INSERT, DELETE"

    currency = models.CharField(max_length=3)
    into = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=20, decimal_places=10)

    class Meta:
        constraints = [
            TenantUnique(fields=["into", "currency", "valid_from"], name="exchange_rate_version"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="exchange_rate_positive"),
        ]

    def __str__(self) -> str:
        return f"1 {self.currency} = {plain(self.rate)} {self.into}"


class ModelPrice(Version):
    """What a model costs from `valid_from` on, in `currency` per 1,000,000 tokens and per piece.

    All amounts None: from then on the published price holds. `applied_at`: when the model took it over.
    """

    database_privileges = "SELECT, INSERT, UPDATE, DELETE"

    model_id = models.UUIDField()
    model_slug = models.CharField(max_length=100)
    price_input = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    price_output = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    price_unit = models.DecimalField(max_digits=16, decimal_places=6, null=True)
    currency = models.CharField(max_length=3)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [TenantUnique(fields=["model_id", "valid_from"], name="model_price_version")]
        indexes = [
            TenantIndex(
                fields=["valid_from"], name="model_price_due", condition=models.Q(applied_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_slug} from {self.valid_from}"

    @property
    def price(self) -> Price | None:
        """The price; None: as published."""
        return Price.of(self.price_input, self.price_output, self.price_unit, self.currency)


class Markup(Version):
    """What a team is charged on top of the cost, in percent, from `valid_from` on. Never changed.

    Without a team it holds for every team, without a model for every model. What names more comes first:
    team and model, then team, then model, then neither.
    """

    database_privileges = "SELECT, INSERT, DELETE"

    team_id = models.UUIDField(null=True)
    team_name = models.CharField(max_length=200, blank=True, default="")
    model_id = models.UUIDField(null=True)
    model_slug = models.CharField(max_length=100, blank=True, default="")
    percent = models.DecimalField(max_digits=7, decimal_places=3)

    class Meta:
        constraints = [
            TenantUnique(
                fields=["team_id", "model_id", "valid_from"], name="markup_version", nulls_distinct=False
            ),
            models.CheckConstraint(condition=models.Q(percent__gte=-100), name="markup_at_least_free"),
        ]

    def __str__(self) -> str:
        return f"{self.percent}% {self.team_name} {self.model_slug}"
