"""Input and output of the policy endpoints."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.guardrails.classes import SLUGS
from apps.guardrails.models import Covers, Files, PolicyState
from apps.guardrails.moderation import CATEGORY_NAMES, DEFAULT_SECONDS, FAILURES, LONGEST_SECONDS
from apps.guardrails.retention import LEAST_DAYS, MOST_DAYS
from apps.guardrails.rules import (
    ACTIONS,
    DIRECTIONS,
    KINDS,
    LONGEST_NAME,
    LONGEST_PATTERN,
    LONGEST_TERM,
    LONGEST_WORDS,
    MOST_PATTERNS,
    MOST_TERMS,
)
from apps.guardrails.trying import LONGEST, WAYS
from apps.rest.serializers import InputSerializer


class ModerationInput(InputSerializer):
    """A model that is asked what a text is, instead of looking for values."""

    model_id = serializers.UUIDField(help_text="A chat or moderation model that the team may use.")
    categories = serializers.ListField(
        child=serializers.ChoiceField(CATEGORY_NAMES), min_length=1, max_length=len(CATEGORY_NAMES)
    )
    seconds = serializers.IntegerField(min_value=1, max_value=LONGEST_SECONDS, default=DEFAULT_SECONDS)
    on_failure = serializers.ChoiceField(
        FAILURES, default="", allow_blank=True, help_text="Where it gives no answer in time."
    )


class RuleInput(InputSerializer):
    """A rule: what it looks for, where, and what is then done."""

    name = serializers.CharField(max_length=LONGEST_NAME)
    words = serializers.CharField(
        max_length=LONGEST_WORDS, default="", allow_blank=True, help_text="What people read when it acts."
    )
    kinds = serializers.ListField(child=serializers.ChoiceField(KINDS), default=list, max_length=len(KINDS))
    terms = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TERM), default=list, max_length=MOST_TERMS
    )
    patterns = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_PATTERN), default=list, max_length=MOST_PATTERNS
    )
    direction = serializers.ChoiceField(DIRECTIONS, default="out")
    action = serializers.ChoiceField(ACTIONS)
    data_class = serializers.ChoiceField(SLUGS, default=None, allow_null=True)
    least = serializers.IntegerField(min_value=1, max_value=10_000, default=1)
    is_enabled = serializers.BooleanField(default=True)
    moderation = ModerationInput(default=None, allow_null=True)


class RuleOutput(serializers.Serializer[Any]):
    """A rule as it holds in a team: its own, or inherited from the organisation."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    words = serializers.CharField()
    kinds = serializers.ListField(child=serializers.ChoiceField(KINDS))
    terms = serializers.ListField(child=serializers.CharField())
    patterns = serializers.ListField(child=serializers.CharField())
    direction = serializers.ChoiceField(DIRECTIONS)
    action = serializers.ChoiceField(ACTIONS)
    data_class = serializers.ChoiceField(SLUGS, allow_null=True)
    least = serializers.IntegerField()
    is_enabled = serializers.BooleanField()
    is_inherited = serializers.BooleanField()
    overrides = serializers.UUIDField(allow_null=True, help_text="The organisation's rule it stands for.")
    moderation = ModerationInput(allow_null=True)


class PolicyInput(InputSerializer):
    """Settings of a policy; an empty value is inherited, which a team alone can."""

    state = serializers.ChoiceField(PolicyState.choices, required=False)
    covers = serializers.ChoiceField(Covers.choices, required=False, allow_blank=True)
    files = serializers.ChoiceField(Files.choices, required=False, allow_blank=True)
    keep_days = serializers.IntegerField(
        min_value=LEAST_DAYS,
        max_value=MOST_DAYS,
        required=False,
        help_text="How long findings are kept; of the organisation alone.",
    )


class PolicySideOutput(serializers.Serializer[Any]):
    """A team's policy with what it inherits."""

    team_id = serializers.UUIDField()
    team = serializers.CharField()
    is_organisations = serializers.BooleanField()
    state = serializers.ChoiceField(PolicyState.choices)
    covers = serializers.ChoiceField(Covers.choices, help_text="As it holds.")
    files = serializers.ChoiceField(Files.choices, help_text="As it holds.")
    keep_days = serializers.IntegerField(help_text="How long the organisation keeps findings.")
    inherits = serializers.ListField(child=serializers.CharField(), help_text="Settings that are inherited.")
    version = serializers.IntegerField()
    people = serializers.IntegerField(help_text="How many active people it touches.")
    rules = RuleOutput(many=True)


class PolicyNameOutput(serializers.Serializer[Any]):
    """A team that has a policy of its own."""

    team_id = serializers.UUIDField()
    team = serializers.CharField()
    is_organisations = serializers.BooleanField()
    state = serializers.ChoiceField(PolicyState.choices)
    version = serializers.IntegerField()
    rules = serializers.IntegerField(help_text="How many of its own.")


class PolicyListOutput(serializers.Serializer[Any]):
    """The organisation's policy first, then those of teams."""

    results = PolicyNameOutput(many=True)


class PolicyVersionOutput(serializers.Serializer[Any]):
    """A policy as it was from this change on."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    author = serializers.CharField()
    created_at = serializers.DateTimeField()
    snapshot = serializers.DictField()


class PolicyVersionListOutput(serializers.Serializer[Any]):
    """Versions, newest first."""

    results = PolicyVersionOutput(many=True)
    next = serializers.CharField(allow_null=True)


class PolicyTrialInput(InputSerializer):
    """A text to hold against the rules; it is not sent, logged or kept."""

    text = serializers.CharField(max_length=LONGEST, trim_whitespace=False)
    direction = serializers.ChoiceField(WAYS, default="out")
    ask = serializers.BooleanField(default=False, help_text="Ask the models too that rules would ask.")


class PieceOutput(serializers.Serializer[Any]):
    """A stretch of the text, and what was found in it."""

    text = serializers.CharField()
    kind = serializers.CharField(allow_null=True)
    rules = serializers.ListField(child=serializers.CharField())


class PolicyTrialOutput(serializers.Serializer[Any]):
    """What the rules make of the text."""

    result = serializers.CharField()
    sentence = serializers.CharField()
    words = serializers.CharField(help_text="Of the rules that act.")
    passes = serializers.CharField(allow_null=True, help_text="What would leave; null: nothing.")
    restored = serializers.CharField(help_text="What would come back if a model repeated it.")
    data_class = serializers.CharField(help_text="What it counts as; empty where no rule says so.")
    asks = serializers.ListField(
        child=serializers.CharField(), help_text="Models that a call would ask now, and what follows."
    )
    run_id = serializers.UUIDField(
        allow_null=True,
        help_text="The run that asks them: its text says what they found. Null: none is asked.",
    )
    pieces = PieceOutput(many=True)


class RuleReportOutput(serializers.Serializer[Any]):
    """What one rule found in the period."""

    rule_id = serializers.UUIDField()
    name = serializers.CharField()
    action = serializers.ChoiceField(ACTIONS)
    direction = serializers.CharField()
    is_shadow = serializers.BooleanField()
    calls = serializers.IntegerField()
    count = serializers.IntegerField()
    kinds = serializers.DictField(child=serializers.IntegerField())
    sentence = serializers.CharField()


class FindingsReportOutput(serializers.Serializer[Any]):
    """What rules found, by rule; kinds and counts, never a text."""

    days = serializers.IntegerField()
    results = RuleReportOutput(many=True)
