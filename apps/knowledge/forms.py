"""Forms of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from apps.accounts.forms import add_problem
from apps.knowledge.models import Visibility
from apps.knowledge.selectors import people_of
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

    from apps.accounts.models import Team


class CollectionForm(forms.Form):
    """A collection's name, what it holds, and who may read it; `people` cleans to ids."""

    name = forms.CharField(max_length=120)
    description = forms.CharField(
        max_length=500, required=False, help_text="What is in it. Shown where a chat chooses its knowledge."
    )
    visibility = forms.ChoiceField(label="Who may read it", widget=forms.RadioSelect)
    team_ids = forms.TypedMultipleChoiceField(
        label="Teams", required=False, widget=forms.CheckboxSelectMultiple, help_text="With “Chosen teams”."
    )

    people = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="With “Chosen people”: their e-mail addresses, one a line.",
    )

    def __init__(self, *args: Any, teams: Iterable[Team], with_everyone: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        offered = [choice for choice in Visibility.choices if with_everyone or choice[0] != Visibility.TENANT]
        self.fields["visibility"].choices = offered  # type: ignore[attr-defined]  # a ChoiceField
        chosen = [(str(team.id), team.name) for team in teams if not team.is_everyone]
        self.fields["team_ids"].choices = chosen  # type: ignore[attr-defined]  # a ChoiceField
        if not chosen:
            del self.fields["team_ids"]

    def clean_people(self) -> list[UUID]:
        """The ids behind the addresses; an error names those that nobody has."""
        emails = {line.strip().lower() for line in self.cleaned_data["people"].splitlines() if line.strip()}
        known = people_of(emails)
        unknown = sorted(emails - known.keys())
        if unknown:
            raise forms.ValidationError(f"Nobody here has this address: {', '.join(unknown[:5])}.")
        return list(known.values())


def tried(form: forms.Form, work: Callable[[], object]) -> bool:
    """Whether the service took the form's data; what it refused stands beside the fields."""
    try:
        work()
    except ProblemError as problem:
        add_problem(form, problem)
        return False
    return True
