"""Usage and cost: the same figures on the page, in the export and over REST, for who may see them."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.middleware import COOKIE
from apps.tenants.scope import tenant_scope
from tests.metering.ledger import MODEL, call_made

if TYPE_CHECKING:
    from tests.factories import Cast, Organisation

NOW = dt.datetime.now(dt.UTC)
OTHER = uuid4()


def browser(organisation: Organisation, user: Any) -> Client:
    """A signed-in person's browser."""
    from apps.accounts.services import session_create

    with tenant_scope(organisation.id):
        _, cookie = session_create(user=user, ip="192.0.2.1", agent="test")
    client = Client(headers={"host": organisation.host})
    client.cookies[COOKIE] = cookie
    return client


@pytest.fixture
def used(cast: Cast) -> Cast:
    """bob used two models for engineering, carol one for sales; mallory's is another organisation's."""
    from apps.metering.rollups.upkeep import roll_up_tenant

    bob: dict[str, Any] = {"user_id": cast.bob.pk, "user_name": "Bob Member"}
    engineering = {"team_id": cast.engineering.pk, "team_name": "Engineering"}
    yesterday = NOW - dt.timedelta(days=1)
    with tenant_scope(cast.acme.id):
        for _ in range(3):
            call_made(yesterday, "0.5", **bob, **engineering)
        call_made(NOW, "2", model_id=OTHER, model_slug="small-model", **bob, **engineering)
        call_made(
            NOW, None, user_id=cast.carol.pk, user_name="=Carol", team_id=cast.sales.pk, team_name="Sales"
        )
    with tenant_scope(cast.globex.id):
        call_made(NOW, "77", user_id=cast.mallory.pk, user_name="Mallory")
    for organisation in (cast.acme, cast.globex):
        roll_up_tenant(organisation.id)
    return cast


def read(cast: Cast, user: Any, query: str = "") -> Any:
    """What REST says."""
    response = browser(cast.acme, user).get(f"/api/v1/usage{query}")
    assert response.status_code == 200, response.content
    return response.json()


def test_administrator_sees_all_of_the_organisation_and_nothing_else(used: Cast) -> None:
    found = read(used, used.alice)
    assert found["total"] == {
        "calls": 5, "failed": 0, "unpriced": 1, "tokens_input": 500, "tokens_output": 250,
        "amount": "3.500000000000", "people": 2,
    }  # fmt: skip
    assert [(share["name"], Decimal(share["amount"])) for share in found["teams"]] == [
        ("Engineering", Decimal("3.5")), ("Sales", Decimal(0)),
    ]  # fmt: skip
    assert [share["id"] for share in found["models"]] == [str(OTHER), str(MODEL)]
    assert [day["people"] for day in found["days"][-2:]] == [1, 2]
    assert len(found["days"]) == 30
    assert "77" not in str(found["total"])


def test_member_sees_their_own_and_a_lead_their_teams(used: Cast) -> None:
    from apps.accounts.services import membership_add

    assert read(used, used.carol)["total"]["calls"] == 1
    with tenant_scope(used.acme.id):
        membership_add(actor=None, team=used.engineering, user=used.carol, role="lead")
    found = read(used, used.carol)
    assert (found["total"]["calls"], {share["name"] for share in found["people"]}) == (
        5, {"Bob Member", "=Carol"},
    )  # fmt: skip
    assert read(used, used.bob)["total"]["calls"] == 4


def test_filters_narrow_everything_at_once(used: Cast) -> None:
    found = read(used, used.alice, f"?range=7d&person={used.bob.pk}&model={MODEL}")
    assert (found["total"]["calls"], Decimal(found["total"]["amount"])) == (3, Decimal("1.5"))
    assert [share["name"] for share in found["teams"]] == ["Engineering"]
    day = (NOW - dt.timedelta(days=1)).date().isoformat()
    assert read(used, used.alice, f"?since={day}&until={day}")["total"]["calls"] == 3
    assert read(used, used.alice, "?range=last-month")["since"].endswith("-01")


def test_page_shows_charts_tables_and_what_has_no_price(used: Cast) -> None:
    client = browser(used.acme, used.alice)
    with CaptureQueriesContext(_connection()) as queries:
        page = client.get("/admin/usage").content.decode()
    assert len(queries) <= 16 + _SCOPE, [query["sql"][:90] for query in queries]
    assert "5 calls, 750 tokens, 3.50 USD." in page
    assert "1 call has no known price" in page
    for title in ("Tokens by model", "Active people", "View as table", "Engineering", "small-model"):
        assert title in page
    assert "chart-solid" in page
    assert "chart-dashed" in page
    assert browser(used.acme, used.bob).get("/admin/usage").status_code == 404
    own = browser(used.acme, used.bob).get("/settings/usage").content.decode()
    assert "4 calls" in own
    assert "Carol" not in own


def test_export_has_the_days_exactly_and_is_audited(used: Cast) -> None:
    from apps.audit.models import AuditEvent

    text = browser(used.acme, used.alice).get("/admin/usage?format=csv").content.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sum(Decimal(row["amount"]) for row in rows) == Decimal("3.5")
    assert {row["person"] for row in rows} == {"Bob Member", "'=Carol"}
    with tenant_scope(used.acme.id):
        assert AuditEvent.objects.filter(action="usage.exported").count() == 1


def test_nothing_used_is_said_with_a_way_on(cast: Cast) -> None:
    page = browser(cast.acme, cast.alice).get("/admin/usage").content.decode()
    assert "No model was used in this time." in page


_SCOPE = 2
"""The statements that open a scope and name its tenant."""


def _connection() -> Any:
    from django.db import connection

    return connection
