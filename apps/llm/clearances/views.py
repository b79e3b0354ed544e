"""Admin pages of clearances: a connection's, a model's, each with what holds now and every version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.accounts.forms import tried
from apps.llm.clearances.forms import ConnectionClearanceForm, ModelClearanceForm
from apps.llm.clearances.reaching import places_at, places_of
from apps.llm.clearances.rules import Settings, cleared_for
from apps.llm.clearances.selectors import facts_of, versions_of
from apps.llm.clearances.services import connection_clearance_set, model_clearance_set
from apps.llm.models import Model
from apps.llm.selectors.administration import access_connection, access_model, reach_of
from apps.llm.views.base import UNPROCESSABLE, ModelsPage

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

    from apps.llm.models import Connection


class ConnectionClearanceView(ModelsPage):
    """How far texts may go by a connection."""

    template_name = "llm/clearance.html"

    def get(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        connection = access_connection(connection_id)
        return self._shown(connection, ConnectionClearanceForm(connection=connection))

    def post(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        connection = access_connection(connection_id)
        form = ConnectionClearanceForm(request.POST, connection=connection)
        if form.is_valid() and tried(
            form,
            lambda: connection_clearance_set(
                actor=self.actor,
                connection=connection,
                wanted=form.wanted(),
                reason=form.cleaned_data["reason"],
            ),
        ):
            address = reverse("admin-provider-clearance", args=[connection.pk])
            return HttpResponseRedirect(f"{address}?saved=1")
        return self._shown(access_connection(connection_id), form, status=UNPROCESSABLE)

    def _shown(self, connection: Connection, form: Any, *, status: int = 200) -> HttpResponse:
        places = places_at(connection.pk)
        models = Model.objects.filter(pk__in=[place.model_id for place in places])
        return self.page(
            of=connection,
            back=reverse("admin-provider", args=[connection.pk]),
            form=form,
            places=places,
            reach=reach_of(models),
            versions=versions_of(connection_id=connection.pk),
            saved=self.request.GET.get("saved", ""),
            status=status,
        )


class ModelClearanceView(ModelsPage):
    """How far texts may go to a model."""

    template_name = "llm/clearance.html"

    def get(self, request: HttpRequest, model_id: UUID) -> HttpResponse:
        model = access_model(model_id)
        return self._shown(model, self._form(model))

    def post(self, request: HttpRequest, model_id: UUID) -> HttpResponse:
        model = access_model(model_id)
        form = self._form(model, request.POST)
        if form.is_valid() and tried(
            form,
            lambda: model_clearance_set(
                actor=self.actor, model=model, wanted=form.wanted(), reason=form.cleaned_data["reason"]
            ),
        ):
            address = reverse("admin-model-clearance", args=[model.pk])
            return HttpResponseRedirect(f"{address}?saved=1")
        return self._shown(access_model(model_id), form, status=UNPROCESSABLE)

    def _form(self, model: Model, data: Any = None) -> ModelClearanceForm:
        connection = model.connection
        at_connection = cleared_for(facts_of(connection), Settings(connection.cleared_for))
        return ModelClearanceForm(data, model=model, at_connection=at_connection)

    def _shown(self, model: Model, form: ModelClearanceForm, *, status: int = 200) -> HttpResponse:
        return self.page(
            of=model,
            is_model=True,
            back=reverse("admin-model", args=[model.pk]),
            form=form,
            places=places_of([model.pk]),
            reach=reach_of([model]),
            versions=versions_of(model_id=model.pk),
            saved=self.request.GET.get("saved", ""),
            status=status,
        )
