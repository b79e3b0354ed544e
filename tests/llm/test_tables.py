"""Tables of the admin pages: sorted by their headings, paged, and as CSV."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from tests.llm.conftest import Connected, browser
from tests.llm.offering import QWEN

pytestmark = pytest.mark.usefixtures("hints")


def _rows(client: Any, address: str) -> list[str]:
    """The names that lead the rows, in order."""
    page = client.get(address).content.decode()
    return re.findall(r'<th scope="row"[^>]*><a href="[^"]*">([^<]+)</a>', page)


@pytest.fixture
def offered(connected: Connected) -> Connected:
    """big-model costs 3 and 15 dollars; cheap is known, odd is not; cheap has the widest window."""
    from decimal import Decimal

    from apps.llm.services import Offer, model_offer, model_update
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        cheap, odd = model_offer(
            actor=None,
            connection=connected.connection,
            offers=[Offer("cheap", price=(Decimal(1), Decimal(1), "USD")), Offer("odd")],
        )
        model_update(actor=None, model=cheap, changes={"context_window": 9_000})
        model_update(actor=None, model=odd, changes={"context_window": 100, "is_enabled": False})
        model_update(actor=None, model=connected.embedding, changes={"is_enabled": False})
    return connected


@pytest.mark.parametrize(
    ("sort", "first", "order"),
    [
        ("name", "big-model", 'aria-sort="ascending"'),
        ("-name", "text-embedding-tiny", 'aria-sort="descending"'),
        ("context", "cheap", 'aria-sort="descending"'),
        ("-context", "odd", 'aria-sort="ascending"'),
        ("price", "cheap", 'aria-sort="ascending"'),
        ("-price", "big-model", 'aria-sort="descending"'),
        ("-state", "odd", 'aria-sort="descending"'),
        ("nonsense", "big-model", None),
    ],
)
def test_models_are_sorted_by_a_heading(offered: Connected, sort: str, first: str, order: str | None) -> None:
    client = browser(offered.cast, offered.cast.alice)
    address = f"/admin/models?provider=Test+host&sort={sort}"
    assert _rows(client, address)[0] == first
    page = client.get(address).content.decode()
    assert page.count("aria-sort") == (order is not None)
    assert order is None or order in page


def test_an_unknown_price_is_last_in_both_directions(offered: Connected) -> None:
    client = browser(offered.cast, offered.cast.alice)
    for sort in ("price", "-price"):
        last = _rows(client, f"/admin/models?provider=Test+host&sort={sort}")[-2:]
        assert set(last) == {"odd", "text-embedding-tiny"}


def test_a_heading_keeps_the_filters_and_reverses_its_own_order(offered: Connected) -> None:
    client = browser(offered.cast, offered.cast.alice)
    page = client.get("/admin/models?q=o&sort=context").content.decode()
    assert '<a href="?q=o&amp;sort=-context">Context' in page
    assert '<a href="?q=o&amp;sort=name">Name</a>' in page


def _routes(connected: Connected, count: int) -> None:
    from apps.llm.models import Route, RouteGrant
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        definition = {"members": [f"model:{connected.chat.pk}", f"model:{connected.embedding.pk}"]}
        made = Route.objects.bulk_create(
            Route(slug=f"r{n}", name=f"Route {n:02}", kind="fallback", definition=definition)
            for n in range(count)
        )
        RouteGrant.objects.create(team=connected.cast.engineering, route=made[7])


def test_routes_come_by_fifty_and_by_their_headings(connected: Connected) -> None:
    _routes(connected, 52)
    client = browser(connected.cast, connected.cast.alice)
    assert len(_rows(client, "/admin/routes")) == 50
    assert _rows(client, "/admin/routes?page=2") == ["Route 50", "Route 51"]
    assert _rows(client, "/admin/routes?sort=-name")[0] == "Route 51"
    assert _rows(client, "/admin/routes?sort=teams")[0] == "Route 07"
    assert _rows(client, "/admin/routes?state=off") == []
    assert "Page 1 of 2" in client.get("/admin/routes").content.decode()


def test_routes_are_exported_as_filtered_and_that_is_recorded(connected: Connected) -> None:
    from apps.audit.models import AuditEvent
    from apps.llm.models import Route
    from apps.tenants.scope import tenant_scope

    _routes(connected, 9)
    with tenant_scope(connected.cast.acme.id):
        Route.objects.filter(slug="r7").update(name="=cmd()")
    client = browser(connected.cast, connected.cast.alice)
    got = client.get("/admin/routes/export?q=r7")
    assert got["Content-Disposition"].startswith('attachment; filename="routes-acme')
    (row,) = csv.DictReader(io.StringIO(got.content.decode()))
    assert row == {
        "name": "'=cmd()", "id": "route/r7", "kind": "Fallback", "purpose": "",
        "teams": "Engineering", "state": "on",
    }  # fmt: skip
    with tenant_scope(connected.cast.acme.id):
        (event,) = AuditEvent.objects.filter(action="routes.exported")
    assert event.detail == {"q": "r7"}
    bob = browser(connected.cast, connected.cast.bob)
    assert bob.get("/admin/routes/export").status_code == 404


def test_providers_are_searched_and_sorted_by_the_address(connected: Connected) -> None:
    from apps.llm.services import connection_create
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        connection_create(actor=None, vendor="anthropic", name="Zeta", base_url="", key="sk-canary-zeta")
    client = browser(connected.cast, connected.cast.alice)
    assert _rows(client, "/admin/providers?sort=-name")[0] == "Zeta"
    assert _rows(client, "/admin/providers?sort=models")[0] == "Test host"
    assert _rows(client, "/admin/providers?q=anthropic") == ["Zeta"]
    assert "No provider fits this search." in client.get("/admin/providers?q=nobody").content.decode()


def test_health_is_sorted_by_its_headings_too(connected: Connected) -> None:
    from apps.llm.services import connection_create
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        connection_create(actor=None, vendor="anthropic", name="Zeta", base_url="", key="sk-canary-zeta")
    client = browser(connected.cast, connected.cast.alice)
    assert _rows(client, "/admin/providers/health?sort=-name")[0] == "Zeta"
    page = client.get("/admin/providers/health?sort=p95&range=7d").content.decode()
    assert '<a href="?range=7d&amp;sort=-p95">95 of 100 within' in page
    for sort in ("calls", "errors", "p50", "state"):
        assert client.get(f"/admin/providers/health?sort={sort}").status_code == 200


@pytest.mark.parametrize(
    ("sort", "first", "last", "order"),
    [
        ("", "big-model", "text-embedding-tiny", None),
        ("-name", "text-embedding-tiny", "big-model", 'aria-sort="descending"'),
        ("allowed", "cheap", "text-embedding-tiny", 'aria-sort="ascending"'),
        ("-allowed", "big-model", "cheap", 'aria-sort="descending"'),
    ],
)
def test_a_teams_models_are_sorted_by_a_heading(
    offered: Connected, sort: str, first: str, last: str, order: str | None
) -> None:
    from apps.llm.models import Model
    from apps.llm.services import model_grants_set
    from apps.tenants.scope import tenant_scope

    cast = offered.cast
    with tenant_scope(cast.acme.id):
        for model in Model.objects.all():
            teams = [cast.sales.pk] if model.slug == "cheap" else []
            model_grants_set(actor=None, model=model, team_ids=teams)
    client = browser(cast, cast.alice)
    address = f"/admin/teams/{cast.sales.pk}/models?sort={sort}"
    page = client.get(address).content.decode()
    names = re.findall(r'<th scope="row" dir="auto"><a href="[^"]*">([^<]+)</a>', page)
    assert (names[0], names[-1]) == (first, last)
    assert order is None or order in page


def test_models_beside_teams_are_sorted_by_name_and_provider(offered: Connected) -> None:
    client = browser(offered.cast, offered.cast.alice)
    page = client.get("/admin/teams/models?sort=-name").content.decode()
    names = re.findall(r'<a href="/admin/models/[^"]*" dir="auto">([^<]+)</a>', page)
    assert names == sorted(names, reverse=True)
    assert 'aria-sort="descending"' in page
    assert 'href="?sort=name"' in page


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("", "community/a"),
        ("-name", "text-embedding-v4"),
        ("kind", "community/a"),
        ("-kind", "text-embedding-v4"),
        ("context", "qwen-plus"),
        ("-context", "qwen3-max"),
        ("price", "qwen-plus"),
        ("-price", "qwen3-max"),
    ],
)
def test_a_hosts_own_list_is_sorted_and_the_unknown_comes_last(
    connected: Connected, sort: str, first: str
) -> None:
    from apps.llm.models import CheckState, ConnectionCheck
    from apps.llm.services import connection_create
    from apps.tenants.scope import tenant_scope

    names = ["qwen-plus", "community/a", "text-embedding-v4", "qwen3-max"]
    found = [{"id": name, "modality": "embedding" if "embedding" in name else "chat"} for name in names]
    with tenant_scope(connected.cast.acme.id):
        made = connection_create(actor=None, vendor="qwen", name="Qwen", base_url=QWEN, key="sk-q-0123456789")
        ConnectionCheck.objects.create(connection=made, kind="list", state=CheckState.DONE, found=found)
    page = browser(connected.cast, connected.cast.alice).get(f"/admin/providers/{made.pk}/models?sort={sort}")
    listed = re.findall(r'<th scope="row"><label for="model-\d+">([^<]+)</label>', page.content.decode())
    assert listed[0] == first
    if sort.removeprefix("-") in {"context", "price"}:
        assert listed[2:] == ["community/a", "text-embedding-v4"]
