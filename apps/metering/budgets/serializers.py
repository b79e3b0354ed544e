"""Budgets and requests as programs read and write them. Amounts are exact, as text."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.metering.budgets.models import PeriodKind, Reach, RequestState, Sharing, Unit
from apps.metering.budgets.words import name_of, sentence


class AmountField(serializers.DecimalField):
    """In the organisation's currency, or in tokens."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=28, decimal_places=12, normalize_output=True, **options)


class BudgetInput(serializers.Serializer[Any]):
    """A new budget. The organisation's own needs no `subject_id`."""

    reach = serializers.ChoiceField(Reach.choices)
    subject_id = serializers.UUIDField(required=False)
    unit = serializers.ChoiceField(Unit.choices)
    amount = AmountField()
    period = serializers.ChoiceField(PeriodKind.choices)
    sharing = serializers.ChoiceField(Sharing.choices, default=Sharing.POOL)


class BudgetUpdateInput(serializers.Serializer[Any]):
    """Another amount; everything else is agreed anew, with another budget."""

    amount = AmountField()


class BudgetOutput(serializers.Serializer[Any]):
    """A budget as it stands now."""

    id = serializers.UUIDField(source="budget.pk")
    name = serializers.SerializerMethodField()
    reach = serializers.CharField(source="budget.reach")
    subject_id = serializers.UUIDField(source="budget.subject_id")
    subject_name = serializers.CharField(source="budget.subject_name")
    unit = serializers.CharField(source="budget.unit")
    amount = AmountField(source="budget.amount")
    period = serializers.CharField(source="budget.period")
    sharing = serializers.CharField(source="budget.sharing")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    spent = AmountField()
    reserved = AmountField(help_text="What the calls in flight may cost at most.")
    granted = AmountField(help_text="Added to the limit until the period ends.")
    forecast = AmountField(
        source="forecast.amount",
        default=None,
        allow_null=True,
        help_text="At the period's end, at this pace.",
    )
    runs_out_at = serializers.DateTimeField(source="forecast.runs_out_at", default=None, allow_null=True)

    def get_name(self, standing: Any) -> str:
        """In words, as refusals name it."""
        return sentence(name_of(standing.budget))


class BudgetPage(serializers.Serializer[Any]):
    """A page of budgets."""

    results = BudgetOutput(many=True)
    next = serializers.CharField(allow_null=True)


class OwnBudgetOutput(serializers.Serializer[Any]):
    """A budget that limits one's own calls; amounts only where the organisation shows them."""

    id = serializers.UUIDField(source="budget_id")
    name = serializers.SerializerMethodField()
    unit = serializers.CharField()
    period = serializers.CharField()
    percent = serializers.IntegerField(help_text="Spent or set aside.")
    left = AmountField()
    limit = AmountField()
    ends_at = serializers.DateTimeField()

    def get_name(self, line: Any) -> str:
        """In words, as refusals name it."""
        return sentence(name_of(line))


class OwnBudgetList(serializers.Serializer[Any]):
    """What limits one's own calls, the fullest first; `currency` is that of money."""

    currency = serializers.CharField()
    results = OwnBudgetOutput(many=True)


class BudgetRequestInput(serializers.Serializer[Any]):
    """Asking for more until the period ends."""

    budget_id = serializers.UUIDField()
    amount = AmountField()
    reason = serializers.CharField(max_length=1000)


class DecisionInput(serializers.Serializer[Any]):
    """`granted` null declines."""

    granted = AmountField(allow_null=True)
    answer = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class BudgetRequestOutput(serializers.Serializer[Any]):
    """Who asked for how much more of which budget, and what came of it."""

    id = serializers.UUIDField()
    budget_id = serializers.UUIDField(source="counter.budget_id")
    budget_name = serializers.SerializerMethodField()
    unit = serializers.CharField(source="counter.budget.unit")
    user_id = serializers.UUIDField()
    user_name = serializers.CharField()
    amount = AmountField()
    reason = serializers.CharField()
    state = serializers.ChoiceField(RequestState.choices)
    granted = AmountField(allow_null=True)
    answer = serializers.CharField()
    decided_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(source="counter.ends_at")

    def get_budget_name(self, asked: Any) -> str:
        """In words, as refusals name it."""
        return sentence(name_of(asked.counter.budget))


class BudgetRequestPage(serializers.Serializer[Any]):
    """A page of requests."""

    results = BudgetRequestOutput(many=True)
    next = serializers.CharField(allow_null=True)
