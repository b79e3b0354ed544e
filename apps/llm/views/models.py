"""Models: what is offered, what is said of it, and which teams may use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.accounts.forms import tried
from apps.llm.clearances.reaching import places_of as cleared_places
from apps.llm.forms import ModelForm, TeamsForm
from apps.llm.models import Model
from apps.llm.policy.selectors import parameters_of
from apps.llm.policy.shown import told
from apps.llm.routes.services import MOST_TEXT
from apps.llm.routes.shown import trial_shown
from apps.llm.selectors import differences, facts_for, price_for
from apps.llm.selectors.administration import (
    access_model,
    access_model_trial,
    access_team,
    reach_of,
    teams,
)
from apps.llm.selectors.catalogued import RESETTABLE
from apps.llm.selectors.health import places_of
from apps.llm.services import model_grants_set, model_reset, model_trial_start, model_update
from apps.llm.vendors.base import Modality
from apps.llm.views.base import UNPROCESSABLE, ModelsPage, uuid_of
from apps.runs.services import run_stop

if TYPE_CHECKING:
    from django.http import HttpRequest


class ModelView(ModelsPage):
    """What is said of a model, and its teams."""

    template_name = "llm/model.html"

    def get(self, request: HttpRequest, model_id: UUID) -> HttpResponse:
        model = access_model(model_id)
        return self._shown(model, ModelForm(model=model), saved=request.GET.get("saved", ""))

    def post(self, request: HttpRequest, model_id: UUID) -> HttpResponse:
        model = access_model(model_id)
        form = ModelForm(request.POST, model=model)
        if form.is_valid() and tried(
            form, lambda: model_update(actor=self.actor, model=model, changes=form.cleaned_data)
        ):
            return HttpResponseRedirect(f"{_page_of(model)}?saved=1")
        return self._shown(access_model(model_id), form, status=UNPROCESSABLE)

    def _shown(self, model: Model, form: ModelForm, *, saved: str = "", status: int = 200) -> HttpResponse:
        key = self.request.GET.get("trial", "")
        trial = trial_shown(access_model_trial(model, uuid_of(key))) if key else None
        return self.page(**model_context(model) | {"form": form}, trial=trial, saved=saved, status=status)


class ModelTrialView(ModelsPage):
    """Asks the model as a team would."""

    template_name = "llm/model.html"

    def get(self, request: HttpRequest, model_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(f"{_page_of(access_model(model_id))}#trial")

    def post(self, request: HttpRequest, model_id: UUID) -> HttpResponse:
        model = access_model(model_id)
        team = access_team(uuid_of(request.POST.get("team", "")))
        text = request.POST.get("text", "")
        try:
            run = model_trial_start(actor=self.actor, model=model, team=team, text=text)
        except ValidationError as error:
            refused = {"messages": error.messages, "text": text, "team": team}
            return self.page(**model_context(model), trial_refused=refused, status=UNPROCESSABLE)
        return HttpResponseRedirect(f"{_page_of(model)}?trial={run.pk}#trial")


class ModelTrialResultView(ModelsPage):
    """A trial as far as it has come, without the page around it: what the page asks for again and again."""

    template_name = "llm/trial.html"

    def get(self, request: HttpRequest, model_id: UUID, trial_id: UUID) -> HttpResponse:
        return self.page(trial=trial_shown(access_model_trial(access_model(model_id), trial_id)))


class ModelTrialStopView(ModelsPage):
    """Ends a trial that still runs; what it has said stays."""

    def post(self, request: HttpRequest, model_id: UUID, trial_id: UUID) -> HttpResponse:
        model = access_model(model_id)
        run_stop(run_id=access_model_trial(model, trial_id).pk)
        return HttpResponseRedirect(f"{_page_of(model)}?trial={trial_id}#trial")


class ModelResetView(ModelsPage):
    """Put one value, or all, back to what the catalogue says."""

    template_name = "llm/model.html"

    def post(self, request: HttpRequest, model_id: UUID) -> HttpResponse:
        model = access_model(model_id)
        chosen = [name for name in RESETTABLE if name in request.POST.getlist("field")]
        try:
            model_reset(actor=self.actor, model=model, fields=chosen)
        except ValidationError as error:
            shown = access_model(model_id)
            return self.page(**model_context(shown), refused=error.messages, status=UNPROCESSABLE)
        return HttpResponseRedirect(f"{_page_of(model)}?saved=1")


class ModelTeamsView(ModelsPage):
    """Which teams may use the model."""

    def post(self, request: HttpRequest, model_id: UUID) -> HttpResponse:
        model = access_model(model_id)
        form = TeamsForm(request.POST, teams=teams(), chosen=[])
        if not form.is_valid():
            return HttpResponseRedirect(_page_of(model))
        chosen = [UUID(team_id) for team_id in form.cleaned_data["teams"]]
        model_grants_set(actor=self.actor, model=model, team_ids=chosen)
        return HttpResponseRedirect(f"{_page_of(model)}?saved=teams#teams")


def model_context(model: Model) -> dict[str, Any]:
    """What the model's page shows."""
    reach, among = reach_of([model]), teams()
    granted = reach.team_ids
    is_open = any(team.is_everyone and team.pk in granted for team in among)
    is_chat = model.modality == Modality.CHAT.value
    return {
        "model": model,
        "form": ModelForm(model=model),
        "teams_form": TeamsForm(teams=among, chosen=[str(pk) for pk in granted]),
        "reach": reach,
        "price": price_for(model),
        "differences": differences(model),
        "source": facts_for(model).source,
        "is_chat": is_chat,
        "places": places_of(model),
        "cleared": cleared_places([model.pk]),
        "parameters": [
            (team, told(settings, team))
            for team, settings in (parameters_of(model, among) if is_chat else [])
        ],
        "trial_teams": [team for team in among if is_open or team.pk in granted],
        "most_text": MOST_TEXT,
    }


def _page_of(model: Model) -> str:
    return reverse("admin-model", args=[model.pk])
