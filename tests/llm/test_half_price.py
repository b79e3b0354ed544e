"""A list that knows a price of input and none of output: unknown wherever a cost is shown or compared."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.llm.conftest import Connected, browser

if TYPE_CHECKING:
    from apps.llm.models import Model

pytestmark = pytest.mark.usefixtures("hints")
AZURE = "https://acme.openai.azure.com/openai/v1"


@pytest.fixture
def davinci(connected: Connected) -> Model:
    """Azure's old davinci, for which `genai-prices` lists 2 dollars of input and nothing of output."""
    from apps.llm.services import Offer, connection_create, model_grants_set, model_offer
    from apps.llm.vendors.base import Modality
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        azure = connection_create(
            actor=None, vendor="azure_openai", name="Azure", base_url=AZURE, key="sk-canary-azure"
        )
        (model,) = model_offer(actor=None, connection=azure, offers=[Offer("davinci", Modality.CHAT)])
        model_grants_set(actor=None, model=model, team_ids=[connected.cast.engineering.pk])
    return model


def test_pages_and_rest_say_unknown_and_why(connected: Connected, davinci: Model) -> None:
    client = browser(connected.cast, connected.cast.alice)
    page = client.get(f"/admin/models/{davinci.pk}").content.decode()
    assert "<dt>Price</dt><dd>Unknown" in page
    assert "has a price of input only (2 USD), none of output. Enter both." in page
    rows = list(csv.DictReader(io.StringIO(client.get("/admin/models/export").content.decode())))
    (row,) = [row for row in rows if row["id"] == davinci.slug]
    assert (row["price in"], row["price out"], row["price from"]) == ("", "", "unknown")
    (price,) = [
        row["price"]
        for row in client.get("/api/v1/offered-models").json()["results"]
        if row["slug"] == davinci.slug
    ]
    assert (price["origin"], price["input"], price["output"]) == ("unknown", None, None)
    listed = client.get(f"/api/v1/models?team={connected.cast.engineering.pk}").json()["results"]
    assert [row["cost"] for row in listed if row["slug"] == davinci.slug] == ["unknown"]


def test_half_a_price_can_not_be_set(connected: Connected, davinci: Model) -> None:
    client = browser(connected.cast, connected.cast.alice)
    refused = client.patch(
        f"/api/v1/models/{davinci.pk}", {"price_input": "3"}, content_type="application/json"
    )
    assert refused.status_code == 400
    assert "Enter both prices, or neither." in refused.content.decode()
    shown = client.get(f"/api/v1/models/{davinci.pk}").json()
    assert (shown["price_input"], shown["price_output"]) == (None, None)


def test_routes_compare_no_half_price_and_a_cap_leaves_it_out(connected: Connected, davinci: Model) -> None:
    from apps.llm.routes.definitions import Ranked, Rated, Ref
    from apps.llm.routes.forecast import Asked, dry_run
    from apps.llm.routes.planning import Node, Plan, ranking
    from apps.llm.routes.selectors import offered
    from apps.llm.routes.traits import Traits

    known, half = offered(connected.chat), offered(davinci)
    assert (known.price is None, half.price) == (False, None)
    refs = [Ref("model", model.id) for model in (half, known)]
    definition = Ranked("cheapest", tuple(Rated(ref) for ref in refs))
    node = Node(uuid4(), "cheap", "Cheap", "cheapest", definition)
    plan = Plan(node, {node.id: node}, {model.id: model for model in (half, known)})
    places = ranking(definition, plan, Traits(100, 9))
    assert [place.model.slug for place in places] == [connected.chat.slug, davinci.slug]
    assert places[-1].why == "no known price to compare"
    alone = Plan(node, {node.id: node}, {half.id: half})
    summary = dry_run(alone, [Asked(Traits(100, 9), 50, Decimal("0.01"))])
    assert (summary.unknown, summary.least, summary.most) == (1, Decimal(0), Decimal(0))


def test_the_ledger_keeps_no_cost(connected: Connected, davinci: Model) -> None:
    from apps.metering import services as metering

    values: dict[str, Any] = {
        "vendor": "azure_openai", "base_url": AZURE, "connection_id": davinci.connection_id,
        "connection_name": "Azure", "model_id": davinci.pk, "model_slug": davinci.slug,
        "model_asked": "davinci", "override": davinci.price,
    }  # fmt: skip
    charge = metering.charge_now(metering.Item(**values), metering.Tokens(1000, 10))
    assert (charge.cost, charge.price, charge.currency) == (None, None, "")
