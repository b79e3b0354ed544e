"""Sums of the ledger by day, and how far they are made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from django.db import models

from apps.tenants.models import TenantIndex, TenantModel, TenantUnique

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The mark of a tenant of which nothing is counted yet."""


class DailyUsage(TenantModel):
    """What a person's calls by one key of one model for a team came to on a day of the tenant's time zone.

    `calls` were used, `failed` of them ended in an error, as those did that used nothing. `cost` is in
    `currency`, as the ledger has it; `amount` the same in the tenant's currency, each call at the rate of its
    moment; `unpriced` are the calls without one. Made from the ledger, never changed by hand.

    A day that is not over yet may have two rows of the same: of the calls before the mark, and (`is_open`) of
    those after it, which is made anew each minute. Readers add them up.
    """

    database_privileges = "SELECT"

    day = models.DateField()
    team_id = models.UUIDField(null=True)
    team_name = models.CharField(max_length=200, blank=True, default="")
    user_id = models.UUIDField(null=True)
    user_name = models.CharField(max_length=200, blank=True, default="")
    api_key_id = models.UUIDField(null=True)
    model_id = models.UUIDField()
    model_slug = models.CharField(max_length=100)
    calls = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    unpriced = models.PositiveIntegerField(default=0)
    tokens_input = models.BigIntegerField(default=0)
    tokens_cached = models.BigIntegerField(default=0)
    tokens_output = models.BigIntegerField(default=0)
    tokens_reasoning = models.BigIntegerField(default=0)
    units = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True, default="")
    cost = models.DecimalField(max_digits=28, decimal_places=12, default=0)
    amount = models.DecimalField(max_digits=28, decimal_places=12, default=0)
    is_open = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            TenantUnique(
                fields=["day", "is_open", "team_id", "user_id", "api_key_id", "model_id", "currency"],
                name="daily_usage_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            TenantIndex(fields=["day"], name="daily_usage_day"),
            TenantIndex(fields=["day"], name="daily_usage_open", condition=models.Q(is_open=True)),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.model_slug} {self.calls}"


class RollupMark(TenantModel):
    """The calls that began before `counted_to` are all closed and stand in the days, by currency and zone.

    What moves it back moves it to the beginning: then all days are made anew.
    """

    database_privileges = "SELECT, UPDATE"

    counted_to = models.DateTimeField()
    made_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=64)

    class Meta:
        constraints = [TenantUnique(fields=[], name="rollup_mark_one")]

    def __str__(self) -> str:
        return f"counted to {self.counted_to}"
