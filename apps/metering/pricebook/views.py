"""The price book's page: currency, exchange rates, mark-ups and prices, each with its versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from apps.accounts.selectors import access_team, teams
from apps.metering.known_models import known_model, known_models, model_names, name_of
from apps.metering.money import plain
from apps.metering.pages import UNPROCESSABLE, CostPage
from apps.metering.pricebook import selectors, services
from apps.metering.pricebook.forms import CurrencyForm, MarkupForm, PriceForm, RateForm
from apps.metering.pricebook.selectors import Words
from apps.metering.pricebook.withdrawing import access_version, version_withdraw
from apps.rest.errors import ProblemError, not_found
from apps.rest.pages import id_of

if TYPE_CHECKING:
    from uuid import UUID

    from django import forms
    from django.http import HttpResponseBase

    from apps.metering.known_models import KnownModel

FORMS: Final = ("currency", "rate", "markup", "price")


class PriceBookView(CostPage):
    """What things cost, since when, and in which currency it is counted."""

    template_name = "metering/price_book.html"

    def get(self, request: Any) -> HttpResponseBase:
        """The page."""
        return self._page({})

    def post(self, request: Any) -> HttpResponseBase:
        """Add a version, or choose the currency."""
        self.require_manage()
        action = request.POST.get("action", "")
        if action == "withdraw":
            return self._withdraw(request.POST.get("kind", ""), id_of(request.POST.get("version", "")))
        if action not in FORMS:
            raise not_found()
        form = self._form(action, request.POST)
        if self.took(form, lambda said: self._write(action, form, said)):
            return self.saved()
        return self._page({f"{action}_form": form}, UNPROCESSABLE)

    def _withdraw(self, kind: str, version_id: UUID) -> HttpResponseBase:
        version = access_version(kind, version_id)
        try:
            version_withdraw(actor=self.actor, kind=kind, version=version)
        except ProblemError as problem:
            return self._page({"refused": f"{problem.title}. {problem.detail}"}, problem.status)
        return self.saved()

    def _form(self, name: str, data: Any = None) -> forms.Form:
        form = self._plain_form(name, data)
        if "valid_from" in form.fields:
            zone = self.organisation.time_zone
            form.fields["valid_from"].help_text = f"Empty: from now on. By the clock of {zone}."
        return form

    def _plain_form(self, name: str, data: Any) -> forms.Form:
        if name == "currency":
            return CurrencyForm(data, initial={"currency": self.organisation.currency})
        if name == "rate":
            return RateForm(data, auto_id="rate_%s")
        if name == "markup":
            return MarkupForm(data, teams=list(teams()), models=known_models())
        return PriceForm(data, models=known_models())

    def _write(self, name: str, form: Any, said: dict[str, Any]) -> None:
        if name == "currency":
            services.currency_set(actor=self.actor, currency=said["currency"])
        elif name == "rate":
            services.exchange_rate_add(
                actor=self.actor,
                currency=said["currency"],
                rate=said["rate"],
                valid_from=said["valid_from"],
            )
        elif name == "markup":
            services.markup_add(
                actor=self.actor,
                percent=said["percent"],
                team=access_team(id_of(said["team"])) if said["team"] else None,
                model=_model(said["model"]) if said["model"] else None,
                valid_from=said["valid_from"],
            )
        else:
            services.price_plan(
                actor=self.actor,
                model=_model(said["price_model"]),
                price=form.price,
                valid_from=said["valid_from"],
            )

    def _page(self, made: dict[str, Any], status: int = 200) -> HttpResponseBase:
        forms = {f"{name}_form": self._form(name) for name in FORMS} | made
        names, models = model_names(), selectors.priced_models()
        return self.page(
            status=status,
            lacking=selectors.lacking_rates(self.organisation.currency, models),
            rates=[(row, plain(row.rate)) for row in selectors.exchange_rates()[: selectors.MOST]],
            markups=[
                (row, plain(row.percent), name_of(names, row.model_id, row.model_slug))
                for row in selectors.markups()[: selectors.MOST]
            ],
            models=models,
            prices=[
                (row, Words.of(row.price), name_of(names, row.model_id, row.model_slug))
                for row in selectors.model_prices()[: selectors.MOST]
            ],
            **forms,
        )


def _model(text: str) -> KnownModel:
    model = known_model(id_of(text))
    if model is None:
        raise not_found()
    return model
