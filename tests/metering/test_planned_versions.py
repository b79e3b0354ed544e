"""A price, rate or mark-up that is planned can be corrected or withdrawn; one that has begun stays."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError

from apps.rest.errors import ProblemError
from apps.tenants.scope import tenant_scope
from tests.metering.test_cost_pages import rest
from tests.metering.test_usage_page import browser

if TYPE_CHECKING:
    from tests.factories import Cast
    from tests.llm.conftest import Connected

NOW = dt.datetime.now(dt.UTC)
LATER = NOW + dt.timedelta(days=9)
PAGE = "/admin/usage/prices"


def _book(connected: Connected) -> dict[str, tuple[Any, Any]]:
    """Of each kind a version that holds and one that is planned."""
    from apps.metering.known_models import known_model
    from apps.metering.pricebook.services import exchange_rate_add, markup_add, price_plan
    from apps.metering.prices import Price

    model = known_model(connected.chat.pk)
    assert model is not None
    price = Price(Decimal(700), Decimal(900), "CHF")
    return {
        "exchange_rate": (
            exchange_rate_add(actor=None, currency="EUR", rate=Decimal("1.1")),
            exchange_rate_add(actor=None, currency="EUR", rate=Decimal("11.1"), valid_from=LATER),
        ),
        "markup": (
            markup_add(actor=None, percent=Decimal(5)),
            markup_add(actor=None, percent=Decimal(500), valid_from=LATER),
        ),
        "model_price": (
            price_plan(actor=None, model=model, price=Price(Decimal(7), Decimal(9), "USD")),
            price_plan(actor=None, model=model, price=price, valid_from=LATER),
        ),
    }


def test_what_is_planned_is_withdrawn_and_what_has_begun_stays(connected: Connected) -> None:
    from apps.audit.models import AuditEvent
    from apps.metering.pricebook.withdrawing import KINDS, version_withdraw

    with tenant_scope(connected.cast.acme.id):
        for kind, (begun, planned) in _book(connected).items():
            version_withdraw(actor=None, kind=kind, version=planned)
            with pytest.raises(ProblemError) as refused:
                version_withdraw(actor=None, kind=kind, version=begun)
            assert (refused.value.status, refused.value.code) == (409, "version_begun")
            assert list(KINDS[kind].objects.filter(pk__in=[begun.pk, planned.pk])) == [begun], kind
            (event,) = AuditEvent.objects.filter(action=f"{kind}.withdrawn")
            assert LATER.isoformat() in str(event.before)
        assert "700" in str(AuditEvent.objects.get(action="model_price.withdrawn").before)


def test_the_database_deletes_no_version_that_has_begun(connected: Connected) -> None:
    with tenant_scope(connected.cast.acme.id):
        versions = [begun for begun, _ in _book(connected).values()]
    for version in versions:
        with (
            pytest.raises(IntegrityError, match="version that has begun"),
            tenant_scope(connected.cast.acme.id),
        ):
            type(version).objects.filter(pk=version.pk).delete()


def test_a_price_of_now_is_corrected_beside_one_that_is_planned(connected: Connected) -> None:
    """Before, a planned price kept everybody from changing today's until its day."""
    from apps.metering.known_models import known_model
    from apps.metering.pricebook.services import price_plan
    from apps.metering.pricebook.upkeep import apply_due_prices
    from apps.metering.prices import Price

    with tenant_scope(connected.cast.acme.id):
        _book(connected)
        model = known_model(connected.chat.pk)
        assert model is not None
        price_plan(actor=None, model=model, price=Price(Decimal(3), Decimal(4), "USD"))
    apply_due_prices()
    with tenant_scope(connected.cast.acme.id):
        found = known_model(connected.chat.pk)
        assert found is not None
        assert found.price == Price(Decimal(3), Decimal(4), "USD")


def test_the_page_and_the_endpoints_withdraw_and_say_why_not(connected: Connected) -> None:
    cast = connected.cast
    with tenant_scope(cast.acme.id):
        book = _book(connected)
    alice, bob = browser(cast.acme, cast.alice), browser(cast.acme, cast.bob)
    page = alice.get(PAGE).content.decode()
    assert (page.count(">Planned</span>"), page.count(">Withdraw</button>")) == (3, 3)
    begun, planned = book["markup"]
    said = {"action": "withdraw", "kind": "markup", "version": str(planned.pk)}
    assert bob.post(PAGE, said).status_code == 404
    assert alice.post(PAGE, said).status_code == 302
    assert alice.post(PAGE, said).status_code == 404
    assert alice.post(PAGE, said | {"kind": "team"}).status_code == 404
    refused = alice.post(PAGE, said | {"version": str(begun.pk)})
    assert refused.status_code == 409
    assert "This version has begun" in refused.content.decode()
    for path, kind in (("exchange-rates", "exchange_rate"), ("model-prices", "model_price")):
        begun, planned = book[kind]
        assert rest(bob, "DELETE", f"{path}/{planned.pk}").status_code == 403
        assert rest(alice, "DELETE", f"{path}/{planned.pk}").status_code == 204
        assert rest(alice, "DELETE", f"{path}/{planned.pk}").status_code == 404
        assert rest(alice, "DELETE", f"{path}/{begun.pk}").status_code == 409
    assert ">Planned</span>" not in alice.get(PAGE).content.decode()


def test_the_page_names_currencies_without_a_rate_and_refuses_beside_the_field(connected: Connected) -> None:
    from apps.metering.known_models import known_model
    from apps.metering.pricebook.services import exchange_rate_add, price_plan
    from apps.metering.prices import Price

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        model = known_model(connected.chat.pk)
        assert model is not None
        price_plan(actor=None, model=model, price=Price(Decimal(1), Decimal(2), "CHF"))
    alice = browser(cast.acme, cast.alice)
    assert "Models are priced in CHF" in alice.get(PAGE).content.decode()
    with tenant_scope(cast.acme.id):
        exchange_rate_add(actor=None, currency="CHF", rate=Decimal("1.2"))
    page = alice.get(PAGE).content.decode()
    assert "Models are priced in" not in page
    assert "By the clock of UTC." in page
    wrong = alice.post(PAGE, {"action": "rate", "currency": "U$D", "rate": "1"}).content.decode()
    assert 'id="rate_currency_error"' in wrong
    wrong = alice.post(
        PAGE,
        {"action": "price", "price_model": str(connected.chat.pk), "price_input": "-1", "price_output": "1",
         "currency": "USD"},
    ).content.decode()  # fmt: skip
    assert "greater than or equal to 0" in wrong
    assert "Enter both prices" not in wrong


def test_two_names_of_a_team_that_is_gone_are_one_statement(cast: Cast) -> None:
    """Each model's last name stood for the team: a second statement of one team made all of them fail."""
    from uuid import uuid4

    from apps.metering.chargeback.making import statements_create
    from apps.metering.models import Statement
    from tests.metering.ledger import call_made

    gone = uuid4()
    with tenant_scope(cast.acme.id):
        for day, name, model in ((3, "Old", uuid4()), (4, "New", uuid4())):
            at = dt.datetime(2026, 10, day, 12, tzinfo=dt.UTC)
            call_made(at, "1", team_id=gone, team_name=name, model_id=model, model_slug=f"of-{name}")
    assert statements_create(cast.acme.id, dt.date(2026, 10, 1)) == 1
    with tenant_scope(cast.acme.id):
        assert Statement.objects.get().calls == 2
