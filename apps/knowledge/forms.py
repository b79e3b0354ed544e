"""Forms of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django import forms

from apps.knowledge.models import Visibility
from apps.knowledge.parsing.ocr.languages import CHOICES
from apps.knowledge.restricting import Readers
from apps.knowledge.selectors import people_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from apps.accounts.models import Team

DESCRIBED: Final = "What is in it. Shown where a chat chooses its knowledge."


class ReadersForm(forms.Form):
    """Who may read something; `people` cleans to ids."""

    visibility = forms.ChoiceField(label="Who may read it", widget=forms.RadioSelect)
    team_ids = forms.TypedMultipleChoiceField(
        label="Teams",
        required=False,
        coerce=UUID,
        widget=forms.CheckboxSelectMultiple,
        help_text="With “Chosen teams”.",
    )
    people = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="With “Chosen people”: their e-mail addresses, one a line.",
    )

    def __init__(self, *args: Any, teams: Iterable[Team], labels: Mapping[str, str], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["visibility"].choices = list(labels.items())  # type: ignore[attr-defined]  # a ChoiceField
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

    def clean(self) -> dict[str, Any]:
        """Chosen people or teams are at least one."""
        given: dict[str, Any] = self.cleaned_data
        if given.get("visibility") == Visibility.TEAMS and not given.get("team_ids"):
            self.add_error(
                "team_ids" if "team_ids" in self.fields else "visibility", "Choose at least one team."
            )
        if given.get("visibility") == Visibility.PEOPLE and given.get("people") == []:
            self.add_error("people", "Name at least one person.")
        return given

    @property
    def readers(self) -> Readers:
        """What was chosen, once the form is valid."""
        given = self.cleaned_data
        return Readers(given["visibility"], tuple(given["people"]), tuple(given.get("team_ids", ())))


class CollectionNameForm(forms.Form):
    """A collection's name, what it holds, and the language of its scans."""

    name = forms.CharField(max_length=120)
    description = forms.CharField(max_length=500, required=False, help_text=DESCRIBED)
    scan_language = forms.ChoiceField(
        label="Language of scans",
        choices=CHOICES,
        help_text="What pictures of text are read in, from the next document on. Automatic finds the script "
        "of each page; choose a language where it errs.",
    )


class CollectionForm(CollectionNameForm, ReadersForm):
    """A new collection: the same, and who may read it."""

    field_order = ("name", "description", "visibility", "team_ids", "people")
