"""Forms of the price book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from apps.metering.prices import Price

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.accounts.models import Team
    from apps.metering.known_models import KnownModel


class _Currency(forms.CharField):
    """Three letters, as people write them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_length=3, max_length=3, **options)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).upper()


class _Moment(forms.DateTimeField):
    """A moment of the organisation's time zone; empty: now."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self) -> None:
        super().__init__(label="From", required=False)


class CurrencyForm(forms.Form):
    """The currency that costs are counted in."""

    currency = _Currency(
        help_text="Three letters, such as USD or EUR. Budgets in money are of this currency."
    )


class RateForm(forms.Form):
    """A version of an exchange rate."""

    currency = _Currency()
    rate = forms.DecimalField(max_digits=20, decimal_places=10, label="Worth", help_text="Of one unit of it.")
    valid_from = _Moment()


class MarkupForm(forms.Form):
    """A version of a mark-up."""

    percent = forms.DecimalField(max_digits=7, decimal_places=3, label="Mark-up in percent")
    team = forms.ChoiceField(required=False)
    model = forms.ChoiceField(required=False)
    valid_from = _Moment()

    def __init__(
        self, data: Any = None, *, teams: Sequence[Team] = (), models: Sequence[KnownModel] = ()
    ) -> None:
        super().__init__(data, auto_id="markup_%s")
        choices: dict[str, list[tuple[str, str]]] = {
            "team": [("", "Every team"), *((str(team.pk), team.name) for team in teams)],
            "model": [("", "Every model"), *((str(model.id), model.name) for model in models)],
        }
        for name, options in choices.items():
            self.fields[name].choices = options  # type: ignore[attr-defined]  # a ChoiceField


class PriceForm(forms.Form):
    """A version of a model's price."""

    price_model = forms.ChoiceField(label="Model")
    price_input = forms.DecimalField(
        required=False, max_digits=16, decimal_places=6, min_value=0, label="Per million tokens in"
    )
    price_output = forms.DecimalField(
        required=False, max_digits=16, decimal_places=6, min_value=0, label="Per million tokens out"
    )
    price_unit = forms.DecimalField(
        required=False, max_digits=16, decimal_places=6, min_value=0, label="Per picture or search"
    )
    currency = _Currency(initial="USD")
    valid_from = _Moment()

    def __init__(self, data: Any = None, *, models: Sequence[KnownModel] = ()) -> None:
        super().__init__(data, auto_id="price_%s")
        self.fields["price_model"].choices = [(str(model.id), model.name) for model in models]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """Both prices of tokens or neither."""
        said = super().clean() or {}
        given = [name in said and said[name] is not None for name in ("price_input", "price_output")]
        if not self.errors and any(given) != all(given):
            self.add_error(None, "Enter both prices of tokens, or neither. 0 means free of charge.")
        return said

    @property
    def price(self) -> Price | None:
        """What was entered; None: as published."""
        said = self.cleaned_data
        return Price.of(said["price_input"], said["price_output"], said["price_unit"], said["currency"])
