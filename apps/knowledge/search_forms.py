"""Forms of searching: narrowing a search, labelling a document, tuning a collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms

from apps.knowledge.narrowing import KINDS, Narrowing, clean_tags
from apps.knowledge.tuning import DEFAULT, MOST_PASSAGES, MOST_STRICTNESS, Tuned

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from apps.llm.models import Model

NO_MODEL = ""
_MOST_TEXT = 1_300


class NarrowingForm(forms.Form):
    """A part of the documents; `facets` are those of labelling.facets."""

    kinds = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    tags = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    owner_ids = forms.MultipleChoiceField(label="Owner", required=False, widget=forms.CheckboxSelectMultiple)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, facets: Mapping[str, Iterable[Mapping[str, Any]]], **options: Any) -> None:
        super().__init__(*args, **options)
        kinds = [(row["kind"], f"{KINDS[row['kind']]} ({row['documents']})") for row in facets["kinds"]]
        tags = [(row["tag"], f"{row['tag']} ({row['documents']})") for row in facets["tags"]]
        owners = [(str(row["id"]), f"{row['name']} ({row['documents']})") for row in facets["owners"]]
        for name, choices in (("kinds", kinds), ("tags", tags), ("owner_ids", owners)):
            if len(choices) > (name != "tags"):
                self.fields[name].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
            else:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """A range begins before it ends."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("since") and values.get("until") and values["since"] > values["until"]:
            self.add_error("until", "This day is before the first one.")
        return values

    @property
    def narrowing(self) -> Narrowing:
        """What was chosen."""
        values = self.cleaned_data
        return Narrowing(
            tuple(values.get("kinds", ())),
            tuple(values.get("tags", ())),
            tuple(UUID(id_) for id_ in values.get("owner_ids", ())),
            values.get("since"),
            values.get("until"),
        )


class LabelsForm(forms.Form):
    """What is said of a document."""

    tags = forms.CharField(
        required=False,
        max_length=_MOST_TEXT,
        help_text="Separated by commas. Searches can be narrowed to them.",
    )
    dated = forms.DateField(
        label="Date",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="What day it is of. Without one, the day on which it was added counts.",
    )

    def clean_tags(self) -> list[str]:
        """Each once."""
        return clean_tags(self.cleaned_data["tags"].split(","))


class TuningForm(forms.Form):
    """How a collection is searched; shares as percentages."""

    passages = forms.IntegerField(
        label="Most passages for an answer",
        min_value=1,
        max_value=MOST_PASSAGES,
        help_text=f"From 1 to {MOST_PASSAGES}; {DEFAULT.passages} by default. More of them take more room.",
    )
    words = forms.IntegerField(
        label="Weight of words, in percent",
        min_value=0,
        max_value=100,
        help_text=f"Against meaning; {DEFAULT.words:.0%} by default. Only words count in languages that "
        "the embedding model does not know.",
    )
    strictness = forms.IntegerField(
        label="Relevance that a passage must reach, in percent of the usual",
        min_value=0,
        max_value=int(100 * MOST_STRICTNESS),
        help_text=f"{DEFAULT.strictness:.0%} by default. Lower finds more that does not fit, 0 lets "
        "everything through; higher says more often that nothing was found.",
    )
    reranker_id = forms.ChoiceField(
        label="Model that puts passages in order",
        required=False,
        help_text="It reads the best passages once more with the question, which costs a call and some "
        "time. None by default. Whose team may not use it gets the order of the search.",
    )

    def __init__(self, *args: Any, rerankers: Iterable[Model], chosen: UUID | None, **options: Any) -> None:
        super().__init__(*args, **options)
        offered = [(NO_MODEL, "None"), *((str(model.id), model.name) for model in rerankers)]
        if chosen is not None and str(chosen) not in dict(offered):
            offered.append((str(chosen), "The one chosen before, which is off now"))
        self.fields["reranker_id"].choices = offered  # type: ignore[attr-defined]  # a ChoiceField

    @staticmethod
    def initial_of(tuned: Tuned) -> dict[str, Any]:
        """The form's values."""
        return {
            "passages": tuned.passages,
            "words": round(100 * tuned.words),
            "strictness": round(100 * tuned.strictness),
            "reranker_id": str(tuned.reranker_id or NO_MODEL),
        }

    @property
    def tuned(self) -> Tuned:
        """What was entered."""
        values = self.cleaned_data
        return Tuned(
            values["passages"],
            values["words"] / 100,
            values["strictness"] / 100,
            UUID(values["reranker_id"]) if values["reranker_id"] else None,
        )
