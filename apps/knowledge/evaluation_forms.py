"""Forms of evaluation: what to measure with, how much a collection may get worse, golden questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms

from apps.knowledge.evaluation import making
from apps.knowledge.evaluation.gates import USUAL_FALL
from apps.knowledge.evaluation.golden import LONGEST, LONGEST_ANSWER, LONGEST_PASSAGE, Draft, Right
from apps.knowledge.evaluation.settings import Wanted
from apps.knowledge.search_forms import NO_MODEL, TuningForm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from apps.knowledge.models import Document, GoldenQuestion
    from apps.llm.models import Model


class MeasureForm(TuningForm):
    """What to measure with: the tuning, and models that answer and judge."""

    answers_id = forms.ChoiceField(
        label="Model that answers",
        required=False,
        help_text="Asked once for each question, with what was found. Its citations are checked.",
    )
    judge_id = forms.ChoiceField(
        label="Model that judges the answers",
        required=False,
        help_text="Holds each answer against the right answer or passage of its question.",
    )

    def __init__(self, *args: Any, chat_models: Iterable[Model], **options: Any) -> None:
        super().__init__(*args, **options)
        offered = [(NO_MODEL, "None"), *((str(model.id), model.name) for model in chat_models)]
        for name in ("answers_id", "judge_id"):
            self.fields[name].choices = offered  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def wanted(self) -> Wanted:
        """What was entered."""
        answers, judge = (self.cleaned_data[name] for name in ("answers_id", "judge_id"))
        return Wanted(
            tuned=self.tuned,
            answers_id=UUID(answers) if answers else None,
            judge_id=UUID(judge) if judge else None,
        )


class GateForm(forms.Form):
    """How much the figures may fall."""

    most_fall = forms.FloatField(
        label="Most that nDCG@10 or Recall@10 may fall",
        min_value=0,
        max_value=1,
        initial=USUAL_FALL,
        widget=forms.NumberInput(attrs={"step": "0.005"}),
        help_text="From 0 to 1, such as 0.02. A change of the advanced settings or of the embedding model is "
        "measured before it is made, and held back where they fall by more.",
    )


class QuestionForm(forms.Form):
    """A golden question."""

    text = forms.CharField(
        label="Question", max_length=LONGEST, widget=forms.TextInput(attrs={"dir": "auto"})
    )
    document_ids = forms.MultipleChoiceField(
        label="Documents that answer it",
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6, "class": "textarea"}),
        help_text="One or several. The same question again gets what is chosen now.",
    )
    passage = forms.CharField(
        required=False,
        max_length=LONGEST_PASSAGE,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text="Words of the first document that an answer should be given.",
    )
    answer = forms.CharField(
        label="Right answer",
        required=False,
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text="What a model that judges holds answers against.",
    )

    def __init__(self, *args: Any, documents: Iterable[Document], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(str(document.id), document.title) for document in documents]
        self.fields["document_ids"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    @staticmethod
    def initial_of(question: GoldenQuestion) -> dict[str, Any]:
        """The form's values."""
        sources = list(question.sources.all())
        return {
            "text": question.text,
            "answer": question.answer,
            "document_ids": [str(source.document_id) for source in sources],
            "passage": next((source.passage for source in sources if source.passage), ""),
        }

    def draft(self, before: GoldenQuestion | None = None) -> Draft:
        """What was entered; documents that it had before keep their gains."""
        values = self.cleaned_data
        ids = [UUID(id_) for id_ in values["document_ids"]]
        known = {source.document_id: source for source in before.sources.all()} if before else {}
        said = next((id_ for id_ in ids if id_ in known and known[id_].passage), ids[0] if ids else None)
        rights = {
            id_: Right(known[id_].gain if id_ in known else 1.0, values["passage"] if id_ == said else "")
            for id_ in ids
        }
        return Draft(values["text"], rights, answer=values["answer"])


class ProposeForm(forms.Form):
    """Which model is to propose questions, and how many."""

    model_id = forms.ChoiceField(label="Model", help_text="It reads passages that you may read.")
    count = forms.IntegerField(
        label="Questions",
        min_value=1,
        max_value=making.MOST_PROPOSED,
        initial=10,
        help_text=f"From 1 to {making.MOST_PROPOSED}: one call for each.",
    )

    def __init__(self, *args: Any, chat_models: Iterable[Model], **options: Any) -> None:
        super().__init__(*args, **options)
        offered = [(str(model.id), model.name) for model in chat_models]
        self.fields["model_id"].choices = offered  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def asked(self) -> dict[str, Any]:
        """What was entered."""
        return {"model_id": UUID(self.cleaned_data["model_id"]), "count": self.cleaned_data["count"]}


class SheetForm(forms.Form):
    """A CSV file of questions."""

    file = forms.FileField(
        label="CSV file",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text="Columns question and document (its title or file name), one right document a row; "
        "answer and passage may be there too.",
    )


class SetForm(forms.Form):
    """A set in BEIR's layout."""

    queries = forms.FileField(label="queries.jsonl")
    qrels = forms.FileField(label="qrels.tsv")
    corpus = forms.FileField(
        label="corpus.jsonl",
        required=False,
        help_text="Its documents are added to this collection. Without it, they are looked up here by id, "
        "title or file name.",
    )
