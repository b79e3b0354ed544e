"""The administration's pages and endpoints of costs and limits: who sees them, what they change."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.tenants.scope import tenant_scope
from tests.metering.ledger import call_made
from tests.metering.test_usage_page import browser

if TYPE_CHECKING:
    from django.test import Client

    from tests.factories import Cast
    from tests.llm.conftest import Connected

PAGES = ("statements", "prices", "invoices", "calls", "limits")
OCTOBER = dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC)


@pytest.fixture
def alice(connected: Connected) -> Client:
    """The administrator's browser."""
    return browser(connected.cast.acme, connected.cast.alice)


def rest(client: Client, method: str, path: str, body: Any = None) -> Any:
    """An endpoint as a page calls it."""
    return client.generic(
        method,
        f"/api/v1/{path}",
        b"" if body is None else json.dumps(body),
        content_type="application/json",
    )


def frozen(cast: Cast) -> Any:
    """October's statement of engineering."""
    from apps.metering.chargeback.making import statements_create
    from apps.metering.models import Statement

    with tenant_scope(cast.acme.id):
        call_made(OCTOBER, "12.345", team_id=cast.engineering.pk, user_id=cast.bob.pk)
    statements_create(cast.acme.id, dt.date(2026, 10, 1))
    with tenant_scope(cast.acme.id):
        return Statement.objects.get()


@pytest.mark.parametrize("page", PAGES)
def test_administrators_see_every_page_auditors_read_it_and_members_do_not(page: str, cast: Cast) -> None:
    from apps.accounts.services import user_create

    with tenant_scope(cast.acme.id):
        auditor = user_create(actor=None, email="aud@acme.example", name="Aud", role="auditor")
    path = f"/admin/usage/{page}"
    assert browser(cast.acme, cast.alice).get(path).status_code == 200
    reader = browser(cast.acme, auditor)
    assert reader.get(path).status_code == 200
    if page != "calls":
        assert reader.post(path, {"action": "currency"}).status_code == 403
    assert browser(cast.acme, cast.bob).get(path).status_code == 404


def test_limits_are_set_inherited_and_removed(alice: Client, connected: Connected) -> None:
    from apps.metering.models import RateLimit

    cast = connected.cast
    assert (
        alice.post("/admin/usage/limits", {"person_requests": "20", "key_tokens": "5000"}).status_code == 302
    )
    team_path = f"/admin/teams/{cast.engineering.pk}/limits"
    assert "default: 20" in alice.get(team_path).content.decode()
    alice.post(team_path, {"person_requests": "7"})
    alice.post(team_path, {"action": "model", "model": str(connected.chat.pk), "tokens": "900"})
    with tenant_scope(cast.acme.id):
        found = {(row.team_id, row.of, row.requests, row.tokens) for row in RateLimit.objects.all()}
        one = RateLimit.objects.get(of="model")
    assert found == {
        (None, "person", 20, None), (None, "key", None, 5000),
        (cast.engineering.pk, "person", 7, None), (cast.engineering.pk, "model", None, 900),
    }  # fmt: skip
    assert "Engineering" in alice.get("/admin/usage/limits").content.decode()
    refused = alice.post(team_path, {"action": "model", "model": str(connected.chat.pk)})
    assert (refused.status_code, "Enter how many requests" in refused.content.decode()) == (422, True)
    alice.post(team_path, {"action": "remove", "limit": str(one.pk)})
    alice.post("/admin/usage/limits", {})
    assert [row["of"] for row in rest(alice, "GET", "rate-limits").json()["results"]] == ["person"]


def test_limits_over_rest(alice: Client, connected: Connected) -> None:
    body = {"of": "model", "model_id": str(connected.chat.pk), "requests": 3}
    made = rest(alice, "PUT", "rate-limits", body).json()
    assert (made["model"], made["requests"], made["tokens"]) == ("big-model", 3, None)
    assert rest(alice, "PUT", "rate-limits", {"of": "model", "requests": 3}).status_code == 400
    assert rest(alice, "DELETE", f"rate-limits/{made['id']}").status_code == 204
    assert rest(alice, "PUT", "rate-limits", {"of": "person"}).status_code == 204


