"""Health and deployments as administrators see and change them: pages, CSV and REST."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.llm.conftest import KEY, Connected, audit_actions, browser
from tests.llm.test_api import _admin, _client
from tests.llm.test_deployments import other, second, stand

if TYPE_CHECKING:
    from apps.llm.models import Connection

__all__ = ["other", "second"]

pytestmark = pytest.mark.usefixtures("hints")


def calls(connected: Connected, count: int, **values: Any) -> None:
    """Rows of the ledger, as the gateway leaves them."""
    from apps.metering.models import UsageRecord, UsageState
    from apps.tenants.scope import tenant_scope

    now = timezone.now()
    plain = {
        "state": UsageState.SETTLED, "purpose": "reply", "vendor": "openai_compatible", "ms_total": 900,
        "connection_id": connected.connection.pk, "connection_name": "Test host", "finish": "stop",
        "model_id": connected.chat.pk, "model_slug": "big-model", "model_asked": "big-model",
        "created_at": now, "closed_at": now,
    }  # fmt: skip
    with tenant_scope(connected.cast.acme.id):
        for number in range(count):
            row = plain | {"call_id": uuid4(), "ms_first": 100 + number} | values
            UsageRecord.objects.create(**row)


def urls(connected: Connected) -> list[str]:
    one, model = connected.connection.pk, connected.chat.pk
    return [
        "/admin/providers/health",
        f"/admin/providers/{one}/health",
        f"/admin/models/{model}/deployments",
    ]


@pytest.mark.parametrize("query", ["", "?range=1h", "?range=30d&q=test&state=answers", "?range=x&q=%00"])
def test_pages_open_for_an_administrator_alone(connected: Connected, query: str) -> None:
    calls(connected, 3)
    cast = connected.cast
    alice, bob = browser(cast, cast.alice), browser(cast, cast.bob)
    mallory = browser(cast, cast.mallory, cast.globex)
    for url in urls(connected):
        page = alice.get(url + query)
        assert page.status_code == 200, url
        assert page.content.count(b"<h1>") == 1
        assert KEY not in page.content.decode()
        assert bob.get(url + query).status_code == 404
    assert mallory.get(urls(connected)[1]).status_code == 404
    assert b"Test host" not in mallory.get(urls(connected)[0]).content


def test_figures_come_from_the_ledger(connected: Connected) -> None:
    calls(connected, 99)
    calls(connected, 1, state="released", error_kind="timeout", ms_first=None, finish="")
    calls(connected, 5, created_at=timezone.now() - timedelta(days=3))
    client = _admin(connected)
    told = client.get("/api/v1/connections/health").json()
    assert told["range"] == "24h"
    assert told["results"][0]["figures"] == {
        "calls": 100, "failures": 1, "error_rate": 0.01, "p50_ms": 149, "p95_ms": 194,
    }  # fmt: skip
    one = client.get(f"/api/v1/connections/{connected.connection.pk}/health?range=7d").json()
    assert (len(one["spans"]), one["span_s"]) == (56, 10800)
    assert sum(span["calls"] for span in one["spans"]) == 105
    page = browser(connected.cast, connected.cast.alice).get("/admin/providers/health").content.decode()
    assert "100 calls, 1 errors (1.0%)" in page
    assert "View as table" in page


def test_what_people_stopped_is_no_error_and_no_latency(connected: Connected) -> None:
    calls(connected, 2, finish="stopped", ms_first=9000)
    told = _admin(connected).get("/api/v1/connections/health").json()["results"][0]["figures"]
    assert told == {"calls": 2, "failures": 0, "error_rate": 0.0, "p50_ms": None, "p95_ms": None}


def test_down_is_told_with_reason_and_next_trial(connected: Connected) -> None:
    at = timezone.now() + timedelta(seconds=30)
    stand(connected, connected.connection.pk, state="open", retry_at=at, error_kind="timeout", since=at)
    page = browser(connected.cast, connected.cast.alice).get(urls(connected)[1]).content.decode()
    assert "Does not answer" in page
    assert "The host does not answer in time." in page
    assert "Next trial" in page
    client = _admin(connected)
    assert client.get("/api/v1/connections/health?state=answers").json()["results"] == []
    told = client.get("/api/v1/connections/health?state=down").json()["results"][0]
    assert (told["state"], told["retry_at"] is not None) == ("down", True)


def test_test_is_kept_with_its_time(connected: Connected) -> None:
    from tests.llm.test_checks import _check

    _check(connected, "test")
    told = _admin(connected).get(f"/api/v1/connections/{connected.connection.pk}/health").json()
    assert (told["state"], told["test_passed"]) == ("answers", True)
    assert told["test_message"] == "The host answered and accepts the key."
    assert told["tested_at"] is not None
    page = browser(connected.cast, connected.cast.alice).get(urls(connected)[1]).content.decode()
    assert "Passed" in page


def test_csv_holds_every_row(connected: Connected) -> None:
    from apps.llm.services import connection_update
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        connection_update(actor=None, connection=connected.connection, changes={"name": "=1+1"})
    answer = browser(connected.cast, connected.cast.alice).get("/admin/providers/health?format=csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.content.decode().splitlines()[1].startswith("'=1+1,")


def test_places_are_set_as_a_whole_and_audited(connected: Connected, other: Connection) -> None:
    client, url = _admin(connected), f"/api/v1/models/{connected.chat.pk}/deployments"
    wish = {"own_weight": 1, "deployments": [{"connection_id": str(other.pk), "weight": 3}]}
    told = client.put(url, wish, content_type="application/json").json()["results"]
    assert [(row["name"], row["vendor_model"], row["share"]) for row in told] == [
        ("Test host", "big-model", 0.25),
        ("Second host", "big-model", 0.75),
    ]
    assert client.get(url).json()["results"] == told
    assert audit_actions(connected.cast.acme.id)[-1] == "model.deployments_changed"
    client.put(url, {"deployments": []}, content_type="application/json")
    assert len(client.get(url).json()["results"]) == 1


def test_bad_places_are_refused_and_nothing_changes(connected: Connected, other: Connection) -> None:
    client, url = _admin(connected), f"/api/v1/models/{connected.chat.pk}/deployments"
    place = {"connection_id": str(other.pk)}
    for wish in (
        {"deployments": [place, place]},
        {"deployments": [{"connection_id": str(connected.connection.pk)}]},
        {"deployments": [{"connection_id": str(uuid4())}]},
        {"deployments": [place | {"weight": 101}]},
        {"deployments": [place | {"weight": -1}]},
        {"own_weight": 0, "deployments": [place | {"weight": 0}]},
        {"deployments": [place | {"vendor_model": "a\u0000b"}]},
        {},
    ):
        assert client.put(url, wish, content_type="application/json").status_code == 400, wish
    assert len(client.get(url).json()["results"]) == 1


def test_page_adds_changes_and_removes_a_place(connected: Connected, other: Connection) -> None:
    from apps.llm.models import Deployment
    from apps.tenants.scope import tenant_scope

    alice, url = browser(connected.cast, connected.cast.alice), urls(connected)[2]

    def stored() -> list[tuple[str, int]]:
        with tenant_scope(connected.cast.acme.id):
            return list(Deployment.objects.values_list("vendor_model", "weight"))

    new = {"own_weight": 1, "connection": str(other.pk), "vendor_model": "there", "weight": 2}
    assert alice.post(url, new).status_code == 302
    assert stored() == [("there", 2)]
    alice.post(url, {"own_weight": 1, "vendor_model_0": "there-2", "weight_0": 0, "weight": 1})
    assert stored() == [("there-2", 0)]
    refused = alice.post(url, {"own_weight": 0, "vendor_model_0": "x", "weight_0": 0, "weight": 1})
    assert refused.status_code == 422
    assert stored() == [("there-2", 0)]
    gone = {"own_weight": 1, "vendor_model_0": "x", "weight_0": 0, "remove_0": "on", "weight": 1}
    alice.post(url, gone)
    assert stored() == []


def test_members_and_keys_without_the_scope_are_refused(connected: Connected) -> None:
    paths = [
        "/api/v1/connections/health",
        f"/api/v1/connections/{connected.connection.pk}/health",
        f"/api/v1/models/{connected.chat.pk}/deployments",
    ]
    for user, scopes in ((connected.cast.alice, ["chat"]), (connected.cast.bob, ["chat"])):
        client = _client(connected, user, scopes)
        for path in paths:
            assert client.get(path).status_code == 403, path


def test_queries_do_not_grow_with_connections(connected: Connected) -> None:
    from apps.llm.services import connection_create
    from apps.tenants.scope import tenant_scope

    alice = browser(connected.cast, connected.cast.alice)
    alice.get("/admin/providers/health")
    with tenant_scope(connected.cast.acme.id):
        for number in range(20):
            connection_create(
                actor=None,
                vendor="openai_compatible",
                name=f"Host {number}",
                base_url=connected.host.base_url,
                key=KEY,
            )
    for url in urls(connected):
        with CaptureQueriesContext(database) as queries:
            assert alice.get(url).status_code == 200
        assert len(queries) < 15, url


def test_the_overview_names_providers_in_trouble_and_links_to_health(connected: Connected) -> None:
    alice, one = browser(connected.cast, connected.cast.alice), connected.connection
    calls(connected, 3)
    calls(connected, 1, error_kind="server", finish="error")
    words = alice.get("/admin/").content.decode()
    assert "The provider answers." in words
    assert "Last 24 hours: 4 calls, 1 error (25.0%)." in words
    down = {"state": "open", "error_kind": "connection", "since": timezone.now()}
    stand(connected, one.pk, retry_at=timezone.now(), **down)
    with CaptureQueriesContext(database) as queries:
        page = alice.get("/admin/").content.decode()
    assert len(queries) < 15, len(queries)
    card = page.partition('id="health-heading"')[2].partition("</section>")[0]
    assert f'href="/admin/providers/{one.pk}/health"' in card
    assert "Does not answer" in card
    assert 'href="/admin/providers/health"' in card
