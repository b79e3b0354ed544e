"""The admin's form of a route: the fields of its kind, made into a definition and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from django import forms

from apps.llm.routes.definitions import ABILITIES, DEFAULT_ON, FALLBACK_KINDS, LANGUAGES
from apps.llm.routes.filled import RULES, SLOTS, definition_of

if TYPE_CHECKING:
    pass

Choices = list[tuple[str, str]]

NONE: Final = ("", "—")
YES_NO: Final = [NONE, ("yes", "Yes"), ("no", "No")]
QUALITY: Final = [NONE, *((str(number), str(number)) for number in range(1, 6))]


class RouteForm(forms.Form):
    """What people see of a route, and what its kind is made of. `targets` are models and other routes."""

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
        self, *args: Any, kind: str, targets: Choices, models: Choices, teams: Choices, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.kind = kind
        self._targets = targets
        self._models = models
        self._teams = teams
        for name, field in _FIELDS[kind](self).items():
            self.fields[name] = field

    def target(self, label: str, help_text: str = "", *, required: bool = True) -> forms.ChoiceField:
        """A choice among models and routes."""
        return forms.ChoiceField(
            label=label, help_text=help_text, required=required, choices=[NONE, *self._targets]
        )

    def model(self, label: str) -> forms.ChoiceField:
        """A choice among models."""
        return forms.ChoiceField(label=label, required=False, choices=[NONE, *self._models])

    def teams(self, label: str) -> forms.MultipleChoiceField:
        """A choice of teams."""
        return forms.MultipleChoiceField(label=label, required=False, choices=self._teams)

    def values(self) -> dict[str, Any]:
        """What the services take."""
        data = self.cleaned_data
        said = {name: data[name] for name in ("name", "slug", "purpose", "is_enabled")}
        return {**said, "kind": self.kind, "definition": definition_of(self.kind, data)}


def _fallback_fields(form: RouteForm) -> dict[str, forms.Field]:
    members: dict[str, forms.Field] = {
        f"member_{number}": form.target(f"Choice {number}", required=number < 3)  # noqa: PLR2004 - two at least
        for number in range(1, SLOTS + 1)
    }
    return members | {
        "on": forms.MultipleChoiceField(
            label="Go on to the next when the model",
            choices=[(kind.value, kind.value.replace("_", " ").capitalize()) for kind in FALLBACK_KINDS],
            initial=sorted(kind.value for kind in DEFAULT_ON),
            widget=forms.CheckboxSelectMultiple,
        ),
        "first_token_s": forms.FloatField(
            label="Wait for the first word",
            required=False,
            min_value=0.1,
            max_value=300,
            help_text="Seconds; then the next one is asked. Empty: as long as it takes.",
        ),
    }


def _ranked_fields(form: RouteForm) -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = {}
    for number in range(1, SLOTS + 1):
        found[f"model_{number}"] = form.model(f"Model {number}")
        found[f"quality_{number}"] = forms.ChoiceField(
            label=f"Quality of model {number}",
            required=False,
            choices=QUALITY,
            help_text="1 poor to 5 best, by your own judgement.",
        )
    return found | {
        "abilities": forms.MultipleChoiceField(
            required=False,
            choices=[(name, name.capitalize()) for name in ABILITIES],
            widget=forms.CheckboxSelectMultiple,
            help_text="Only models that state these are asked.",
        ),
        "minimum_quality": forms.ChoiceField(required=False, choices=QUALITY),
    }


def _task_fields(form: RouteForm) -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = {}
    for number in range(1, RULES + 1):
        of = f"Rule {number}"
        found |= {
            f"use_{number}": form.target(f"{of}: ask", required=False),
            f"longer_{number}": forms.IntegerField(
                label=f"{of}: longer than, tokens", required=False, min_value=1
            ),
            f"shorter_{number}": forms.IntegerField(
                label=f"{of}: shorter than, tokens", required=False, min_value=1
            ),
            f"attachments_{number}": forms.ChoiceField(
                label=f"{of}: with attachments", required=False, choices=YES_NO
            ),
            f"code_{number}": forms.ChoiceField(label=f"{of}: with code", required=False, choices=YES_NO),
            f"languages_{number}": forms.MultipleChoiceField(
                label=f"{of}: in a language", required=False, choices=[(name, name) for name in LANGUAGES]
            ),
            f"teams_{number}": form.teams(f"{of}: asked in a team"),
            f"from_{number}": forms.IntegerField(
                label=f"{of}: from hour", required=False, min_value=0, max_value=23
            ),
            f"to_{number}": forms.IntegerField(
                label=f"{of}: to hour", required=False, min_value=1, max_value=24
            ),
        }
    found["classifier"] = form.target("Classifier", "Sorts what no rule fits; a small model.", required=False)
    for number in range(1, RULES + 1):
        found |= {
            f"kind_{number}": forms.CharField(
                label=f"Kind {number} of question", required=False, max_length=40
            ),
            f"about_{number}": forms.CharField(
                label=f"What kind {number} is", required=False, max_length=300
            ),
            f"kind_use_{number}": form.target(f"Kind {number}: ask", required=False),
        }
    return found | {"otherwise": form.target("All other questions: ask")}


def _cascade_fields(form: RouteForm) -> dict[str, forms.Field]:
    return {
        "first": form.target("First model", "A cheap one: it always answers first."),
        "checker": form.target("Checker", "Decides whether the first answer suffices."),
        "second": form.target("Stronger model", "Answers where it does not."),
    }


def _judge_fields(form: RouteForm) -> dict[str, forms.Field]:
    return {
        "answerer": form.target("Answerer"),
        "judge": form.target("Judge", "Checks each answer before it is shown; a failed one is revised once."),
    }


def _ensemble_fields(form: RouteForm) -> dict[str, forms.Field]:
    members: dict[str, forms.Field] = {
        f"member_{number}": form.target(f"Member {number}", required=number < 3)  # noqa: PLR2004 - two at least
        for number in range(1, SLOTS + 1)
    }
    return members | {
        "synthesiser": form.target("Synthesiser", "Compares the answers and merges them."),
        "cap": forms.DecimalField(
            label="Cost cap for one question",
            required=False,
            max_digits=12,
            decimal_places=6,
            help_text="With a cap, models without a known price are left out. Empty: none.",
        ),
        "currency": forms.CharField(max_length=3, required=False, initial="USD"),
    }


_FIELDS: Final[Mapping[str, Callable[[RouteForm], dict[str, forms.Field]]]] = {
    "fallback": _fallback_fields,
    **dict.fromkeys(("cheapest", "fastest", "best_value"), _ranked_fields),
    "task": _task_fields,
    "cascade": _cascade_fields,
    "judge": _judge_fields,
    "ensemble": _ensemble_fields,
}
