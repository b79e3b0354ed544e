"""Policies of teams with their versions, what their rules found, and the sealed values of conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

from apps.guardrails.classes import STORED
from apps.guardrails.rules import ACTIONS
from apps.tenants.models import TenantForeignKey, TenantIndex, TenantModel, TenantUnique

if TYPE_CHECKING:
    from apps.accounts.models import Team
    from apps.guardrails.rules import Rule

KEEP_DAYS = 365
"""Days that findings are kept where nobody said otherwise."""
MAP_FIELD = "guardrails.conversation_values.sealed"


class PolicyState(models.TextChoices):
    OFF = "off", "Off"
    SHADOW = "shadow", "Shadow: only log what it would do"
    ON = "on", "On"


class Covers(models.TextChoices):
    """Which models a policy stands before; empty in a team's: as the organisation's."""

    ALL = "all", "Every model"
    OUTSIDE = "outside", "Only models outside the installation"


class Files(models.TextChoices):
    """What becomes of pictures and files that no rule can read; empty in a team's: as the organisation's."""

    BLOCK = "block", "Do not send them"
    ALLOW = "allow", "Send them unread"


class Policy(TenantModel):
    """The rules of one team; those of the team Everyone are the organisation's and hold in every team.

    `rules` as `rules.Rule.stored` has them, in their order. `keep_days`: how long the organisation keeps what
    rules found; a team's says nothing. `version` counts the changes; each stands in
    PolicyVersion.
    """

    team = TenantForeignKey("accounts.Team", on_delete=models.CASCADE)
    state = models.CharField(max_length=8, choices=PolicyState, default=PolicyState.OFF)
    covers = models.CharField(max_length=8, choices=Covers, blank=True, default="")
    files = models.CharField(max_length=8, choices=Files, blank=True, default="")
    rules = models.JSONField(default=list)
    keep_days = models.PositiveSmallIntegerField(default=KEEP_DAYS)
    version = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [TenantUnique(fields=["team"], name="guardrails_policy_of_team")]

    def __str__(self) -> str:
        return f"policy of {self.team_id}"

    @classmethod
    def begun(cls, team: Team) -> Policy:
        """A first policy: a team's is on, so that its overrides hold; the organisation's waits for that."""
        return cls(team=team, state=PolicyState.OFF if team.is_everyone else PolicyState.ON)

    def read_rules(self) -> list[Rule]:
        """The rules as values."""
        from apps.guardrails.rules import read_rule

        return [read_rule(stored) for stored in self.rules]


class PolicyVersion(TenantModel):
    """A policy as it was from one change to the next; never changed."""

    database_privileges = "SELECT, INSERT, DELETE"

    policy = TenantForeignKey(Policy, on_delete=models.CASCADE)
    number = models.PositiveIntegerField()
    snapshot = models.JSONField(default=dict)
    author_id = models.UUIDField(null=True)
    author_name = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [TenantUnique(fields=["policy", "number"], name="guardrails_version_number")]

    def __str__(self) -> str:
        return f"version {self.number}"


class RuleHit(TenantModel):
    """What a rule found in one call and what came of it: kinds and counts, never a text or a value.

    `call_id` names the ledger's row; it is None where nothing was sent. In shadow, `outcome` is what the rule
    would have done.
    """

    database_privileges = "SELECT, INSERT, DELETE"

    created_at = models.DateTimeField(auto_now_add=True)
    team_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    run_id = models.UUIDField(null=True)
    call_id = models.UUIDField(null=True)
    model_id = models.UUIDField(null=True)
    purpose = models.CharField(max_length=32, blank=True, default="")
    policy_version = models.PositiveIntegerField(default=0)
    rule_id = models.UUIDField()
    rule_name = models.CharField(max_length=100)
    action = models.CharField(max_length=8, choices=ACTIONS)
    direction = models.CharField(max_length=4, choices=[("out", "Sent"), ("in", "Received")])
    outcome = models.CharField(max_length=16)
    is_shadow = models.BooleanField(default=False)
    kinds = models.JSONField(default=dict)
    count = models.PositiveIntegerField(default=0)
    data_class = models.PositiveSmallIntegerField(null=True, choices=STORED)

    class Meta:
        indexes = [TenantIndex(fields=["created_at"], name="guardrails_hit_time")]

    def __str__(self) -> str:
        return f"{self.rule_name}: {self.outcome}"


class ConversationValues(TenantModel):
    """The values of a conversation's placeholders and what was agreed to, sealed; it dies with it.

    `version` counts the changes, so that of two calls at once the later one looks again.
    """

    conversation_id = models.UUIDField()
    sealed = models.BinaryField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [TenantUnique(fields=["conversation_id"], name="guardrails_values_once")]

    def __str__(self) -> str:
        return f"values of {self.conversation_id}"
