"""What the endpoints of parameters, grants and effective policy take and give."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.llm.policy.rules import EFFORTS, MAX_TEMPERATURE, PARAMETERS
from apps.llm.policy.services import MOST_OUTPUT
from apps.rest.serializers import InputSerializer

MOST_AT_ONCE = 1000


class ParametersInput(serializers.Serializer[Any]):
    """Parameters to set; null resets one to what is inherited, one that is left out stays."""

    temperature = serializers.DecimalField(
        3, 2, min_value=0, max_value=MAX_TEMPERATURE, required=False, allow_null=True
    )
    reasoning_effort = serializers.ChoiceField(choices=EFFORTS, required=False, allow_null=True)
    max_output = serializers.IntegerField(min_value=1, max_value=MOST_OUTPUT, required=False, allow_null=True)


class OwnDefaultInput(InputSerializer):
    """What one's new chats under a team begin with."""

    team_id = serializers.UUIDField()
    model = serializers.CharField(
        max_length=200, allow_null=True, help_text="A model's id or route/ID; null: as the team's chats do."
    )


class SettingOutput(serializers.Serializer[Any]):
    """A parameter as it holds; where it is set nowhere, `value` and `set_by` are null."""

    name = serializers.ChoiceField(choices=PARAMETERS)
    value = serializers.JSONField(allow_null=True)
    set_by = serializers.ChoiceField(choices=("team", "organisation"), allow_null=True)
    of_model = serializers.BooleanField(help_text="Set for this model alone, not for all models.")


class ParametersOutput(serializers.Serializer[Any]):
    """The parameters of a team's calls, of one model or of all."""

    parameters = SettingOutput(many=True)


class GrantRow(serializers.Serializer[Any]):
    """A team's own grant of a model."""

    team_id = serializers.UUIDField()
    model_id = serializers.UUIDField()
    is_default = serializers.BooleanField()


class GrantPage(serializers.Serializer[Any]):
    """A cursor page of grants."""

    results = GrantRow(many=True)
    next = serializers.CharField(allow_null=True)


class GrantsChangeInput(serializers.Serializer[Any]):
    """Each of the models for each of the teams: allow it, or take the team's own grant away."""

    team_ids = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=MOST_AT_ONCE
    )
    model_ids = serializers.ListField(
        child=serializers.UUIDField(), allow_empty=False, max_length=MOST_AT_ONCE
    )
    allowed = serializers.BooleanField()


class GrantsChangeOutput(serializers.Serializer[Any]):
    """How many teams changed."""

    teams_changed = serializers.IntegerField()


class NamedTeam(serializers.Serializer[Any]):
    """A team."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    is_everyone = serializers.BooleanField()


class PolicyTeam(NamedTeam):
    """A team of the person, with how many models they may use in it."""

    models = serializers.IntegerField()


class PolicyModel(serializers.Serializer[Any]):
    """A model that applies: through which teams, and its parameters with their sources."""

    slug = serializers.CharField()
    name = serializers.CharField()
    modality = serializers.CharField()
    is_default = serializers.BooleanField()
    through = NamedTeam(many=True)
    parameters = SettingOutput(many=True)


class PolicyRoute(serializers.Serializer[Any]):
    """A route that applies: through which teams, and why it can not be used where it can not."""

    slug = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    available = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True)
    is_default = serializers.BooleanField()
    through = NamedTeam(many=True)


class PolicyOutput(serializers.Serializer[Any]):
    """What applies to a person in a team. Nothing that they may not use is in it."""

    team = NamedTeam()
    teams = PolicyTeam(many=True)
    default = serializers.CharField(allow_null=True)
    default_source = NamedTeam(allow_null=True)
    default_is_own = serializers.BooleanField(help_text="The person chose it.")
    models = PolicyModel(many=True)
    routes = PolicyRoute(many=True)
