"""A host's own list of models, with ticks for those to offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.accounts.forms import tried
from apps.llm.endpoints import OWN_VENDORS
from apps.llm.forms import OfferForm
from apps.llm.models import MODALITIES, CheckKind, Connection
from apps.llm.selectors import vendor_label
from apps.llm.selectors.administration import access_connection, newest_check
from apps.llm.selectors.available import FILTERS, HostListing, host_listing, listed_entries
from apps.llm.services import Offer, model_offer
from apps.llm.vendors.base import Modality
from apps.llm.views.base import UNPROCESSABLE, ModelsPage
from apps.llm.views.providers import told
from apps.llm.views.tables import Column, headings

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

PER_PAGE: Final = 50
COLUMNS: Final = (
    Column("Model", "name"),
    Column("Kind", "kind"),
    Column("Abilities"),
    Column("Context", "context", falls=True, is_number=True),
    Column("Price", "price", is_number=True),
)
SORTS: Final = {
    "": "Name",
    "-name": "Name, backwards",
    "kind": "Kind",
    "context": "Widest context first",
    "price": "Cheapest first",
    "-price": "Dearest first",
}


class ProviderModelsView(ModelsPage):
    """What the host has, searched by the address; what is ticked becomes a model of the tenant."""

    template_name = "llm/provider_models.html"

    def get(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        connection = _access(connection_id)
        context = _context(connection, request.GET)
        return self.page(**context, form=OfferForm(listed=[]), saved=request.GET.get("saved", ""))

    def post(self, request: HttpRequest, connection_id: UUID) -> HttpResponse:
        connection = _access(connection_id)
        listed = listed_entries(connection)
        form = OfferForm(request.POST, listed=list(listed))
        if form.is_valid() and tried(form, lambda: self._offer(connection, form, listed)):
            count = len(form.cleaned_data["ids"])
            address = reverse("admin-provider-models", args=[connection.pk])
            return HttpResponseRedirect(f"{address}?{_query(request.POST)}saved={count}")
        return self.page(**_context(connection, request.POST), form=form, status=UNPROCESSABLE)

    def _offer(self, connection: Connection, form: OfferForm, listed: dict[str, dict[str, Any]]) -> None:
        kind = form.cleaned_data["kind"]
        offers = [_offer(name, listed, kind) for name in form.cleaned_data["ids"]]
        model_offer(actor=self.actor, connection=connection, offers=offers)


def _access(connection_id: UUID) -> Connection:
    """A connection whose models people choose; the installation's own come as they are: Http404."""
    connection = access_connection(connection_id)
    if connection.vendor in OWN_VENDORS:
        raise Http404
    return connection


def _offer(name: str, listed: dict[str, dict[str, Any]], kind: str) -> Offer:
    entry = listed.get(name)
    if entry is None:
        return Offer(name, Modality(kind) if kind else None)
    return Offer(name, Modality(entry["modality"]), entry.get("context_window"))


def _context(connection: Connection, given: Any) -> dict[str, Any]:
    filters = {name: given.get(name, "").replace("\x00", "")[:100] for name in (*FILTERS, "sort")}
    listing: HostListing = host_listing(connection, filters)
    page = Paginator(listing.ordered(filters["sort"]), PER_PAGE).get_page(given.get("page"))
    return {
        "connection": connection,
        "vendor_label": vendor_label(connection.vendor),
        "listing": told(newest_check(connection, CheckKind.LIST)),
        "total": listing.total,
        "page": page,
        "rows": listing.page(list(page.object_list)),
        "filters": filters,
        "headings": headings(COLUMNS, filters),
        "sorts": SORTS.items(),
        "query": _query(given),
        "kinds": MODALITIES,
    }


def _query(given: Any) -> str:
    """The filters as the address carries them: empty, or ending in &."""
    chosen = {name: given.get(name, "") for name in (*FILTERS, "sort") if given.get(name)}
    return f"{urlencode(chosen)}&" if chosen else ""
