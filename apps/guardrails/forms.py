"""Forms of policies: settings, a rule, a trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from apps.guardrails.classes import SLUGS
from apps.guardrails.detectors.kinds import BUILT_IN, Kind
from apps.guardrails.models import Covers, Files, PolicyState
from apps.guardrails.moderation import (
    CATEGORY_NAMES,
    DEFAULT_SECONDS,
    FAILURES,
    LONGEST_SECONDS,
    models_offered,
)
from apps.guardrails.retention import LEAST_DAYS, MOST_DAYS
from apps.guardrails.rules import (
    ACTIONS,
    DIRECTIONS,
    KINDS,
    LONGEST_NAME,
    LONGEST_WORDS,
    Action,
    Rule,
    RuleError,
    read_rule,
)
from apps.guardrails.services import Change
from apps.guardrails.trying import LONGEST, WAYS

if TYPE_CHECKING:
    from apps.guardrails.selectors import Side


class SettingsForm(forms.Form):
    """State and reach of a policy; a team may inherit all but the state."""

    state = forms.ChoiceField(
        choices=PolicyState.choices,
        help_text="As a shadow, the policy lets every text pass and logs what it would have done.",
    )
    covers = forms.ChoiceField(label="Applies to", required=False)
    unread = forms.ChoiceField(
        label="Pictures and files that no rule can read",
        required=False,
        help_text="Text files are read. While a rule masks, asks or blocks, others are held back.",
    )

    keep_days = forms.IntegerField(
        label="Days that findings are kept", min_value=LEAST_DAYS, max_value=MOST_DAYS, required=False
    )

    def __init__(self, data: Any = None, *, side: Side) -> None:
        policy = side.policy
        covers = policy.covers or (Covers.ALL if side.team.is_everyone else "")
        files = policy.files or (Files.BLOCK if side.team.is_everyone else "")
        initial = {"state": policy.state, "covers": covers, "unread": files, "keep_days": policy.keep_days}
        super().__init__(data, initial=initial)
        if not side.team.is_everyone:
            del self.fields["keep_days"]
        inherited = {"covers": side.covers.label, "unread": side.files.label}
        for name, choices in (("covers", Covers.choices), ("unread", Files.choices)):
            empty = [] if side.team.is_everyone else [("", f"Inherited: {inherited[name]}")]
            self.fields[name].choices = [*empty, *choices]  # type: ignore[attr-defined]  # a ChoiceField

    def change(self) -> Change:
        """What was chosen."""
        said = self.cleaned_data
        return Change(
            state=said["state"], covers=said["covers"], files=said["unread"], keep_days=said.get("keep_days")
        )


class RuleForm(forms.Form):
    """One rule; terms and expressions stand one to a line."""

    name = forms.CharField(max_length=LONGEST_NAME)
    words = forms.CharField(
        label="What people read",
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="In plain words: what the rule is for and what to do instead.",
    )
    kinds = forms.MultipleChoiceField(
        label="Look for",
        required=False,
        choices=KINDS,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "checkbox"}),
    )
    terms = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Words or phrases, one to a line; whole words, whatever the case.",
    )
    patterns = forms.CharField(
        label="Regular expressions",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
        help_text="One to a line, in RE2's syntax: no look-around and no back-references.",
    )
    moderator = forms.ChoiceField(
        label="Or ask a model",
        required=False,
        help_text="It gets each text with placeholders. The teams that the rule holds in must be granted it.",
    )
    categories = forms.MultipleChoiceField(
        label="Whether a text is",
        required=False,
        choices=CATEGORY_NAMES,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "checkbox"}),
    )
    seconds = forms.IntegerField(
        label="Seconds it gets",
        min_value=1,
        max_value=LONGEST_SECONDS,
        initial=DEFAULT_SECONDS,
        required=False,
    )
    on_failure = forms.ChoiceField(label="If it gives no answer", choices=FAILURES, required=False)
    direction = forms.ChoiceField(label="Applies to", choices=DIRECTIONS)
    action = forms.ChoiceField(label="Then", choices=ACTIONS)
    data_class = forms.ChoiceField(
        label="Counts as",
        required=False,
        choices=[("", "Decided by what is found"), *SLUGS],
        help_text="Only models and tools that are cleared for this class get the text, or its values back.",
    )
    least = forms.IntegerField(
        label="Only from this many findings", min_value=1, max_value=10_000, initial=1, required=False
    )
    is_enabled = forms.BooleanField(
        label="On", required=False, initial=True, widget=forms.CheckboxInput(attrs={"class": "checkbox"})
    )

    def __init__(self, data: Any = None, *, rule: Rule | None = None) -> None:
        super().__init__(data, initial=_initial(rule) if rule else None)
        self._known = rule
        self.rule: Rule | None = None
        self.fields["moderator"].choices = [("", "None"), *models_offered()]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """The rule as a value, where it can be one."""
        said = super().clean() or {}
        known = self._known
        stored = said | {
            "id": known.id if known else None,
            "overrides": known.overrides if known else "",
            "terms": said.get("terms", "").splitlines(),
            "patterns": said.get("patterns", "").splitlines(),
            "moderation": said | {"model_id": said.get("moderator")},
        }
        try:
            self.rule = read_rule(stored)
        except RuleError as error:
            self.refuse(error)
        return said

    def refuse(self, error: RuleError) -> None:
        """Show the error beside its field."""
        if error.field not in self.errors:
            self.add_error(error.field if error.field in self.fields else None, error.message)

    @property
    def explained(self) -> list[tuple[str, str]]:
        """What each kind and each action is, in a sentence."""
        kinds = [(kind.label, _about(kind)) for kind in Kind if kind in BUILT_IN]
        return [*kinds, *((action.label, action.help) for action in Action)]


def _about(kind: Kind) -> str:
    from apps.guardrails.detectors.kinds import ABOUT

    return ABOUT[kind].help


def _initial(rule: Rule) -> dict[str, Any]:
    asks = rule.moderation.stored() if rule.moderation else {}
    own = {"moderator": asks.get("model_id", "")}
    return (
        rule.stored()
        | asks
        | own
        | {
            "terms": "\n".join(rule.terms),
            "patterns": "\n".join(rule.patterns),
            "data_class": rule.data_class.slug if rule.data_class else "",
        }
    )


class TrialForm(forms.Form):
    """A text to hold against the rules."""

    text = forms.CharField(
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Not sent, logged or kept, unless you have models asked. Policies that are off or a shadow "
        "count as if they were on.",
    )
    direction = forms.ChoiceField(label="This text", choices=WAYS)
