"""Run and Step: what Postgres knows of a generation. It carries the jobs; Redis only makes them visible."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique


class RunState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    STOPPED = "stopped", "Stopped"
    FAILED = "failed", "Failed"
    INTERRUPTED = "interrupted", "Interrupted"


class Run(TenantModel):
    """A durable unit of generation: its state, its lease under a fence, its event log and its end.

    People, teams, keys and the subject (a message, for a reply) are values, not keys: the hottest table pays
    no checks for them, and a run outlives whom it names.
    """

    remembered: Any = None
    """What its handler keeps for its end, in this process alone."""

    kind = models.CharField(max_length=32)
    state = models.CharField(max_length=16, choices=RunState, default=RunState.QUEUED)
    team_id = models.UUIDField()
    user_id = models.UUIDField()
    api_key_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    input: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=64, default="", blank=True)
    lease_until = models.DateTimeField(null=True)
    call_opened_at = models.DateTimeField(null=True)
    stop_requested_at = models.DateTimeField(null=True)

    log: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    position = models.BigIntegerField(default=0)
    error: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(null=True)
    result: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)

    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        base_manager_name = "objects"
        indexes: ClassVar = [
            TenantIndex(fields=["created_at"], name="run_queued", condition=Q(state="queued")),
            TenantIndex(fields=["lease_until"], name="run_leased", condition=Q(state="running")),
            TenantIndex(fields=["subject_id"], name="run_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id} {self.state}"

    @property
    def is_over(self) -> bool:
        return self.state not in (RunState.QUEUED, RunState.RUNNING)


class StepState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    STOPPED = "stopped", "Stopped"
    INTERRUPTED = "interrupted", "Interrupted"


class Step(TenantModel):
    """One stage of a run (a retrieval, a provider call, a check), written with the run's end."""

    run = TenantForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    index = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=32)
    label = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=16, choices=StepState)
    data: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    ms = models.PositiveIntegerField(null=True)

    class Meta:
        base_manager_name = "objects"
        ordering: ClassVar = ["index"]
        constraints: ClassVar = [TenantUnique(fields=["run", "index"], name="step_of_run")]

    def __str__(self) -> str:
        return f"{self.index} {self.kind} {self.state}"
