"""What the ledger keeps of clearances: each version as values, so that a call can refer to what allowed it.

Which class a model is cleared for is decided above (apps.llm.clearances); here stands what was decided.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.tenants.models import TenantIndex, TenantModel, TenantUnique


class ClearanceBasis(models.TextChoices):
    """What the class was taken from."""

    DEFAULT = "default", "Default rule"
    CONNECTION = "connection", "Set for the connection"
    MODEL = "model", "Set for the model"


class Clearance(TenantModel):
    """A version of the highest data class that a model may receive at one connection; never changed.

    The newest `number` of a model and connection is in force. `data_class` as guardrails.classes.DataClass
    orders them. `why` are the words of the rule that it was taken from, `reason` those of the person.
    """

    database_privileges = "SELECT, INSERT"

    model_id = models.UUIDField()
    model_slug = models.CharField(max_length=100)
    connection_id = models.UUIDField()
    connection_name = models.CharField(max_length=100)
    number = models.PositiveIntegerField()
    data_class = models.PositiveSmallIntegerField()
    basis = models.CharField(max_length=16, choices=ClearanceBasis)
    is_own = models.BooleanField(default=False)
    region = models.CharField(max_length=100, blank=True, default="")
    contract_note = models.CharField(max_length=300, blank=True, default="")
    why = models.CharField(max_length=500)
    reason = models.CharField(max_length=300, blank=True, default="")
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            TenantUnique(fields=["model_id", "connection_id", "number"], name="clearance_number"),
            TenantUnique(
                fields=["id", "model_id", "connection_id", "data_class"], name="clearance_referred_to"
            ),
        ]
        indexes = [TenantIndex(fields=["-created_at"], name="clearance_created")]

    def __str__(self) -> str:
        return f"{self.model_slug} at {self.connection_name}, version {self.number}"
