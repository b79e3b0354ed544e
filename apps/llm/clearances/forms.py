"""The admin's forms of clearances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django import forms

from apps.guardrails.classes import SLUGS, DataClass
from apps.llm.clearances.rules import AS_FOUND, HOSTED, OWN
from apps.llm.clearances.selectors import default_of, facts_of, region_found
from apps.llm.clearances.services import LONGEST_NOTE, LONGEST_REGION, OfConnection

if TYPE_CHECKING:
    from apps.llm.clearances.rules import Cleared
    from apps.llm.models import Connection, Model

_REASON_HELP: Final = "Kept with this version and in the audit log."


def _reason() -> forms.CharField:
    return forms.CharField(label="Reason", max_length=LONGEST_NOTE, help_text=_REASON_HELP)


def class_of(slug: str | None) -> DataClass | None:
    """The class that was chosen; None where the default rule is to decide."""
    return DataClass.of(slug) if slug else None


class ConnectionClearanceForm(forms.Form):
    """How far texts may go by a connection, and what the default rule reads of it."""

    data_class = forms.ChoiceField(label="Highest data class", required=False)
    hosting = forms.ChoiceField(label="Who runs it", required=False)
    region = forms.CharField(
        max_length=LONGEST_REGION,
        required=False,
        help_text="Where the texts are processed, such as Frankfurt or eu-central-1.",
    )
    contract_note = forms.CharField(
        label="Contract",
        max_length=LONGEST_NOTE,
        required=False,
        help_text="Which contract binds the provider, such as “DPA of 3 March 2026, no training”.",
    )
    reason = _reason()

    def __init__(self, data: Any = None, *, connection: Connection) -> None:
        initial = {
            "data_class": _slug(connection.cleared_for),
            "hosting": connection.hosting,
            "region": connection.region or region_found(connection),
            "contract_note": connection.contract_note,
        }
        super().__init__(data, initial=initial)
        found = "your own" if facts_of(connection).is_own else "a provider"
        of_class: Any = self.fields["data_class"]
        of_class.choices = [("", f"By the default rule ({default_of(connection).data_class.label})"), *SLUGS]
        of_hosting: Any = self.fields["hosting"]
        shown = f"As found ({found})" if connection.hosting == AS_FOUND else "As found"
        of_hosting.choices = [(AS_FOUND, shown), (OWN, "Your own machines"), (HOSTED, "A provider")]

    def wanted(self) -> OfConnection:
        """What the services take."""
        data = self.cleaned_data
        return OfConnection(
            class_of(data["data_class"]), data["hosting"], data["region"], data["contract_note"]
        )


class ModelClearanceForm(forms.Form):
    """How far texts may go to one model."""

    data_class = forms.ChoiceField(label="Highest data class", required=False)
    reason = _reason()

    def __init__(self, data: Any = None, *, model: Model, at_connection: Cleared) -> None:
        super().__init__(data, initial={"data_class": _slug(model.cleared_for)})
        of_class: Any = self.fields["data_class"]
        of_class.choices = [("", f"As its connection ({at_connection.data_class.label})"), *SLUGS]

    def wanted(self) -> DataClass | None:
        """What the services take."""
        return class_of(self.cleaned_data["data_class"])


def _slug(data_class: int | None) -> str:
    return "" if data_class is None else DataClass(data_class).slug
