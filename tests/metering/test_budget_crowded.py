"""Thirty teams, a hundred models, two hundred people: pages of money ask the database no more than before."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.tenants.scope import tenant_scope
from tests.llm.conftest import Connected, browser
from tests.llm.test_crowded import SCOPE
from tests.metering.budgeting import budget_make

if TYPE_CHECKING:
    from tests.factories import Cast

TEAMS, MODELS, PEOPLE = 30, 100, 200
NOW = dt.datetime.now(dt.UTC)
MOST: dict[str, int] = {
    "/admin/budgets?of=tenant": 9,
    "/admin/budgets?of=team": 10,
    "/admin/budgets?of=person": 10,
    "/admin/budgets?of=model": 10,
    "/admin/budgets/{each}": 10,
    "/admin/budgets/{pool}": 8,
    "/admin/teams/{team}/budget": 11,
    "/admin/budget-requests": 5,
    "/admin/usage": 15,
    "/admin/usage/calls": 5,
    "/admin/usage/statements": 6,
    "/admin/usage/prices": 12,
    "/admin/usage/limits": 7,
    "/admin/usage/invoices": 4,
    "/settings/budgets": 13,
    "/settings/usage": 16,
    "/settings/usage/statements": 4,
    "/api/v1/budgets?limit=100": 5,
    "/api/v1/me/budgets": 6,
    "/api/v1/budget-requests": 2,
    "/api/v1/usage": 9,
    "/api/v1/statements": 2,
}
"""Queries of each page, sign-in and all; what opens the scope counts for none."""


@pytest.fixture
def crowded(connected: Connected) -> dict[str, Any]:
    """A budget of every team, model and a third of the people, each with a counter; a month of days."""
    from apps.metering.models import BudgetCounter

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        teams, people, models = _fill(connected)
    pools = [budget_make(cast, amount=10, reach="team", subject=team) for team in teams]
    each = budget_make(cast, amount=1, sharing="each")
    others = [budget_make(cast, amount=5, reach="person", subject=person) for person in people[::3]]
    others += [budget_make(cast, amount=99, reach="model", subject=model, unit="tokens") for model in models]
    begin, end = NOW - dt.timedelta(days=10), NOW + dt.timedelta(days=10)
    with tenant_scope(cast.acme.id):
        shared = [
            BudgetCounter(budget=one, starts_at=begin, ends_at=end, spent=1) for one in [*pools, *others]
        ]
        own = [
            BudgetCounter(
                budget=each, member_id=person.pk, starts_at=begin, ends_at=end, spent=Decimal("0.5")
            )
            for person in people
        ]
        BudgetCounter.objects.bulk_create([*shared, *own])
        _requests(own, people)
    return {"pool": pools[0].pk, "each": each.pk, "team": teams[0].pk, "cast": cast}


def _fill(connected: Connected) -> tuple[list[Any], list[Any], list[Any]]:
    from apps.accounts.models import Membership, Team, User
    from apps.llm.services import Offer, model_offer
    from tests.metering.ledger import call_made

    teams = Team.objects.bulk_create([Team(name=f"Team {n:02}", slug=f"team-{n}") for n in range(TEAMS)])
    people = User.objects.bulk_create(
        [User(name=f"Person {n:03}", email=f"p{n}@acme.example") for n in range(PEOPLE)]
    )
    bob = connected.cast.bob
    Membership.objects.bulk_create([Membership(team=team, user=bob, role="lead") for team in teams])
    offers = [Offer(f"model-{n:03}") for n in range(MODELS)]
    models: list[Any] = model_offer(actor=None, connection=connected.connection, offers=offers)
    for n in range(300):
        team, person, model = teams[n % TEAMS], people[n % PEOPLE], models[n % MODELS]
        call_made(
            NOW - dt.timedelta(days=n % 28, minutes=5), team_id=team.pk, team_name=team.name,
            user_id=person.pk, user_name=person.name, model_id=model.pk, model_slug=model.slug,
        )  # fmt: skip
    return teams, people, models


def _requests(counters: list[Any], people: list[Any]) -> None:
    from apps.metering.models import BudgetRequest

    BudgetRequest.objects.bulk_create(
        [
            BudgetRequest(
                counter=counter, user_id=person.pk, user_name=person.name, amount=1, reason="More.",
                state="open" if n % 4 else "declined",
            )
            for n, (counter, person) in enumerate(zip(counters, people, strict=True))
        ]
    )  # fmt: skip


def test_pages_of_money_ask_little(crowded: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.metering.rollups.upkeep import roll_up_tenant

    cast: Cast = crowded["cast"]
    roll_up_tenant(cast.acme.id)
    monkeypatch.setattr("apps.tenants.hosts._KEPT_SECONDS", 600.0)
    alice, bob = browser(cast, cast.alice), browser(cast, cast.bob)
    for client in (alice, bob):
        client.get("/settings/profile")
    asked: dict[str, int] = {}
    for path in MOST:
        client = bob if path.startswith(("/settings", "/api/v1/me")) else alice
        connection.force_debug_cursor = True
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path.format(**crowded)).status_code == 200, path
        connection.force_debug_cursor = False
        asked[path] = len([query for query in queries.captured_queries if query["sql"] not in SCOPE])
    assert asked == MOST


def test_members_have_a_forecast_of_their_own(crowded: dict[str, Any]) -> None:
    cast: Cast = crowded["cast"]
    page = browser(cast, cast.alice).get(f"/admin/budgets/{crowded['each']}").content.decode()
    assert "used by all together when it ends" in page
    assert page.count("At this pace 1.00 USD (99%) are used when it ends.") == 100
