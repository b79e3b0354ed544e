"""What the form of each kind of route asks for: its lists of numbered rows, and its plain fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import forms

from apps.llm.routes.definitions import (
    ABILITIES,
    DEFAULT_ON,
    FALLBACK_KINDS,
    MOST_MEMBERS,
    MOST_RULES,
    MOST_VOICES,
)

if TYPE_CHECKING:
    from apps.llm.routes.forms import RouteForm

Choices = list[tuple[str, str]]
Grouped = list[tuple[str, Choices]]
Fields = dict[str, forms.Field]

NONE: Final = ("", "—")
YES_NO: Final = [("", "Either"), ("yes", "Yes"), ("no", "No")]
QUALITY: Final = [NONE, *((str(number), str(number)) for number in range(1, 6))]
LANGUAGE_NAMES: Final = [
    ("ar", "Arabic"), ("zh", "Chinese"), ("nl", "Dutch"), ("en", "English"), ("fr", "French"),
    ("de", "German"), ("he", "Hebrew"), ("it", "Italian"), ("ja", "Japanese"), ("ko", "Korean"),
    ("pl", "Polish"), ("pt", "Portuguese"), ("ru", "Russian"), ("es", "Spanish"),
]  # fmt: skip
ERROR_NAMES: Final = {
    "connection": "Can not be reached",
    "timeout": "Takes too long",
    "overloaded": "Is overloaded",
    "unavailable": "Is known to be down",
    "server": "Has a fault of its own",
    "rate_limit": "Refuses for too many requests",
    "quota": "Has used up its quota",
    "authentication": "Refuses the key",
    "not_found": "Does not exist there",
    "protocol": "Answers in a way that can not be read",
    "context_overflow": "Finds the chat too long",
    "content_filter": "Refuses the content",
}


def _nothing_wrong(row: Mapping[str, Any]) -> dict[str, str]:
    del row
    return {}


@dataclass(frozen=True, slots=True)
class Group:
    """A list in the form: `shown` rows at least and `most` at most; `first` is the field that fills a row.

    `then` are plain fields that belong behind it; `wrong` says by field what is wrong with a row.
    """

    slug: str
    title: str
    one: str
    most: int
    shown: int
    names: tuple[str, ...]
    make: Callable[[RouteForm], Fields]
    help: str = ""
    is_folded: bool = False
    is_ordered: bool = False
    is_once: bool = False
    then: tuple[str, ...] = ()
    wrong: Callable[[Mapping[str, Any]], dict[str, str]] = _nothing_wrong

    @property
    def first(self) -> str:
        return self.names[0]

    def row(self, form: RouteForm, number: int) -> Fields:
        """The fields of a row, by their names with its number."""
        return {f"{name}_{number}": field for name, field in self.make(form).items()}


def _member(form: RouteForm) -> Fields:
    return {"member": form.target("Model or route", required=False)}


def _candidate(form: RouteForm) -> Fields:
    quality = forms.ChoiceField(label="Quality", required=False, choices=QUALITY)
    return {"model": form.model("Model"), "quality": quality}


def _rule(form: RouteForm) -> Fields:
    languages = forms.MultipleChoiceField(
        label="In one of these languages",
        required=False,
        choices=LANGUAGE_NAMES,
        widget=forms.CheckboxSelectMultiple,
    )
    return {
        "use": form.target("Ask", required=False),
        "longer": forms.IntegerField(label="Longer than (tokens)", required=False, min_value=1),
        "shorter": forms.IntegerField(label="Shorter than (tokens)", required=False, min_value=1),
        "attachments": forms.ChoiceField(label="Has attachments", required=False, choices=YES_NO),
        "code": forms.ChoiceField(label="Has code", required=False, choices=YES_NO),
        "from": forms.IntegerField(label="From hour", required=False, min_value=0, max_value=23),
        "to": forms.IntegerField(label="To hour", required=False, min_value=1, max_value=24),
        "languages": languages,
        "teams": form.teams("Asked in one of these teams"),
    }


def _kind(form: RouteForm) -> Fields:
    return {
        "kind": forms.CharField(label="Name", required=False, max_length=40),
        "about": forms.CharField(label="What it is", required=False, max_length=300),
        "kind_use": form.target("Ask", required=False),
    }


def _wrong_rule(row: Mapping[str, Any]) -> dict[str, str]:
    is_conditioned = any(value not in (None, "", []) for name, value in row.items() if name != "use")
    if is_conditioned and not row["use"]:
        return {"use": "Choose who is asked, or remove this rule."}
    if row["use"] and not is_conditioned:
        return {"use": "Set at least one condition. What holds for all other questions stands below."}
    if row["from"] is not None and row["from"] == row["to"]:
        return {"to": "Choose another hour than the first."}
    return {}


def _wrong_kind(row: Mapping[str, Any]) -> dict[str, str]:
    if not any(row.values()):
        return {}
    wrong = {"kind": "Name this kind of question."} if not row["kind"] else {}
    return wrong | ({} if row["kind_use"] else {"kind_use": "Choose who is asked."})


def _members(title: str, one: str, most: int, text: str, *, is_ordered: bool = False) -> Group:
    return Group("members", title, one, most, 2, ("member",), _member, text, False, is_ordered, is_once=True)  # noqa: FBT003 - not folded


GROUPS: Final[Mapping[str, tuple[Group, ...]]] = {
    "fallback": (
        _members(
            "Choices, in order", "Choice", MOST_MEMBERS, "The first that can answer does.", is_ordered=True
        ),
    ),
    "data_class": (
        _members(
            "Choices, best first", "Choice", MOST_MEMBERS,
            "The first that may receive the data class of what is asked answers.", is_ordered=True,
        ),
    ),
    **dict.fromkeys(
        ("cheapest", "fastest", "best_value"),
        (
            Group(
                "candidates", "Candidates", "Candidate", MOST_RULES, 2, ("model", "quality"), _candidate,
                "Quality is your own judgement: 1 poor to 5 best.", is_once=True,
            ),
        ),
    ),
    "task": (
        Group(
            "rules", "Rules", "Rule", MOST_RULES, 1,
            ("use", "longer", "shorter", "attachments", "code", "from", "to", "languages", "teams"), _rule,
            "From the top: the first rule decides all of whose conditions hold.",
            is_folded=True, is_ordered=True, then=("classifier",), wrong=_wrong_rule,
        ),
        Group(
            "kinds", "Kinds of questions", "Kind", MOST_RULES, 1, ("kind", "about", "kind_use"), _kind,
            "What the classifier tells apart. Leave empty without a classifier.",
            then=("otherwise",), wrong=_wrong_kind,
        ),
    ),
    "cascade": (),
    "judge": (),
    "ensemble": (
        _members("Members", "Member", MOST_VOICES, "All of them answer each question at the same time."),
    ),
}  # fmt: skip


def _fallback(form: RouteForm) -> Fields:
    del form
    return {
        "on": forms.MultipleChoiceField(
            label="Go on to the next when the model",
            choices=[(kind.value, ERROR_NAMES[kind.value]) for kind in FALLBACK_KINDS],
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


def _nothing_more(form: RouteForm) -> Fields:
    del form
    return {}


def _ranked(form: RouteForm) -> Fields:
    del form
    return {
        "abilities": forms.MultipleChoiceField(
            required=False,
            choices=[(name, name.capitalize()) for name in ABILITIES],
            widget=forms.CheckboxSelectMultiple,
            help_text="Only models that state these are asked.",
        ),
        "minimum_quality": forms.ChoiceField(required=False, choices=QUALITY),
    }


def _task(form: RouteForm) -> Fields:
    return {
        "classifier": form.target("Classifier", "Sorts what no rule fits; a small model.", required=False),
        "otherwise": form.target("All other questions: ask"),
    }


def _cascade(form: RouteForm) -> Fields:
    return {
        "first": form.target("First model", "A cheap one: it always answers first."),
        "checker": form.target("Checker", "Decides whether the first answer suffices."),
        "second": form.target("Stronger model", "Answers where it does not."),
    }


def _judge(form: RouteForm) -> Fields:
    return {
        "answerer": form.target("Answerer"),
        "judge": form.target("Judge", "Checks each answer before it is shown; a failed one is revised once."),
    }


def _ensemble(form: RouteForm) -> Fields:
    return {
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


PLAIN: Final[Mapping[str, Callable[[RouteForm], Fields]]] = {
    "fallback": _fallback,
    "data_class": _nothing_more,
    **dict.fromkeys(("cheapest", "fastest", "best_value"), _ranked),
    "task": _task,
    "cascade": _cascade,
    "judge": _judge,
    "ensemble": _ensemble,
}
