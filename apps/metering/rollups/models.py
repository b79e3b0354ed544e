"""Sums of the ledger by day, and how far they are made."""

from __future__ import annotations

from django.db import models

from apps.tenants.models import TenantIndex, TenantModel, TenantUnique


class DailyUsage(TenantModel):
    """What a person's calls by one key of one model for a team came to on a day of the tenant's time zone.

    `calls` were used, `failed` of them ended in an error, as those did that used nothing. `cost` is in
    `currency`, as the ledger has it; `amount` the same in the tenant's currency, each call at the rate of its
    moment; `unpriced` are the calls without one. Made anew from the ledger, never changed by hand.
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

    class Meta:
        indexes = [TenantIndex(fields=["day"], name="daily_usage_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.model_slug} {self.calls}"


class RollupMark(TenantModel):
    """All calls that began before `counted_to` are closed and stand in the days, by currency and zone."""

    database_privileges = "SELECT, UPDATE"

    counted_to = models.DateTimeField()
    made_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=64)

    class Meta:
        constraints = [TenantUnique(fields=[], name="rollup_mark_one")]

    def __str__(self) -> str:
        return f"counted to {self.counted_to}"
