"""Where else a model runs, and how each connection fares."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.tenants.models import TenantForeignKey, TenantModel, TenantUnique


class Deployment(TenantModel):
    """A further place where the same model runs: another key, region or provider, by its own id there.

    `weight` is its share of the calls beside the model's own (`Model.weight`); 0 makes it a reserve that is
    called only while no other answers.
    """

    model = TenantForeignKey("llm.Model", on_delete=models.CASCADE, related_name="deployments")
    connection = TenantForeignKey("llm.Connection", on_delete=models.CASCADE, related_name="deployments")
    vendor_model = models.CharField(max_length=200)
    weight = models.PositiveSmallIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [TenantUnique(fields=["model", "connection"], name="deployment_once")]

    def __str__(self) -> str:
        return f"{self.vendor_model} ({self.weight})"


class BreakerState(models.TextChoices):
    CLOSED = "closed", "Answers"
    OPEN = "open", "Does not answer"
    HALF_OPEN = "half_open", "Being tried"


class ConnectionHealth(TenantModel):
    """The breaker of a connection, and what its last probe or test said. No row: nothing is known yet.

    While it is not closed, nobody calls before `retry_at`; then one call at a time is let through
    (half-open), and the next `retry_at` is the end of that call's lease. `since` is when it last went down or
    came back, `pause_s` its present pause, `failed_at` the last error of any call, `told_at` when
    administrators were told that it is down; None again once they were told that it is back.
    """

    connection = TenantForeignKey("llm.Connection", on_delete=models.CASCADE, related_name="health")
    state = models.CharField(max_length=16, choices=BreakerState, default=BreakerState.CLOSED)
    since = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    pause_s = models.PositiveIntegerField(default=0)
    error_kind = models.CharField(max_length=32, blank=True, default="")
    failed_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    probed_at = models.DateTimeField(null=True)
    probe_ms = models.PositiveIntegerField(null=True)
    probe_error = models.CharField(max_length=32, blank=True, default="")
    probe_failures = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [TenantUnique(fields=["connection"], name="connection_health_once")]

    def __str__(self) -> str:
        return f"{self.state} {self.connection_id}"
