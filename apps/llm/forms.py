"""Forms of the admin pages. A connection's fields come from its vendor, so no form knows any vendor."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django import forms

from apps.llm.catalogue import ABILITIES
from apps.llm.models import MODALITIES
from apps.llm.services.connections import default_address
from apps.llm.services.models import MOST_INSTRUCTIONS
from apps.llm.vendors.base import Modality

if TYPE_CHECKING:
    from django.forms.boundfield import BoundField

    from apps.accounts.models import Team
    from apps.llm.models import Connection, Model
    from apps.llm.vendors.interface import Field, Vendor

MOST_TICKED = 200


class ConnectionForm(forms.Form):
    """Name, address, key and the vendor's own settings; the key is write-only."""

    name = forms.CharField(max_length=100, help_text="How administrators call it.")

    def __init__(
        self, *args: Any, vendor: Vendor, connection: Connection | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.vendor = vendor
        self.fields["name"].initial = connection.name if connection else vendor.label
        for field in vendor.fields:
            self.fields[_name(field)] = _form_field(field, vendor, connection)
        if connection is not None:
            self.fields["is_enabled"] = forms.BooleanField(
                label="On",
                required=False,
                initial=connection.is_enabled,
                help_text="Off: none of its models can be used, nothing is deleted.",
            )

    def changes(self) -> dict[str, Any]:
        """What the services take: the common fields by name, the vendor's own under `settings`."""
        data = dict(self.cleaned_data)
        own = [field.name for field in self.vendor.fields if not field.secret and field.name != "base_url"]
        settings = {name: _as_text(data.pop(name)) for name in own}
        return data | {"settings": settings}


def _name(field: Field) -> str:
    return "key" if field.secret else field.name


def _form_field(field: Field, vendor: Vendor, connection: Connection | None) -> forms.Field:
    if field.secret:
        return _key_field(field, connection)
    if field.name == "base_url":
        return forms.CharField(
            label=field.label,
            max_length=500,
            help_text=field.help,
            required=field.required,
            initial=connection.base_url if connection else default_address(vendor),
            widget=forms.TextInput(
                attrs={
                    "placeholder": field.default,
                    "inputmode": "url",
                    "spellcheck": "false",
                    "autocomplete": "off",
                }
            ),
        )
    value = connection.settings.get(field.name, field.default) if connection else field.default
    options: dict[str, Any] = {
        "label": field.label,
        "help_text": field.help,
        "required": False,
        "initial": value,
    }
    if field.kind == "boolean":
        return forms.BooleanField(**options | {"initial": value == "yes"})
    if field.kind == "choice":
        return forms.ChoiceField(choices=field.choices, **options | {"required": bool(field.default)})
    return forms.CharField(max_length=500, **options | {"required": field.required})


def _key_field(field: Field, connection: Connection | None) -> forms.Field:
    has_key = connection is not None and connection.has_key
    label, text = field.label, field.help
    if has_key and connection is not None:
        label = "Replace key"
        ending = f" ends in {connection.key_last4}" if connection.key_last4 else " is stored"
        text = f"The present key{ending} and is never shown. Leave this empty to keep it."
    return forms.CharField(
        label=label,
        help_text=text,
        required=field.required and not has_key,
        max_length=10_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


class ModelForm(forms.Form):
    """What is said of a model, and its price where an administrator knows better than the list."""

    name = forms.CharField(max_length=100)
    purpose = forms.CharField(
        max_length=200,
        required=False,
        help_text="One line under the name in the picker: what it is good for.",
    )
    slug = forms.CharField(
        label="Id",
        max_length=100,
        help_text="What the API calls it. Changing it breaks programs that use the old id.",
    )
    instructions = forms.CharField(
        required=False,
        max_length=MOST_INSTRUCTIONS,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Stand before all that people and programs ask this model. They count as input.",
    )
    modality = forms.ChoiceField(label="Kind", choices=MODALITIES)
    context_window = forms.IntegerField(
        required=False, min_value=1, max_value=2**31 - 1, help_text="Tokens that fit into one call."
    )
    max_output = forms.IntegerField(
        label="Output limit",
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="Most tokens of one answer.",
    )
    abilities = forms.MultipleChoiceField(
        required=False,
        choices=[(name, name.capitalize()) for name in ABILITIES],
        widget=forms.CheckboxSelectMultiple,
    )
    price_input = forms.DecimalField(
        label="Price of input",
        required=False,
        min_value=0,
        max_digits=16,
        decimal_places=6,
        help_text="Per 1,000,000 tokens. Empty: the list price, else unknown. 0 means free of charge.",
    )
    price_output = forms.DecimalField(
        label="Price of output", required=False, min_value=0, max_digits=16, decimal_places=6
    )
    price_unit = forms.DecimalField(
        label="Price of a picture or search",
        required=False,
        min_value=0,
        max_digits=16,
        decimal_places=6,
        help_text="For image models and rerankers that are paid by the piece.",
    )
    currency = forms.CharField(max_length=3, required=False, help_text="Three letters, such as USD.")
    is_enabled = forms.BooleanField(
        label="On", required=False, help_text="Off: nobody can choose or call it."
    )

    def __init__(self, *args: Any, model: Model | None = None, **options: Any) -> None:
        if model is not None:
            options["initial"] = {name: _shown(getattr(model, name)) for name in self.base_fields}
        super().__init__(*args, **options)
        if model is not None and model.modality != Modality.CHAT.value and not model.instructions:
            del self.fields["instructions"]

    def parts(self) -> list[tuple[str, list[BoundField]]]:
        """The fields in groups, each under its heading."""
        return [
            (title, [self[name] for name in names if name in self.fields]) for title, names in _MODEL_PARTS
        ]


_MODEL_PARTS: Final = (
    ("Description", ("name", "purpose", "slug", "is_enabled")),
    ("Instructions", ("instructions",)),
    ("What it can do", ("modality", "abilities", "context_window", "max_output")),
    ("Price", ("price_input", "price_output", "price_unit", "currency")),
)


def _shown(value: Any) -> Any:
    """A price without the zeros that its column adds."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


class OfferForm(forms.Form):
    """The ticked ids of a host's list, and ids that the list does not have."""

    models = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    other = forms.CharField(
        label="Other ids",
        required=False,
        max_length=2000,
        help_text="Ids that are not in the list, separated by commas.",
    )
    kind = forms.ChoiceField(
        label="Kind of the other ids",
        required=False,
        choices=[("", "As their names say"), *MODALITIES],
    )

    def __init__(self, *args: Any, listed: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["models"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = [(name, name) for name in listed]

    def clean(self) -> dict[str, Any]:
        """At least one id, and not more than a person means to tick."""
        data = super().clean() or {}
        ids = [*data.get("models", []), *(part.strip() for part in data.get("other", "").split(","))]
        data["ids"] = list(dict.fromkeys(name for name in ids if name))
        if not data["ids"]:
            raise forms.ValidationError("Tick a model, or enter its id.")
        if len(data["ids"]) > MOST_TICKED:
            raise forms.ValidationError(f"At most {MOST_TICKED} models at once. Nothing was saved.")
        return data


class BulkForm(forms.Form):
    """Chosen models of the list, and what to do with them."""

    models = forms.TypedMultipleChoiceField(
        coerce=UUID,
        error_messages={
            "required": "Tick a model first.",
            "invalid_choice": "A model is not there any more. Nothing was changed.",
        },
    )
    action = forms.ChoiceField(choices=[("on", "Turn on"), ("off", "Turn off"), ("reset", "Reset")])

    def __init__(self, *args: Any, offered: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["models"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101 - declared above
        field.choices = [(pk, pk) for pk in offered]


class TeamsForm(forms.Form):
    """Which teams may use a model."""

    teams = forms.TypedMultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, teams: list[Team], chosen: list[str], **options: Any) -> None:
        super().__init__(*args, **options | {"initial": {"teams": chosen}})
        field = self.fields["teams"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101 - declared above
        field.choices = [(str(team.pk), _team_label(team)) for team in teams]


def _team_label(team: Team) -> str:
    return f"{team.name} (holds in every team)" if team.is_everyone else team.name