def test_price_book_takes_versions_in_the_organisations_time(alice: Client, connected: Connected) -> None:
    from apps.accounts.models import TenantSettings
    from apps.metering.models import ExchangeRate, Markup

    with tenant_scope(connected.cast.acme.id):
        TenantSettings.objects.update(time_zone="Asia/Tokyo")
    path = "/admin/usage/prices"
    alice.post(path, {"action": "currency", "currency": "eur"})
    said = {"action": "rate", "currency": "USD", "rate": "0.9", "valid_from": "2026-01-01T09:00"}
    assert alice.post(path, said).status_code == 302
    alice.post(path, {"action": "markup", "percent": "12.5", "model": str(connected.chat.pk)})
    refused = alice.post(path, said)
    assert (refused.status_code, "keep what held then" in refused.content.decode()) == (422, True)
    planned = {
        "action": "price", "price_model": str(connected.chat.pk), "price_input": "1", "price_output": "2",
        "currency": "EUR",
    }  # fmt: skip
    by_piece = alice.post(path, planned | {"price_unit": "3"})
    assert (by_piece.status_code, "sold by the piece" in by_piece.content.decode()) == (422, True)
    assert alice.post(path, planned).status_code == 302
    with tenant_scope(connected.cast.acme.id):
        assert ExchangeRate.objects.get().valid_from == dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        assert Markup.objects.get().model_slug == "big-model"
    page = alice.get(path).content.decode()
    for words in ("1 USD", "0.9 EUR", "12.5%", "1 EUR", "Alice Admin"):
        assert words in page
    assert rest(alice, "GET", "currency").json() == {"currency": "EUR"}
    for name in ("exchange-rates", "markups", "model-prices"):
        assert rest(alice, "GET", name).json()["results"]
    added = rest(alice, "POST", "markups", {"percent": "3", "team_id": str(connected.cast.sales.pk)})
    assert (added.status_code, added.json()["team"]) == (201, "Sales")


def test_statement_as_page_csv_pdf_and_rest_for_admin_and_lead(cast: Cast) -> None:
    from apps.accounts.services import membership_add

    statement = frozen(cast)
    alice, path = browser(cast.acme, cast.alice), f"/admin/usage/statements/{statement.pk}"
    assert "12.35 USD" in alice.get(path).content.decode()
    assert "12.345000000000" in alice.get(f"{path}?format=csv").content.decode()
    assert alice.get(f"{path}?format=pdf").content.startswith(b"%PDF")
    assert "No. 1" in alice.get("/admin/usage/statements?month=2026-10").content.decode()
    own, bob = f"/settings/usage/statements/{statement.pk}", browser(cast.acme, cast.bob)
    assert bob.get(own).status_code == 404
    assert rest(bob, "GET", f"statements/{statement.pk}").status_code == 404
    with tenant_scope(cast.acme.id):
        membership_add(actor=None, team=cast.engineering, user=cast.bob, role="lead")
    assert "12.35 USD" in bob.get(own).content.decode()
    assert "No. 1" in bob.get("/settings/usage/statements").content.decode()
    found = rest(bob, "GET", f"statements/{statement.pk}").json()
    assert (Decimal(found["charge"]), len(found["lines"])) == (Decimal("12.345"), 1)
    assert rest(bob, "GET", f"statements/{statement.pk}/pdf").content.startswith(b"%PDF")
    assert [row["number"] for row in rest(bob, "GET", "statements").json()["results"]] == [1]


def test_cost_centre_stands_on_later_statements(cast: Cast) -> None:
    alice = browser(cast.acme, cast.alice)
    alice.post("/admin/usage/statements", {"team": str(cast.engineering.pk), "code": " CC-7 "})
    assert frozen(cast).cost_centre == "CC-7"
    path = f"teams/{cast.engineering.pk}/cost-centre"
    assert rest(alice, "PUT", path, {"code": ""}).json()["code"] == ""
    refused = alice.post("/admin/usage/statements", {"team": str(cast.engineering.pk), "code": "x" * 41})
    assert (refused.status_code, "at most 40 characters" in refused.content.decode()) == (422, True)


