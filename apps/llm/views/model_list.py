"""The list of models: searched, filtered and sorted by the address, many switched at once, as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.accounts.exports import as_csv
from apps.accounts.forms import tried
from apps.audit.services import record
from apps.llm.catalogue import ABILITIES
from apps.llm.forms import BulkForm
from apps.llm.models import MODALITIES, Connection, Model
from apps.llm.selectors import badges_of, differences, price_for
from apps.llm.selectors.administration import reach_of, teams
from apps.llm.selectors.offered import FILTERS, PRICES, offered_models, priced
from apps.llm.services import models_reset, models_set_state
from apps.llm.views.base import UNPROCESSABLE, ModelsPage
from apps.llm.views.tables import Column, headings

if TYPE_CHECKING:
    from django.http import HttpRequest

PER_PAGE: Final = 50
TEAMS_SHOWN: Final = 4
MOST_EXPORTED: Final = 2_000
SORTS: Final = {
    "": "Name",
    "-name": "Name, backwards",
    "provider": "Provider",
    "-provider": "Provider, backwards",
    "context": "Largest context",
    "-context": "Smallest context",
    "price": "Cheapest",
    "-price": "Dearest",
    "state": "On first",
    "-state": "Off first",
    "newest": "Newest",
}
COLUMNS: Final = (
    Column("Name", "name"),
    Column("Provider", "provider"),
    Column("Abilities"),
    Column("Context", "context", falls=True, is_number=True),
    Column("Price", "price", is_number=True),
    Column("Teams"),
    Column("State", "state"),
)
MORE: Final = ("kind", "ability", "team", "price", "sort")
"""Filters that stay folded until one is used."""
_HEADINGS: Final = (
    "name", "id", "provider", "model of the provider", "kind", "abilities", "context window",
    "output limit", "price in", "price out", "price a picture", "price a search", "currency",
    "price from", "teams", "state",
)  # fmt: skip


class ModelListView(ModelsPage):
    template_name = "llm/models.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        context = _list_context(request.GET)
        return self.page(**context, done=request.GET.get("done", ""), undo=_ids(request.GET.get("undo", "")))


class ModelBulkView(ModelsPage):
    """Switch the ticked models on or off, or reset them; back to the same list.

    What takes something away is shown with its reach first, and switching off can be undone from the list.
    """

    template_name = "llm/models.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        ids = [str(pk) for pk in Model.objects.values_list("pk", flat=True)]
        form = BulkForm(request.POST, offered=ids)
        done: list[Model] = []
        if form.is_valid() and form.cleaned_data["action"] != "on" and "confirm" not in request.POST:
            return self._review(request, **form.cleaned_data)
        if form.is_valid() and tried(form, lambda: done.extend(self._do(**form.cleaned_data))):
            said = {"done": len(done)} | _undo(form.cleaned_data["action"], done)
            address = f"{reverse('admin-models')}?{_query(request.POST)}{urlencode(said)}"
            return HttpResponseRedirect(address)
        return self.page(**_list_context(request.POST), form=form, status=UNPROCESSABLE)

    def _review(self, request: HttpRequest, models: list[UUID], action: str) -> HttpResponse:
        chosen = Model.objects.filter(pk__in=models)
        reach = reach_of(chosen.filter(is_enabled=True) if action == "off" else chosen)
        self.template_name = "llm/models_review.html"
        return self.page(
            action=action, reach=reach, filters=_filters(request.POST), query=_query(request.POST)
        )

    def _do(self, models: list[UUID], action: str) -> list[Model]:
        """Does it; the models that are now other than before."""
        if action == "reset":
            return models_reset(actor=self.actor, model_ids=models)
        others = Model.objects.filter(pk__in=models, is_enabled=action != "on")
        other = set(others.values_list("pk", flat=True))
        found = models_set_state(actor=self.actor, model_ids=models, is_enabled=action == "on")
        return [model for model in found if model.pk in other]


class ModelExportView(ModelsPage):
    """The filtered list as CSV; recorded."""

    def get(self, request: Any) -> HttpResponse:
        filters = _filters(request.GET)
        found = priced(offered_models(filters), filters)[:MOST_EXPORTED]
        kept = {name: value for name, value in filters.items() if value}
        record(actor=self.actor, action="models.exported", target_type="model", detail=kept)
        return as_csv(f"models-{request.tenant.slug}", _HEADINGS, (_cells(model) for model in found))


def _cells(model: Model) -> list[object]:
    price = price_for(model)
    amounts = [price.input, price.output, price.picture, price.search]
    granted = ", ".join(grant.team.name for grant in model.grants.all())
    state = "on" if model.is_enabled and model.connection.is_enabled else "off"
    return [
        model.name, model.slug, model.connection.name, model.vendor_model, model.modality,
        " ".join(model.abilities), model.context_window, model.max_output, *amounts, price.currency,
        price.origin, granted, state,
    ]  # fmt: skip


def _undo(action: str, done: list[Model]) -> dict[str, str]:
    """What the address carries so that the list can offer Undo: the ids of what was switched off."""
    return {"undo": ".".join(model.pk.hex for model in done)} if action == "off" and done else {}


def _ids(text: str) -> list[UUID]:
    """The ids of such an address; none where it is not one."""
    try:
        return [UUID(part) for part in text.split(".")[:PER_PAGE]] if text else []
    except ValueError:
        return []


def _list_context(given: Any) -> dict[str, Any]:
    filters = _filters(given)
    query = _query(given)
    page = Paginator(priced(offered_models(filters), filters), PER_PAGE).get_page(given.get("page"))
    for model in page:
        model.price_shown = price_for(model)  # type: ignore[attr-defined]  # for the template
        model.badges = badges_of(model)  # type: ignore[attr-defined]  # as above
        model.own_values = [each.label for each in differences(model)]  # type: ignore[attr-defined]  # as above
        model.more_teams = len(model.grants.all()) - TEAMS_SHOWN  # type: ignore[attr-defined]  # as above
    return {
        "page": page,
        "filters": filters,
        "query": query,
        "chosen": [name for name in FILTERS if filters[name] and name != "sort"],
        "has_more": any(filters[name] for name in MORE),
        "providers": list(Connection.objects.order_by("name").values_list("name", flat=True)),
        "teams": teams(),
        "kinds": MODALITIES,
        "abilities": [(name, name.capitalize()) for name in ABILITIES],
        "prices": PRICES.items(),
        "sorts": SORTS.items(),
        "headings": headings(COLUMNS, filters),
    }


def _filters(given: Any) -> dict[str, str]:
    return {name: given.get(name, "").replace("\x00", "")[:100] for name in FILTERS}


def _query(given: Any) -> str:
    """The filters as the address carries them: empty, or ending in &."""
    chosen = {name: value for name, value in _filters(given).items() if value}
    return f"{urlencode(chosen)}&" if chosen else ""
