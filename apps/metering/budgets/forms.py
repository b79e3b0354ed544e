"""Forms of budgets and of requests for more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from apps.metering.budgets.models import PeriodKind, Reach, Sharing, Unit
from apps.metering.budgets.services import Terms

if TYPE_CHECKING:
    from collections.abc import Sequence


MOST_DIGITS = 16


class BudgetForm(forms.Form):
    """A new budget for a subject that is given, or for one of `choices`."""

    subject = forms.ChoiceField(required=False)
    amount = forms.DecimalField(max_digits=MOST_DIGITS, decimal_places=4, min_value=0)
    unit = forms.ChoiceField(choices=Unit.choices)
    period = forms.ChoiceField(choices=PeriodKind.choices, initial=PeriodKind.MONTH)
    sharing = forms.ChoiceField(choices=Sharing.choices, initial=Sharing.POOL)

    def __init__(
        self, data: Any = None, *, reach: Reach, currency: str, choices: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(data)
        named = self.fields["subject"]
        if len(choices) > 1:
            named.required = True
            named.label = reach.label
            named.choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        else:
            del self.fields["subject"]
        self.fields["unit"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (Unit.MONEY, currency),
            (Unit.TOKENS, "Tokens, in and out"),
        ]
        if reach is Reach.PERSON or reach is Reach.KEY:
            del self.fields["sharing"]

    def terms(self) -> Terms:
        """What was agreed; call it once the form is valid."""
        said = self.cleaned_data
        return Terms(
            Unit(said["unit"]),
            said["amount"],
            PeriodKind(said["period"]),
            Sharing(said.get("sharing", Sharing.POOL)),
        )


class AmountForm(forms.Form):
    """Another amount for a budget."""

    amount = forms.DecimalField(max_digits=MOST_DIGITS, decimal_places=4, min_value=0)


class AskForm(forms.Form):
    """Asking for more."""

    budget = forms.ChoiceField()
    amount = forms.DecimalField(
        label="How much more", max_digits=MOST_DIGITS, decimal_places=4, help_text="Until the period ends."
    )
    reason = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Whoever decides reads this.",
    )

    def __init__(self, data: Any = None, *, choices: Sequence[tuple[str, str]], chosen: str = "") -> None:
        super().__init__(data, initial={"budget": chosen})
        self.fields["budget"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField


class DecisionForm(forms.Form):
    """Granting or declining."""

    amount = forms.DecimalField(max_digits=MOST_DIGITS, decimal_places=4, min_value=0, required=False)
    answer = forms.CharField(max_length=1000, required=False)
