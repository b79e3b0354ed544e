"""What the endpoints of routes take and give."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.guardrails.classes import SLUGS
from apps.llm.routes.models import RouteKind
from apps.llm.routes.services import shown
from apps.rest.serializers import InputSerializer

DEFINITION = (
    "What the kind is made of: see the guide on routes. Models are named by their ids, routes by `route/ID`."
)


class RouteInput(InputSerializer):
    """A new route."""

    name = serializers.CharField(max_length=100)
    slug = serializers.CharField(max_length=60)
    purpose = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    kind = serializers.ChoiceField(choices=RouteKind.choices)
    definition = serializers.DictField(help_text=DEFINITION)
    is_enabled = serializers.BooleanField(required=False, default=True)


class RouteUpdateInput(InputSerializer):
    """What to change; a field that is left out stays."""

    name = serializers.CharField(max_length=100, required=False)
    slug = serializers.CharField(max_length=60, required=False)
    purpose = serializers.CharField(max_length=200, required=False, allow_blank=True)
    kind = serializers.ChoiceField(choices=RouteKind.choices, required=False)
    definition = serializers.DictField(required=False, help_text=DEFINITION)
    is_enabled = serializers.BooleanField(required=False)


class RouteOutput(serializers.Serializer[Any]):
    """A route as it is now."""

    id = serializers.UUIDField()
    slug = serializers.CharField(help_text="Programs call it route/SLUG.")
    name = serializers.CharField()
    purpose = serializers.CharField()
    kind = serializers.ChoiceField(choices=RouteKind.choices)
    definition = serializers.SerializerMethodField(help_text=DEFINITION)
    is_enabled = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_definition(self, route: Any) -> dict[str, Any]:
        """With models and routes by the ids that people know."""
        return shown(route)


class RouteSummary(serializers.Serializer[Any]):
    """A route in a list."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    purpose = serializers.CharField()
    kind = serializers.ChoiceField(choices=RouteKind.choices)
    is_enabled = serializers.BooleanField()


class RoutePage(serializers.Serializer[Any]):
    """A cursor page of routes."""

    results = RouteSummary(many=True)
    next = serializers.CharField(allow_null=True)


class TrialInput(InputSerializer):
    """A question to try a route with, as a team."""

    team_id = serializers.UUIDField()
    text = serializers.CharField(max_length=8_000)


class RouteTrialInput(TrialInput):
    """The same, with the data class that the question is taken to have."""

    data_class = serializers.ChoiceField(SLUGS, required=False, default="")


class TrialOutput(serializers.Serializer[Any]):
    """The run of a trial; follow it as any run."""

    run_id = serializers.UUIDField()


class PickOutput(serializers.Serializer[Any]):
    """How often a choice would have been made."""

    models = serializers.CharField()
    questions = serializers.IntegerField()
    cost_least = serializers.CharField()
    cost_most = serializers.CharField()
    cost_unknown = serializers.IntegerField()


class DryRunOutput(serializers.Serializer[Any]):
    """What a route would have picked for the last hundred questions; amounts in USD as exact text."""

    questions = serializers.IntegerField()
    picked = PickOutput(many=True)
    cost_least = serializers.CharField()
    cost_most = serializers.CharField()
    cost_unknown = serializers.IntegerField(
        help_text="Questions whose price is not known; never counted as 0."
    )
    cost_was = serializers.CharField()
    cost_was_unknown = serializers.IntegerField()
    nobody = serializers.IntegerField(help_text="Questions that no model of the route could have taken.")
