"""Measurements of a collection on pages: its runs, one of them, two side by side, and its gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from apps.accounts.forms import tried
from apps.accounts.pages import PersonPage
from apps.accounts.permissions import can
from apps.knowledge.evaluation import comparing, gates, measuring
from apps.knowledge.evaluation.settings import chat_models_for
from apps.knowledge.evaluation_forms import GateForm, MeasureForm
from apps.knowledge.permissions import MANAGE
from apps.knowledge.tuning import rerankers_for, tuning_of
from apps.rest.errors import ProblemError, not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.knowledge.models import EvaluationRun, KnowledgeBase

UNPROCESSABLE = 422
MOST_RUNS = 20
_DECISIONS = {
    "accept": gates.change_accept,
    "withdraw": gates.change_withdraw,
    "again": gates.change_again,
}


class EvaluationPage(PersonPage):
    """A collection's history of measurements, and its gate."""

    def get(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """The page."""
        return self._page(comparing.access_evaluated(self.actor, knowledge_base_id))

    def post(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Do what the form asks: measure as it is, measure otherwise, set or take away the gate."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        actions: dict[str, Callable[[KnowledgeBase], HttpResponse | None]] = {
            "run": self._run,
            "run-otherwise": self._run_otherwise,
            "gate": self._gate,
            "ungate": self._ungate,
        }
        action = actions.get(request.POST.get("action", ""))
        if action is None:
            raise not_found()
        try:
            refused = action(base)
        except ProblemError as problem:
            return self._page(base, error=words_of(problem))
        return refused or HttpResponseRedirect(_address(base.id))

    def _run(self, base: KnowledgeBase) -> None:
        measuring.evaluation_start(actor=self.actor, base=base)

    def _run_otherwise(self, base: KnowledgeBase) -> HttpResponse | None:
        form = self._measure_form(base, data=self.request.POST)
        if form.is_valid() and tried(
            form, lambda: measuring.evaluation_start(actor=self.actor, base=base, wanted=form.wanted)
        ):
            return None
        return self._page(base, measure_form=form)

    def _gate(self, base: KnowledgeBase) -> HttpResponse | None:
        form = GateForm(self.request.POST)
        if form.is_valid() and tried(
            form, lambda: gates.gate_set(actor=self.actor, base=base, **form.cleaned_data)
        ):
            return None
        return self._page(base, gate_form=form)

    def _ungate(self, base: KnowledgeBase) -> None:
        gates.gate_set(actor=self.actor, base=base, most_fall=None)

    def _measure_form(self, base: KnowledgeBase, **options: Any) -> MeasureForm:
        return MeasureForm(
            rerankers=rerankers_for(base),
            chosen=tuning_of(base).reranker_id,
            chat_models=chat_models_for(base),
            **options,
        )

    def _page(
        self,
        base: KnowledgeBase,
        *,
        error: str = "",
        measure_form: MeasureForm | None = None,
        gate_form: GateForm | None = None,
    ) -> HttpResponse:
        runs = list(comparing.runs_of(base)[:MOST_RUNS])
        gate = gates.gate_of(base)
        is_refused = bool(error or measure_form or gate_form)
        tuned = MeasureForm.initial_of(tuning_of(base))
        context = {
            "knowledge_base": base,
            "runs": runs,
            "finished": [run for run in runs if run.figures],
            "measurable": measuring.measured(base.id).count(),
            "measure_form": measure_form or self._measure_form(base, initial=tuned),
            "is_otherwise": measure_form is not None,
            "gate": gate,
            "gate_form": gate_form or GateForm(initial={"most_fall": gate.most_fall} if gate else None),
            "gated": gates.open_change(base),
            "may_manage": can(self.actor, MANAGE),
            "error": error,
        }
        status = UNPROCESSABLE if is_refused else 200
        return render(self.request, "knowledge/evaluation.html", context, status=status)


class GatedChangePage(PersonPage):
    """A change that waits at the gate."""

    def post(self, request: Any, change_id: UUID) -> HttpResponse:
        """Make it all the same, give it up, or measure it again; what is over meanwhile is left alone."""
        change = gates.access_change(self.actor, change_id)
        decision = _DECISIONS.get(request.POST.get("action", ""))
        if decision is None:
            raise not_found()
        decision(actor=self.actor, change=change)
        return HttpResponseRedirect(_address(change.knowledge_base_id))


class RunPage(PersonPage):
    """One measurement."""

    def get(self, request: Any, evaluation_id: UUID) -> HttpResponse:
        """Its figures, and what each question found and was answered."""
        run = comparing.access_run(self.actor, evaluation_id)
        found = comparing.differences(self.actor, run, run)
        rows = sorted(found, key=lambda each: (each.after.ndcg or 0.0 if each.after else 0.0, each.text))
        context = {"knowledge_base": run.knowledge_base, "run": run, "rows": rows}
        return render(request, "knowledge/evaluation_run.html", context)


class ComparePage(PersonPage):
    """Two runs of one collection side by side: `?before=ID&after=ID`."""

    def get(self, request: Any, knowledge_base_id: UUID) -> HttpResponse:
        """Every question, what became worse first."""
        base = comparing.access_evaluated(self.actor, knowledge_base_id)
        if "before" not in request.GET or "after" not in request.GET:
            return HttpResponseRedirect(_address(base.pk))
        before, after = self._run(base, "before"), self._run(base, "after")
        context = {
            "knowledge_base": base,
            "before": before,
            "after": after,
            "rows": comparing.differences(self.actor, before, after),
        }
        return render(request, "knowledge/evaluation_compare.html", context)

    def _run(self, base: KnowledgeBase, name: str) -> EvaluationRun:
        wanted = id_of(self.request.GET.get(name, ""))
        run = comparing.runs_of(base).filter(id=wanted).first() if wanted else None
        if run is None:
            raise not_found()
        return run


def words_of(problem: ProblemError) -> str:
    """What a refusal says, for above a page."""
    words = " ".join(error["message"] for error in problem.errors or [])
    return words or f"{problem.title}. {problem.detail}"


def id_of(text: str) -> UUID | None:
    """The id in an address; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _address(base_id: UUID) -> str:
    return reverse("knowledge-evaluation", args=[base_id])
