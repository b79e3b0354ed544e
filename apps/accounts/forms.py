"""Forms of the account pages. Services check again: a form only helps the person."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.accounts.models import SCOPE_WORDS, ReadsAnswers, Role, SendKey, Theme
from apps.accounts.permissions import DEFAULT_SCOPES, SCOPES
from apps.audit.words import action_words
from apps.rest.errors import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from apps.accounts.models import Team


def add_problem(form: forms.Form, problem: ProblemError) -> None:
    """Put a service's refusal beside its fields, the rest above the form."""
    whole = f"{problem.title}. {problem.detail}"
    for error in problem.errors or [{"field": "", "message": whole}]:
        name = error["field"]
        form.add_error(name if name in form.fields else None, error["message"])


def tried(form: forms.Form, work: Callable[[], object]) -> bool:
    """Whether the service took the form's data; what it refused stands beside the fields."""
    try:
        work()
    except ValidationError as error:
        add_errors(form, error)
    except ProblemError as problem:
        add_problem(form, problem)
    else:
        return True
    return False


def add_errors(form: forms.Form, error: ValidationError) -> None:
    """A service's errors by field; those of fields that the form does not have stand above it."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, texts in by_field.items():
        form.add_error(name if name in form.fields else None, texts)


class SignInForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label="Password", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class ForgotForm(forms.Form):
    email = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label="New password",
        strip=False,
        min_length=8,
        max_length=1024,
        help_text="At least 8 characters; a few words are easier to remember than one with tricks.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class ChangePasswordForm(NewPasswordForm):
    current = forms.CharField(
        label="Current password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ["current", "password"]


class OrganisationForm(forms.Form):
    address = forms.CharField(
        label="Your organisation's address",
        max_length=253,
        help_text="As in acme.example.com, or just the first word of it.",
        widget=forms.TextInput(attrs={"autofocus": True, "autocapitalize": "none", "spellcheck": "false"}),
    )


class ProfileForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class AppearanceForm(forms.Form):
    theme = forms.ChoiceField(label="Theme", choices=Theme.choices, widget=forms.RadioSelect)


class ChatSettingsForm(forms.Form):
    send_key = forms.ChoiceField(
        label="Send a message with",
        choices=SendKey.choices,
        widget=forms.RadioSelect,
        help_text="Shift+Enter breaks the line; so does Enter where it does not send, as on touch screens.",
    )
    follows_answers = forms.BooleanField(
        label="Scroll with an answer while it is written",
        required=False,
        help_text="It stops as soon as you scroll up or select text.",
    )
    reads_answers = forms.ChoiceField(
        label="A screen reader is told of an answer",
        choices=ReadsAnswers.choices,
        widget=forms.RadioSelect,
    )


class ApiKeyForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=80, help_text="What will use it, such as Reporting script."
    )
    team = forms.ChoiceField(label="Team", help_text="Its models, budget and rules apply to the key.")
    scopes = forms.MultipleChoiceField(
        label="May use",
        choices=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES],
        initial=list(DEFAULT_SCOPES),
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(
        label="Expires",
        choices=[("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"), ("0", "Never")],
        coerce=int,
        initial="90",
    )

    def __init__(self, *args: Any, teams: Iterable[Team], administers: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["team"].choices = [(str(team.id), team.name) for team in teams]
        if not administers:
            fields["scopes"].choices = [
                (scope, label) for scope, label in fields["scopes"].choices if scope != "admin"
            ]


class InviteForm(forms.Form):
    email = forms.EmailField(label="E-mail address", widget=forms.EmailInput(attrs={"autofocus": True}))
    name = forms.CharField(label="Name", max_length=120, required=False)
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.MEMBER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=Role.choices)


class TeamForm(forms.Form):
    name = forms.CharField(label="Name", max_length=80)


_REGIONS: Final = (
    "Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/",
    "Pacific/",
)  # fmt: skip
"""Where the zones that people know by name lie; the other names of the database are old ones."""


class SetupOrganisationForm(forms.Form):
    name = forms.CharField(
        label="Organisation", max_length=120, widget=forms.TextInput(attrs={"autofocus": True})
    )
    language = forms.ChoiceField(label="Language", choices=[("en", "English")])
    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=[
            (zone, zone.replace("_", " "))
            for zone in sorted(zoneinfo.available_timezones())
            if zone == "UTC" or zone.startswith(_REGIONS)
        ],
        initial="UTC",
        widget=forms.Select(attrs={"data-own-zone": True}),
    )


class SetupAccountForm(NewPasswordForm):
    name = forms.CharField(
        label="Your name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    field_order = ["name", "email", "password"]


class SetupTeamForm(TeamForm):
    monthly_budget = forms.DecimalField(
        label="Monthly budget",
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        help_text="In {}. What the team's calls may cost a month; you change it under Teams, Budget.",
    )

    def __init__(self, data: Any = None, *, currency: str) -> None:
        super().__init__(data)
        field = self.fields["monthly_budget"]
        field.help_text = str(field.help_text).format(currency)


class SetupPeopleForm(forms.Form):
    addresses = forms.CharField(
        label="E-mail addresses",
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="One on each line. Everybody gets a one-time link that you pass on.",
    )

    def clean_addresses(self) -> list[str]:
        """The addresses, each once; names the first that is not one."""
        found: dict[str, None] = {}
        for line in self.cleaned_data["addresses"].splitlines():
            if address := line.strip().lower():
                try:
                    validate_email(address)
                except forms.ValidationError as error:
                    raise forms.ValidationError(f"{address} is not a complete e-mail address.") from error
                found[address] = None
        return list(found)


class AuditForm(forms.Form):
    q = forms.CharField(
        label="Search",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    action = forms.ChoiceField(label="Action", required=False)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, actions: Iterable[str], **options: Any) -> None:
        super().__init__(*args, **options)
        fields: dict[str, Any] = self.fields
        fields["action"].choices = [("", "All"), *((action, action_words(action)) for action in actions)]
