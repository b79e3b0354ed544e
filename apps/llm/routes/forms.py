"""The admin's form of a route: the fields of its kind, made into a definition and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms

from apps.llm.routes.filled import definition_of, numbers
from apps.llm.routes.kinds import GROUPS, NONE, PLAIN
from apps.llm.routes.widgets import LongSelect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.exceptions import ValidationError
    from django.forms.boundfield import BoundField

    from apps.llm.routes.kinds import Choices, Group, Grouped

ROW_ZERO = 0
"""The number of the row that the page copies when another one is added."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What a route may be made of, as (stored reference, name): `targets` are models and other routes."""

    models: Choices
    routes: Choices
    teams: Choices

    @property
    def targets(self) -> Grouped:
        found = [("Models", self.models), ("Routes", self.routes)]
        return [(name, choices) for name, choices in found if choices]


class RouteForm(forms.Form):
    """What people see of a route, and what its kind is made of.

    Lists are groups of numbered rows: as many as `data` or `initial` has, and one more of the group `more`.
    """

    name = forms.CharField(max_length=100)
    slug = forms.CharField(
        label="Id", max_length=60, help_text="Programs call it route/ID. Changing it breaks those that do."
    )
    purpose = forms.CharField(
        max_length=200,
        required=False,
        help_text="One line under the name in the picker: what it is good for.",
    )
    is_enabled = forms.BooleanField(
        label="On", required=False, initial=True, help_text="Off: nobody can choose or call it."
    )

    def __init__(
        self,
        data: Any = None,
        *,
        kind: str,
        offered: Offered,
        initial: Mapping[str, Any] | None = None,
        more: str = "",
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.kind = kind
        self._offered = offered
        self._counts = {group.slug: self._count(group, more) for group in GROUPS[kind]}
        for group in GROUPS[kind]:
            for number in range(1, self._counts[group.slug] + 1):
                self.fields |= group.row(self, number)
        self.fields |= PLAIN[kind](self)

    def target(self, label: str, help_text: str = "", *, required: bool = True) -> forms.ChoiceField:
        """A choice among models and routes."""
        choices: Any = [NONE, *self._offered.targets]
        return forms.ChoiceField(
            label=label, help_text=help_text, required=required, choices=choices, widget=LongSelect
        )

    def model(self, label: str) -> forms.ChoiceField:
        """A choice among models."""
        choices = [NONE, *self._offered.models]
        return forms.ChoiceField(label=label, required=False, choices=choices, widget=LongSelect)

    def teams(self, label: str) -> forms.MultipleChoiceField:
        """A choice of teams."""
        widget = forms.CheckboxSelectMultiple
        return forms.MultipleChoiceField(
            label=label, required=False, choices=self._offered.teams, widget=widget
        )

    def again(self, more: str) -> RouteForm:
        """The same as it was sent, unchecked, with a row more of that group."""
        sent = {
            name: field.widget.value_from_datadict(self.data, self.files, name)
            for name, field in self.fields.items()
        }
        return RouteForm(kind=self.kind, offered=self._offered, initial=sent, more=more)

    def said(self) -> list[BoundField]:
        """The fields that people see of the route."""
        return [self[name] for name in self.base_fields]

    def parts(self) -> Iterator[dict[str, Any]]:
        """What the kind is made of, in order: groups with their rows, and plain fields."""
        in_groups = set()
        for group in GROUPS[self.kind]:
            rows = [self._row(self, group, number) for number in range(1, self._counts[group.slug] + 1)]
            in_groups |= {field.name for row in rows for field in row["fields"]}
            yield {"group": group, "rows": rows, "blank": self._row(self._blank(group), group, ROW_ZERO)}
            yield from ({"field": self[name]} for name in group.then)
            in_groups |= set(group.then)
        plain = [name for name in self.fields if name not in in_groups | set(self.base_fields)]
        yield from ({"field": self[name]} for name in plain)

    def clean(self) -> dict[str, Any]:
        """Each row says who is asked and when; what is chosen twice is said at the second place."""
        data = super().clean() or {}
        for group in GROUPS[self.kind]:
            seen: set[str] = set()
            for number in range(1, self._counts[group.slug] + 1):
                self._check_row(group, number, data, seen)
        return data

    def refuse(self, error: ValidationError) -> None:
        """The service's errors at their fields; those of a list at its first row."""
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        firsts = {group.slug: f"{group.first}_1" for group in GROUPS[self.kind]}
        for name, texts in by_field.items():
            place = firsts.get(name, name)
            self.add_error(place if place in self.fields else None, texts)

    def values(self) -> dict[str, Any]:
        """What the services take."""
        data = self.cleaned_data
        said = {name: data[name] for name in ("name", "slug", "purpose", "is_enabled")}
        return {**said, "kind": self.kind, "definition": definition_of(self.kind, data)}

    def _count(self, group: Group, more: str) -> int:
        given = self.data if self.is_bound else self.initial
        last = max((number for name in group.names for number in numbers(given, name)), default=0)
        return min(max(last, group.shown) + (group.slug == more), group.most)

    def _check_row(self, group: Group, number: int, data: Mapping[str, Any], seen: set[str]) -> None:
        row = {name: data.get(f"{name}_{number}") for name in group.names}
        for name, text in group.wrong(row).items():
            self.add_error(f"{name}_{number}", text)
        chosen = row[group.first]
        if group.is_once and chosen and chosen in seen:
            self.add_error(f"{group.first}_{number}", "This one is chosen above. Choose each only once.")
        seen.add(str(chosen))

    def _blank(self, group: Group) -> forms.Form:
        blank = forms.Form()
        blank.fields |= group.row(self, ROW_ZERO)
        return blank

    def _row(self, form: forms.Form, group: Group, number: int) -> dict[str, Any]:
        fields = [form[f"{name}_{number}"] for name in group.names]
        wrong = self.is_bound and any(field.errors for field in fields)
        is_new = not any(field.value() for field in fields)
        return {"number": number, "fields": fields, "is_open": wrong or is_new}
