"""Connections to model hosts, their models, who may use them, and what the operator allows."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.guardrails.classes import STORED
from apps.llm.health.models import BreakerState, ConnectionHealth, Deployment
from apps.llm.policy.models import TeamParameters
from apps.llm.routes.models import Route, RouteGrant
from apps.llm.vendors.base import Modality
from apps.metering.prices import Price
from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique

__all__ = [
    "MODALITIES",
    "AllowedHost",
    "BreakerState",
    "CheckKind",
    "CheckState",
    "Connection",
    "ConnectionCheck",
    "ConnectionHealth",
    "Deployment",
    "Grant",
    "Model",
    "Route",
    "RouteGrant",
    "TeamParameters",
]

BYTES_OF_A_TOKEN = 3
"""Rather too few, so that instructions are counted with too many tokens."""
MODALITIES = [(modality.value, modality.value.capitalize()) for modality in Modality]


class Connection(TenantModel):
    """A tenant's endpoint and credential for a vendor.

    The key is sealed, never read back by anyone but the gateway, and bound to `key_origin`, the scheme, host
    and port for which it was entered: it is not sent anywhere else.

    `cleared_for` is the highest data class that its models may receive, None for the default rule
    (clearances.rules), which reads `hosting`, `region` and `contract_note`. A new address forgets all four.
    """

    name = models.CharField(max_length=100)
    vendor = models.CharField(max_length=64)
    base_url = models.CharField(max_length=500, blank=True, default="")
    host = models.CharField(max_length=253, blank=True, default="")
    port = models.PositiveIntegerField(default=0)
    settings = models.JSONField(default=dict, blank=True)
    sealed_key = models.BinaryField(default=b"", blank=True)
    key_last4 = models.CharField(max_length=4, blank=True, default="")
    key_origin = models.CharField(max_length=300, blank=True, default="")
    cleared_for = models.PositiveSmallIntegerField(choices=STORED, null=True, blank=True)
    hosting = models.CharField(max_length=8, blank=True, default="", db_default="")
    region = models.CharField(max_length=100, blank=True, default="", db_default="")
    contract_note = models.CharField(max_length=300, blank=True, default="", db_default="")
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [TenantUnique(fields=["name"], name="connection_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def has_key(self) -> bool:
        return bool(self.sealed_key)


class Model(TenantModel):
    """One callable model of a connection. Prices per 1,000,000 tokens; None: as listed, if so.

    `price_unit`: of one picture or one search (a reranking), for models that are sold so.

    `listed` is what the host's own list said of it (modality, context_window), to which a reset goes back.
    `instructions` stand before all that people and programs ask it, and before nothing that we ask ourselves.
    `weight` is the share of its own connection beside its further deployments; 0 makes that a reserve.
    `cleared_for` is the highest data class that it may receive, None for its connection's.
    """

    connection = TenantForeignKey(Connection, on_delete=models.CASCADE, related_name="models")
    slug = models.CharField(max_length=100)
    name = models.CharField(max_length=100)
    vendor_model = models.CharField(max_length=200)
    modality = models.CharField(max_length=16, choices=MODALITIES, default=Modality.CHAT.value)
    purpose = models.CharField(max_length=200, blank=True, default="")
    instructions = models.TextField(blank=True, default="")
    context_window = models.PositiveIntegerField(null=True, blank=True)
    max_output = models.PositiveIntegerField(null=True, blank=True)
    abilities = models.JSONField(default=list, blank=True)
    price_input = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    price_output = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    price_unit = models.DecimalField(max_digits=16, decimal_places=6, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    listed = models.JSONField(default=dict, blank=True)
    weight = models.PositiveSmallIntegerField(default=1)
    cleared_for = models.PositiveSmallIntegerField(choices=STORED, null=True, blank=True)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            TenantUnique(fields=["slug"], name="model_slug"),
            TenantUnique(fields=["connection", "vendor_model"], name="model_vendor_model"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        """What the picker and the API call it."""
        return self.slug

    @property
    def room(self) -> int | None:
        """Tokens of its window that its instructions leave; None where the window is unknown."""
        if self.context_window is None:
            return None
        return max(1, self.context_window - len(self.instructions.encode()) // BYTES_OF_A_TOKEN)

    @property
    def price(self) -> Price | None:
        """The price that an administrator set; None without one."""
        return Price.of(self.price_input, self.price_output, self.price_unit, self.currency)


class Grant(TenantModel):
    """A team may use a model. A grant to the team Everyone holds in every team.

    `is_default`: a new chat of the team begins with it; one chat model per team.
    """

    team = TenantForeignKey("accounts.Team", on_delete=models.CASCADE)
    model = TenantForeignKey(Model, on_delete=models.CASCADE, related_name="grants")
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            TenantUnique(fields=["team", "model"], name="grant_once"),
            TenantUnique(fields=["team"], name="grant_default", condition=Q(is_default=True)),
        ]

    def __str__(self) -> str:
        return f"{self.team_id} may use {self.model_id}"


class AllowedHost(TenantModel):
    """The operator lets this tenant connect to a host and port that are not public.

    Written by the platform role only (`manage.py allow_host`): to the application it is read-only.
    """

    database_privileges = "SELECT"

    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [TenantUnique(fields=["host", "port"], name="allowed_host")]

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class CheckKind(models.TextChoices):
    TEST = "test", "Test"
    LIST = "list", "List models"


class CheckState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class ConnectionCheck(TenantModel):
    """A short call to a connection that a page asked for and a worker makes: Test, or its list of models.

    `message` is in our words, never the host's; `found` is a list of {id, modality, context_window}.
    """

    connection = TenantForeignKey(Connection, on_delete=models.CASCADE, related_name="checks")
    kind = models.CharField(max_length=8, choices=CheckKind)
    state = models.CharField(max_length=8, choices=CheckState, default=CheckState.QUEUED)
    error_kind = models.CharField(max_length=32, blank=True, default="")
    message = models.CharField(max_length=500, blank=True, default="")
    found = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    ms = models.PositiveIntegerField(null=True)

    class Meta:
        indexes = [TenantIndex(fields=["connection", "-created_at"], name="check_recent")]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
