"""Where a model runs: further connections of the same model, and how its calls are shared out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.accounts.forms import tried
from apps.llm.selectors.administration import access_model
from apps.llm.selectors.health import deployable_connections, places_of
from apps.llm.services import Place, deployments_set
from apps.llm.services.deployments import MOST_WEIGHT
from apps.llm.views.base import UNPROCESSABLE, ModelsPage

if TYPE_CHECKING:
    from django.http import HttpRequest

    from apps.llm.models import Connection, Model
    from apps.llm.selectors.health import DeploymentPlace

_SHARE_HELP = "2 gets twice the calls of 1. 0: a reserve, called only while no other place answers."


class DeploymentsForm(forms.Form):
    """The share of the model's own connection, each further place, and one more to add."""

    own_weight = forms.IntegerField(label="Share", min_value=0, max_value=MOST_WEIGHT)
    connection = forms.ChoiceField(required=False)
    vendor_model = forms.CharField(
        label="Id of the model there", required=False, max_length=200, help_text="Empty: the same id."
    )
    weight = forms.IntegerField(
        label="Share", required=False, min_value=0, max_value=MOST_WEIGHT, initial=1, help_text=_SHARE_HELP
    )

    def __init__(
        self, data: Any = None, *, places: list[DeploymentPlace], connections: list[Connection]
    ) -> None:
        super().__init__(data)
        self.own, *self.further = places
        self.fields["own_weight"].initial = self.own.weight
        taken = {place.standing.connection.pk for place in places}
        free = [(str(row.pk), row.name) for row in connections if row.pk not in taken]
        self.fields["connection"].choices = [("", "None"), *free]  # type: ignore[attr-defined]  # a choice field
        for number, place in enumerate(self.further):
            self._add(number, place)

    def _add(self, number: int, place: DeploymentPlace) -> None:
        model = forms.CharField(label="Id of the model there", max_length=200, initial=place.vendor_model)
        share = forms.IntegerField(label="Share", min_value=0, max_value=MOST_WEIGHT, initial=place.weight)
        self.fields[f"vendor_model_{number}"] = model
        self.fields[f"weight_{number}"] = share
        self.fields[f"remove_{number}"] = forms.BooleanField(label="Remove", required=False)

    def rows(self) -> list[dict[str, Any]]:
        """Each further place with its fields."""
        names = ("vendor_model", "weight", "remove")
        return [
            {"place": place, **{name: self[f"{name}_{number}"] for name in names}}
            for number, place in enumerate(self.further)
        ]

    def places(self) -> list[Place]:
        """What the form asks for, as the service takes it."""
        data = self.cleaned_data
        found = [
            Place(place.standing.connection.pk, data[f"vendor_model_{number}"], data[f"weight_{number}"])
            for number, place in enumerate(self.further)
            if not data[f"remove_{number}"]
        ]
        if data["connection"]:
            weight = 1 if data["weight"] is None else data["weight"]
            found.append(Place(UUID(data["connection"]), data["vendor_model"], weight))
        return found


class ModelDeploymentsView(ModelsPage):
    """The places of a model with how each fares, and the form that changes them."""

    template_name = "llm/model_deployments.html"

    def get(self, request: HttpRequest, model_id: UUID) -> HttpResponse:
        model = access_model(model_id)
        return self.page(**self._context(model), saved=request.GET.get("saved", ""))

    def post(self, request: HttpRequest, model_id: UUID) -> HttpResponse:
        model = access_model(model_id)
        context = self._context(model, request.POST)
        form = context["form"]
        if form.is_valid() and tried(form, lambda: self._save(model, form)):
            return HttpResponseRedirect(f"{reverse('admin-model-deployments', args=[model.pk])}?saved=1")
        return self.page(**context, status=UNPROCESSABLE)

    def _save(self, model: Model, form: DeploymentsForm) -> None:
        own_weight = form.cleaned_data["own_weight"]
        deployments_set(actor=self.actor, model=model, own_weight=own_weight, places=form.places())

    def _context(self, model: Model, data: Any = None) -> dict[str, Any]:
        places = places_of(model)
        form = DeploymentsForm(data, places=places, connections=deployable_connections(model))
        return {"model": model, "places": places, "form": form}
