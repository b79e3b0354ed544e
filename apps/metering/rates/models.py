"""What an organisation or a team allows a minute."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.tenants.models import TenantForeignKey, TenantModel, TenantUnique


class LimitOf(models.TextChoices):
    """Whose calls are counted together."""

    PERSON = "person", "Each person"
    TEAM = "team", "The team together"
    KEY = "key", "Each API key"
    MODEL = "model", "One model"


class RateLimit(TenantModel):
    """At most so many requests and tokens a minute; None: no limit of that.

    Without a team it is the organisation's default for each person, team or key, which a team's own row
    replaces whole. Of a model, the organisation's row counts everybody's calls and a team's row its own:
    both hold. `model_id` is set where the limit is one of a model.
    """

    team = TenantForeignKey("accounts.Team", on_delete=models.CASCADE, null=True, related_name="+")
    of = models.CharField(max_length=8, choices=LimitOf)
    model_id = models.UUIDField(null=True)
    model_slug = models.CharField(max_length=100, blank=True, default="")
    requests = models.PositiveIntegerField(null=True)
    tokens = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            TenantUnique(fields=["team", "of", "model_id"], name="rate_limit_once", nulls_distinct=False),
            models.CheckConstraint(
                condition=Q(of="model", model_id__isnull=False) | (~Q(of="model") & Q(model_id__isnull=True)),
                name="rate_limit_model",
            ),
            models.CheckConstraint(
                condition=(Q(requests__isnull=False) | Q(tokens__isnull=False))
                & (Q(requests__isnull=True) | Q(requests__gt=0))
                & (Q(tokens__isnull=True) | Q(tokens__gt=0)),
                name="rate_limit_says_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.of} {self.requests} requests, {self.tokens} tokens"
