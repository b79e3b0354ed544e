"""Models: what is offered, what is said of it, and which teams may use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.llm.forms import ModelForm, TeamsForm
from apps.llm.models import Model
from apps.llm.selectors import differences, facts_for, price_for, vendor_label
from apps.llm.selectors.administration import (
    access_model,
    reach_of,
    teams,
)
from apps.llm.selectors.catalogued import RESETTABLE
from apps.llm.services import model_grants_set, model_reset, model_update
from apps.llm.views.base import UNPROCESSABLE, ModelsPage, tried

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
        return self.page(**model_context(model) | {"form": form}, saved=saved, status=status)


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
    granted = [str(pk) for pk in model.grants.values_list("team_id", flat=True)]
    return {
        "model": model,
        "form": ModelForm(model=model),
        "teams_form": TeamsForm(teams=teams(), chosen=granted),
        "reach": reach_of(Model.objects.filter(pk=model.pk)),
        "price": price_for(model),
        "differences": differences(model),
        "source": facts_for(model).source,
        "vendor_label": vendor_label(model.connection.vendor),
    }


def _page_of(model: Model) -> str:
    return reverse("admin-model", args=[model.pk])
