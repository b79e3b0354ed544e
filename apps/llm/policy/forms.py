"""Forms of Teams → Models: parameters, grants, the default, and many grants at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms

from apps.llm.policy.rules import EFFORTS, MAX_TEMPERATURE
from apps.llm.policy.services import MOST_OUTPUT
from apps.llm.policy.shown import setting_text, source_text

if TYPE_CHECKING:
    from apps.llm.models import Model
    from apps.llm.policy.selectors import TeamModels


class ParametersForm(forms.Form):
    """The parameters of a team's calls; what is left empty is inherited.

    Each field carries `inherited` (what holds without a value of the team's own) and `is_own`.
    """

    temperature = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=MAX_TEMPERATURE,
        max_digits=3,
        decimal_places=2,
        help_text=f"0 to {MAX_TEMPERATURE}: low is steady, high is varied. A program may ask for another.",
    )
    reasoning_effort = forms.ChoiceField(
        required=False,
        choices=[("", "Inherited"), *((effort, effort.capitalize()) for effort in EFFORTS)],
        help_text="The most that may be asked for, and what models that reason use where nothing is asked.",
    )
    max_output = forms.IntegerField(
        label="Output limit",
        required=False,
        min_value=1,
        max_value=MOST_OUTPUT,
        help_text="Most tokens of one answer, its reasoning included. Programs that ask for more get this.",
    )

    def __init__(self, data: Any = None, *, side: TeamModels, model: Model | None) -> None:
        row = side.own_row(model)
        own = {name: getattr(row, name) for name in self.base_fields} if row else {}
        super().__init__(data, initial=own)
        for setting in side.inherited_settings(model):
            field: Any = self.fields[setting.name]
            field.inherited = f"{setting_text(setting)}, {source_text(setting, side.team.name)}"
            field.is_own = own.get(setting.name) not in {None, ""}
        if side.team.is_everyone and model is None:
            self.fields["reasoning_effort"].choices = [  # type: ignore[attr-defined]  # a ChoiceField
                ("", "Not set"),
                *((effort, effort.capitalize()) for effort in EFFORTS),
            ]


class TeamGrantsForm(forms.Form):
    """Which of the models that the page shows the team may use by grants of its own."""

    shown = forms.TypedMultipleChoiceField(required=False)
    models = forms.TypedMultipleChoiceField(required=False)

    def __init__(self, data: Any, *, ids: list[str]) -> None:
        super().__init__(data)
        for name in ("shown", "models"):
            self.fields[name].choices = [(pk, pk) for pk in ids]  # type: ignore[attr-defined]  # a ChoiceField


class TeamRoutesForm(forms.Form):
    """Which routes the team may use by grants of its own."""

    routes = forms.TypedMultipleChoiceField(required=False, coerce=UUID)

    def __init__(self, data: Any, *, ids: list[str]) -> None:
        super().__init__(data)
        self.fields["routes"].choices = [(pk, pk) for pk in ids]  # type: ignore[attr-defined]  # a ChoiceField


class TeamDefaultForm(forms.Form):
    """What the team's new chats begin with: a model or a route, by its stored reference."""

    default = forms.ChoiceField(
        required=False,
        label="New chats begin with",
        help_text="A model or a route. People may choose another in each chat, or a default of their own.",
    )

    def __init__(
        self,
        *args: Any,
        chat: list[tuple[str, str]],
        routes: list[tuple[str, str]],
        otherwise: str,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        offered = [(name, choices) for name, choices in (("Models", chat), ("Routes", routes)) if choices]
        self.fields["default"].choices = [("", otherwise), *offered]  # type: ignore[attr-defined]  # a ChoiceField


class BulkForm(forms.Form):
    """Models and teams to change at once."""

    action = forms.ChoiceField(
        choices=[("allow", "Allow"), ("revoke", "Take away"), ("default", "Make default")]
    )
    models = forms.TypedMultipleChoiceField(error_messages={"required": "Tick one or more models."})
    teams = forms.TypedMultipleChoiceField(error_messages={"required": "Tick one or more teams."})

    def __init__(self, data: Any, *, models: list[str], teams: list[str]) -> None:
        super().__init__(data)
        for name, ids in (("models", models), ("teams", teams)):
            self.fields[name].choices = [(pk, pk) for pk in ids]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """A default is one model."""
        data = super().clean() or {}
        if data.get("action") == "default" and len(data.get("models", [])) > 1:
            self.add_error("models", "A team has one default: tick one model.")
        return data