def test_call_is_corrected_on_its_page_and_over_rest(cast: Cast) -> None:
    with tenant_scope(cast.acme.id):
        call = call_made(dt.datetime.now(dt.UTC), "10", price={"source": "override", "input": "3"})
    alice, path = browser(cast.acme, cast.alice), f"/admin/usage/calls/{call.call_id}"
    assert str(call.call_id) in alice.get("/admin/usage/calls").content.decode()
    assert "Source: override" in alice.get(path).content.decode()
    said = {"tokens_input": "100", "tokens_output": "50", "cost": "9", "reason": "Billed less."}
    assert alice.post(path, said).status_code == 302
    assert "Billed less." in alice.get(path).content.decode()
    again = alice.post(path, said)
    assert (again.status_code, "its figures already" in again.content.decode()) == (422, True)
    assert str(call.call_id) in alice.get("/admin/usage/calls?corrected=1").content.decode()
    made = rest(
        alice, "POST", f"usage/calls/{call.call_id}/corrections",
        {"tokens_input": 100, "tokens_output": 50, "cost": "8", "reason": "Less still."},
    )  # fmt: skip
    assert (made.status_code, Decimal(made.json()["cost"])) == (201, Decimal(-1))
    found = rest(alice, "GET", f"usage/calls/{call.call_id}").json()
    assert [Decimal(row["cost"]) for row in found["corrections"]] == [Decimal(-1), Decimal(-1)]
    assert len(rest(alice, "GET", "usage/calls").json()["results"]) == 1


def test_an_unknown_file_lets_its_columns_be_chosen(cast: Cast) -> None:
    text = "Tag;Modell;Betrag\n04.10.2026;gpt-big;6,5\n"
    alice = browser(cast.acme, cast.alice)

    def post(**more: str) -> Any:
        file = io.BytesIO(text.encode("utf-16"))
        file.name = "unknown.csv"
        return alice.post("/admin/usage/invoices", {"file": file, "currency": "EUR", **more})

    asked = post(form="auto")
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "This is no provider&#x27;s file that is known." in page
    assert '<option value="generic" selected>' in page
    assert page.count('<option value="Modell">Modell</option>') == 5
    kept = post(form="generic", day="Tag", model="Modell", amount="Betrag")
    assert kept.status_code == 302
    assert "6.50 EUR" in alice.get(kept.headers["Location"]).content.decode()


def test_invoice_is_uploaded_compared_exported_and_forgotten(cast: Cast) -> None:
    with tenant_scope(cast.acme.id):
        call_made(OCTOBER, "5", model_asked="gpt-big")
    alice = browser(cast.acme, cast.alice)
    text = "date,model,input_tokens,output_tokens,cost_usd\n2026-10-05,gpt-big,100,50,6.5\n=1+1,,,,\n"
    file = io.BytesIO(text.encode())
    file.name = "october.csv"
    made = alice.post("/admin/usage/invoices", {"file": file, "form": "openai", "currency": "USD"})
    assert made.status_code == 302
    path = made.headers["Location"].partition("?")[0]
    page = alice.get(path).content.decode()
    assert "1.50 USD" in page
    assert "1 row without a day or a model" in page
    assert "2026-10-05,gpt-big,100,100,50,50,6.500000000000,5.000000000000,1.500000000000,USD,1" in (
        alice.get(f"{path}?format=csv").content.decode()
    )
    body = {"name": "again.csv", "form": "generic", "csv": text, "columns": {"day": "date", "model": "model"}}
    refused = rest(alice, "POST", "invoices", body)
    assert (refused.status_code, "tokens or amount" in refused.content.decode()) == (400, True)
    body["columns"] |= {"amount": "cost_usd"}  # type: ignore[operator]  # a dict
    kept = rest(alice, "POST", "invoices", body).json()
    lines = rest(alice, "GET", f"invoices/{kept['id']}?differing=1").json()["lines"]
    assert [(line["model"], line["tokens_input"]) for line in lines] == [("gpt-big", None)]
    assert rest(alice, "DELETE", f"invoices/{kept['id']}").status_code == 204
    assert alice.post(path).status_code == 302
    assert "No invoice was compared yet." in alice.get("/admin/usage/invoices").content.decode()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("range=bogus", "range"), ("since=yesterday", "since"), ("until=2026-13-01", "until"),
        ("since=2026-05-02&until=2026-05-01", "until"), ("since=2020-01-01&until=2026-01-01", "until"),
        ("team=nope", "team"), ("model=1", "model"),
    ],
)  # fmt: skip
def test_programs_are_told_of_days_and_ids_that_are_none(alice: Client, query: str, field: str) -> None:
    for path in ("usage", "usage/calls"):
        answer = rest(alice, "GET", f"{path}?{query}")
        assert (answer.status_code, [one["field"] for one in answer.json()["errors"]]) == (400, [field])
    assert rest(alice, "GET", "usage?range=&since=&team=").status_code == 200
    assert rest(alice, "GET", "budget-requests?state=bogus").json()["errors"][0]["field"] == "state"
