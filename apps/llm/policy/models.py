"""What a team's calls are made with, and what a person likes to begin with."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from apps.llm.policy.rules import EFFORTS
from apps.tenants.models import TenantForeignKey, TenantModel, TenantUnique


class TeamParameters(TenantModel):
    """What a team sets for the calls of all its models (`model` None), or of one.

    The team Everyone's rows are the organisation's defaults. What is None or empty is inherited, as
    `policy.rules` has it. A row that sets nothing is not kept.
    """

    team = TenantForeignKey("accounts.Team", on_delete=models.CASCADE)
    model = TenantForeignKey("llm.Model", on_delete=models.CASCADE, null=True)
    temperature = models.DecimalField(max_digits=3, decimal_places=2, null=True)
    reasoning_effort = models.CharField(
        max_length=8, blank=True, default="", choices=[(effort, effort.capitalize()) for effort in EFFORTS]
    )
    max_output = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            TenantUnique(fields=["team", "model"], name="team_parameters_of_model"),
            TenantUnique(fields=["team"], name="team_parameters_of_all", condition=Q(model__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"parameters of {self.team_id}"


class OwnDefault(TenantModel):
    """What a person's new chats under a team begin with: a model or a route of their own choice.

    It opens nothing: while the team may not use it, the team's default holds.
    """

    user = TenantForeignKey("accounts.User", on_delete=models.CASCADE)
    team = TenantForeignKey("accounts.Team", on_delete=models.CASCADE)
    model = TenantForeignKey("llm.Model", on_delete=models.CASCADE, null=True)
    route = TenantForeignKey("llm.Route", on_delete=models.CASCADE, null=True)

    class Meta:
        constraints = [TenantUnique(fields=["user", "team"], name="own_default_once")]

    def __str__(self) -> str:
        return f"default of {self.user_id} in {self.team_id}"

    @property
    def chosen(self) -> Any:
        """The Model or Route; None where it was taken away."""
        return self.model or self.route
