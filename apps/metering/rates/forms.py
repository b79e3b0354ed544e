"""Forms of limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms

from apps.metering.models import LimitOf
from apps.metering.rates.selectors import EACH
from apps.metering.rates.services import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from apps.metering.known_models import KnownModel
    from apps.metering.models import RateLimit

MOST: Final = 1_000_000_000
UNITS: Final = ("requests", "tokens")
_LABELS: Final = {
    LimitOf.PERSON: "Each person",
    LimitOf.TEAM: "The whole team",
    LimitOf.KEY: "Each API key",
}


def _number(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=MOST)


class LimitsForm(forms.Form):
    """Requests and tokens a minute of each person, of the team and of each key; empty: inherited or none."""

    def __init__(
        self, data: Any, *, own: Iterable[RateLimit], inherited: Mapping[str, RateLimit] | None = None
    ) -> None:
        rows = {limit.of: limit for limit in own if limit.of in EACH}
        initial = {f"{of}_{unit}": getattr(row, unit) for of, row in rows.items() for unit in UNITS}
        super().__init__(data, initial=initial)
        for of in EACH:
            for unit in UNITS:
                field = _number(f"{_LABELS[of]}, {unit} a minute")
                default = getattr(inherited.get(of), unit, None) if inherited else None
                if default is not None and of not in rows:
                    field.help_text = f"Organisation's default: {default:,}"
                self.fields[f"{of}_{unit}"] = field

    def wanted(self) -> list[Wanted]:
        """What the form says of every kind."""
        said = self.cleaned_data
        return [Wanted(of.value, said[f"{of}_requests"], said[f"{of}_tokens"]) for of in EACH]


class ModelLimitForm(forms.Form):
    """A limit of one model."""

    model = forms.ChoiceField()
    requests = _number("Requests a minute")
    tokens = _number("Tokens a minute")

    def __init__(self, data: Any = None, *, models: Sequence[KnownModel]) -> None:
        super().__init__(data)
        self.fields["model"].choices = [(str(model.id), model.name) for model in models]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """One of both at least."""
        said = super().clean() or {}
        if not said.get("requests") and not said.get("tokens") and not self.errors:
            raise forms.ValidationError("Enter how many requests or tokens a minute, or both.")
        return said
