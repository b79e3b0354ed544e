"""Providers: connections to model hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from apps.accounts.forms import tried
from apps.accounts.pages import paged, searched
from apps.llm.clearances.reaching import places_at
from apps.llm.endpoints import OWN_VENDORS
from apps.llm.forms import ConnectionForm
from apps.llm.models import CheckKind, CheckState, Connection, ConnectionCheck, Model
from apps.llm.selectors import vendor_label
from apps.llm.selectors.administration import access_connection, connections, newest_check, reach_of
from apps.llm.services import (
    connection_check_start,
    connection_create,
    connection_delete,
    connection_update,
)
from apps.llm.vendors.interface import Vendor
from apps.llm.vendors.registry import VENDORS
from apps.llm.views.base import UNPROCESSABLE, ModelsPage
from apps.llm.views.tables import Column, headings
from apps.llm.views.vendor_choices import vendor_choice, vendor_choices

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

PATIENCE_S = 20
COLUMNS: Final = (
    Column("Name", "name"),
    Column("Provider", "vendor"),
    Column("Address"),
    Column("Key"),
    Column("Models", "models", falls=True, is_number=True),
    Column("State", "state"),
)
SORTS: Final = {
    "": "Name",
    "-name": "Name, backwards",
    "vendor": "Provider",
    "models": "Most models",
    "state": "On first",
}


class ProviderListView(ModelsPage):
    template_name = "llm/providers.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = {name: searched(request, name) for name in ("q", "sort")}
        context = paged(request, connections(filters), **filters)
        for row in context["page"]:
            row.vendor_label = vendor_label(row.vendor)
        return self.page(**context, headings=headings(COLUMNS, filters), sorts=SORTS.items())


class ProviderChooseView(ModelsPage):
    template_name = "llm/provider_choose.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(choices=vendor_choices())


class ProviderAddView(ModelsPage):
    """The form of a vendor; of a retired one, what to use instead."""

    template_name = "llm/provider_form.html"

    def get(self, request: HttpRequest, vendor: str) -> HttpResponse:
        chosen = _vendor(vendor)
        return self.page(form=ConnectionForm(vendor=chosen), vendor=chosen, choice=vendor_choice(chosen))

    def post(self, request: HttpRequest, vendor: str) -> HttpResponse:
        chosen = _vendor(vendor)
        form = ConnectionForm(request.POST, vendor=chosen)
        made: list[Connection] = []
        if form.is_valid() and tried(form, lambda: made.append(self._create(vendor, form))):
            return HttpResponseRedirect(_page_of(made[0]))
        return self.page(form=form, vendor=chosen, choice=vendor_choice(chosen), status=UNPROCESSABLE)

    def _create(self, vendor: str, form: ConnectionForm) -> Connection:
        """The connection, with its list of models already asked for."""
        connection = connection_create(actor=self.actor, vendor=vendor, **form.changes())
        connection_check_start(actor=self.actor, connection=connection, kind=CheckKind.LIST)
        return connection


class ProviderView(ModelsPage):
    """A connection: its address, key, tests, and the models that are offered."""

    template_name = "llm/provider.html"

    def get(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        connection = access_connection(connection_id)
        return self.page(**provider_context(connection), saved=request.GET.get("saved"))


class ProviderCheckView(ModelsPage):
    """Test the connection, or list its models; the page that follows tells the result."""

    def post(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        connection = access_connection(connection_id)
        kind = request.POST.get("kind", "")
        if kind not in CheckKind.values:
            raise Http404
        connection_check_start(actor=self.actor, connection=connection, kind=CheckKind(kind))
        if kind == CheckKind.LIST:
            return HttpResponseRedirect(reverse("admin-provider-models", args=[connection.pk]))
        return HttpResponseRedirect(f"{_page_of(connection)}#{kind}")


class ProviderEditView(ModelsPage):
    template_name = "llm/provider_form.html"

    def get(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        connection = access_connection(connection_id)
        vendor = _vendor(connection.vendor)
        return self.page(
            form=ConnectionForm(vendor=vendor, connection=connection),
            vendor=vendor,
            choice=vendor_choice(vendor),
            connection=connection,
        )

    def post(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        connection = access_connection(connection_id)
        vendor = _vendor(connection.vendor)
        form = ConnectionForm(request.POST, vendor=vendor, connection=connection)
        if form.is_valid() and tried(
            form,
            lambda: connection_update(actor=self.actor, connection=connection, changes=form.changes()),
        ):
            return HttpResponseRedirect(f"{_page_of(connection)}?saved=1")
        return self.page(
            form=form,
            vendor=vendor,
            choice=vendor_choice(vendor),
            connection=connection,
            status=UNPROCESSABLE,
        )


class ProviderDeleteView(ModelsPage):
    """Names what breaks, then asks once more."""

    template_name = "llm/provider_delete.html"

    def get(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        connection = access_connection(connection_id)
        _vendor(connection.vendor)
        reach = reach_of(Model.objects.filter(connection=connection))
        return self.page(connection=connection, reach=reach)

    def post(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        connection = access_connection(connection_id)
        _vendor(connection.vendor)
        connection_delete(actor=self.actor, connection=connection)
        return HttpResponseRedirect(reverse("admin-providers"))


def provider_context(connection: Connection) -> dict[str, Any]:
    """What the connection's page shows."""
    models = list(Model.objects.filter(connection=connection).order_by("name"))
    cleared = {place.model_id: place.cleared for place in places_at(connection.pk)}
    for model in models:
        model.cleared = cleared[model.pk]  # type: ignore[attr-defined]  # for the template
    return {
        "connection": connection,
        "vendor_label": vendor_label(connection.vendor),
        "is_own": connection.vendor in OWN_VENDORS,
        "test": told(newest_check(connection, CheckKind.TEST)),
        "models": models,
    }


def told(check: ConnectionCheck | None) -> ConnectionCheck | None:
    """The check, with `is_live` while a worker may still answer and `is_late` once none did."""
    if check is None:
        return None
    age = (timezone.now() - check.created_at).total_seconds()
    waits = check.state in {CheckState.QUEUED, CheckState.RUNNING}
    check.is_late = waits and age > PATIENCE_S  # type: ignore[attr-defined]  # for the template
    check.is_live = waits and not check.is_late  # type: ignore[attr-defined]  # as above
    return check


def _vendor(slug: str) -> Vendor:
    """A vendor whose connections people make; raises Http404 for any other."""
    if slug not in VENDORS or slug in OWN_VENDORS:
        raise Http404
    return VENDORS[slug]


def _page_of(connection: Connection) -> str:
    return reverse("admin-provider", args=[connection.pk])
