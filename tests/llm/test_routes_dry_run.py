"""The dry run of a route: what the ledger remembers of past questions, and what the page makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.llm.conftest import Connected, browser
from tests.llm.routing import Routing, routing_on

pytestmark = pytest.mark.usefixtures("hints")


@pytest.fixture
def routing(connected: Connected) -> Iterator[Routing]:
    with routing_on(connected) as found:
        yield found


def asked_before(connected: Connected, count: int, **values: Any) -> None:
    """So many questions in the ledger, an hour apart, each of one call."""
    from datetime import timedelta
    from uuid import uuid4

    from django.utils import timezone

    from apps.metering.models import UsageRecord
    from apps.tenants.scope import tenant_scope

    said: dict[str, Any] = {
        "state": "settled", "purpose": "reply", "vendor": "openai_compatible", "connection_name": "Test host",
        "connection_id": connected.connection.pk, "model_id": connected.chat.pk, "model_slug": "big-model",
        "model_asked": "big-model", "tokens_input": 1_000, "tokens_output": 500, "cost": "0.01",
        "currency": "USD", "team_id": connected.cast.engineering.pk,
    }  # fmt: skip
    with tenant_scope(connected.cast.acme.id):
        UsageRecord.objects.bulk_create(
            UsageRecord(
                call_id=uuid4(),
                created_at=timezone.now() - timedelta(hours=number),
                **{"run_id": uuid4()} | said | values,
            )
            for number in range(count)
        )


def test_a_dry_run_shows_a_chart_with_its_table(connected: Connected, routing: Routing) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    cheap, dear = routing.model("cheap", price=("1", "1")), routing.model("dear", price=("10", "10"))
    rules = [{"when": {"longer_than": 5000}, "use": dear}]
    route = routing.route("task", {"rules": rules, "otherwise": cheap})
    client = browser(connected.cast, connected.cast.alice)
    team = connected.cast.engineering
    page = client.get(f"/admin/routes/{route.pk}?run={team.pk}").content.decode()
    assert "Nobody has asked a question yet." in page
    asked_before(connected, 120)
    asked_before(connected, 3, tokens_input=9_000, team_id=connected.cast.sales.pk)
    with CaptureQueriesContext(connection) as captured:
        page = client.get(f"/admin/routes/{route.pk}?run={team.pk}").content.decode()
    assert len(captured) < 16, len(captured)
    assert "cheap would have answered 97 of 100 questions." in page
    assert '<rect class="bar bar-solid" width="97.00"' in page
    assert "At most 0.4305 USD in place of 1.00 USD: 57% less." in page
    table = page.partition("View as table")[2]
    assert [f'data-label="Share">{share} %' in table for share in ("97", "3")] == [True, True]
    page = client.get(f"/admin/routes/{route.pk}?run={team.pk}&of=team").content.decode()
    assert "cheap would have answered 100 of 100 questions." in page
    page = client.get(f"/admin/routes/{route.pk}?run={connected.cast.sales.pk}&of=team").content.decode()
    assert "Sales may use none of the models that this route needs" in page


def test_a_past_question_is_a_run_with_the_cost_of_all_its_calls(
    connected: Connected, routing: Routing
) -> None:
    from uuid import uuid4

    from apps.llm.routes.past import past_questions
    from apps.tenants.scope import tenant_scope

    run = uuid4()
    asked_before(connected, 1, run_id=run, step="check", tokens_input=9_999, cost="0.5")
    asked_before(connected, 1, run_id=run, step="draft", tokens_input=70, tokens_output=30, cost="0.25")
    asked_before(connected, 1, cost="0.5", currency="EUR")
    asked_before(connected, 1, purpose="title")
    with tenant_scope(connected.cast.acme.id):
        found = [
            (one.traits.tokens, one.output, one.cost and str(one.cost.normalize()))
            for one in past_questions()
        ]
    assert sorted(found) == [(70, 30, "0.75"), (1000, 500, None)]
