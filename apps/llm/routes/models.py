"""Routes, and which teams may use them."""

from __future__ import annotations

from typing import Any, Final

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.tenants.models import TenantForeignKey, TenantModel, TenantUnique

TRIAL: Final = "route_trial"
MODEL_TRIAL: Final = "model_trial"
"""Kinds of runs in which an administrator asks a route, or one model."""


class RouteKind(models.TextChoices):
    FALLBACK = "fallback", "Fallback"
    CHEAPEST = "cheapest", "Cheapest"
    FASTEST = "fastest", "Fastest"
    BEST_VALUE = "best_value", "Best value"
    TASK = "task", "By task"
    DATA_CLASS = "data_class", "By data class"
    CASCADE = "cascade", "Cascade"
    JUDGE = "judge", "Judge"
    ENSEMBLE = "ensemble", "Ensemble"


class Route(TenantModel):
    """A named way to pick or combine models. `definition` is what routes.definitions reads for the kind.

    People and programs name it `route/SLUG`; it refers to models and other routes by their ids.
    """

    slug = models.CharField(max_length=60)
    name = models.CharField(max_length=100)
    purpose = models.CharField(max_length=200, blank=True, default="")
    kind = models.CharField(max_length=16, choices=RouteKind)
    definition: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [TenantUnique(fields=["slug"], name="route_slug")]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        """What the picker and the API call it."""
        return f"route/{self.slug}"


class RouteGrant(TenantModel):
    """A team may use a route; each model in it still needs a grant of its own.

    A grant to the team Everyone holds in every team. `is_default`: a new chat of the team begins with it; a
    team has one default, this or a model's (services.default_set).
    """

    team = TenantForeignKey("accounts.Team", on_delete=models.CASCADE)
    route = TenantForeignKey(Route, on_delete=models.CASCADE, related_name="grants")
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            TenantUnique(fields=["team", "route"], name="route_grant_once"),
            TenantUnique(fields=["team"], name="route_grant_default", condition=Q(is_default=True)),
        ]

    def __str__(self) -> str:
        return f"{self.team_id} may use {self.route_id}"
