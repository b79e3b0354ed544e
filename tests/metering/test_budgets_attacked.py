"""Budgets when what they stand on changes under them: limits, budgets, teams, names, time zones, periods."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from apps.tenants.scope import tenant_scope
from tests.llm.conftest import Connected, browser, chat_call
from tests.metering.budgeting import budget_make, counter_of, counters_of, holds, ledger_sum, settled_soon

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast

COST = Decimal("0.0105")


def _zone(cast: Cast, name: str) -> None:
    from apps.accounts.models import TenantSettings

    with tenant_scope(cast.acme.id):
        TenantSettings.objects.update(time_zone=name)


def _span(cast: Cast, at: dt.datetime) -> tuple[str, str]:
    from apps.metering.budgets.purse import lines_now

    with tenant_scope(cast.acme.id):
        (line,) = lines_now([cast.acme.id], cast.bob.pk, at)
    return f"{line.starts_at.astimezone(dt.UTC):%d %H:%M}", f"{line.ends_at.astimezone(dt.UTC):%d %H:%M}"


def test_a_limit_below_what_is_spent_and_a_budget_that_ends_while_a_call_is_in_flight(
    connected: Connected, say: Callable[..., Any]
) -> None:
    from apps.llm.errors import BudgetRefusedError
    from apps.llm.gateway.loading import open_chat
    from apps.metering import services as metering
    from apps.metering.budgets.services import budget_archive, budget_update

    cast = connected.cast
    lowered = budget_make(cast, amount=1)
    ended = budget_make(cast, amount=1, reach="team", subject=cast.engineering)
    with tenant_scope(cast.acme.id):
        opened = open_chat(chat_call(connected))
    assert holds(cast) == 2
    with tenant_scope(cast.acme.id):
        budget_update(actor=None, budget=lowered, amount=Decimal("0.001"))
        budget_archive(actor=None, budget=ended)
    error = say().error
    assert isinstance(error, BudgetRefusedError)
    assert error.title == "The organisation's monthly budget is used up"
    charge = metering.charge_now(opened.target.item, metering.Tokens(1000, 500))
    with tenant_scope(cast.acme.id):
        metering.usage_close(
            [
                metering.settled(
                    opened.call_id, metering.Tokens(1000, 500), charge, metering.Ending("stop"), charge.cost
                )
            ]
        )
    assert [(counter_of(cast, b).spent, counter_of(cast, b).reserved) for b in (lowered, ended)] == [
        (COST, 0), (COST, 0),
    ]  # fmt: skip
    assert (holds(cast), ledger_sum(cast)) == (0, COST)
    page = browser(cast, cast.alice).get(f"/admin/budgets/{lowered.pk}").content.decode()
    assert "-0.0095 USD left" in page


def test_periods_follow_each_other_where_the_time_zone_moves(connected: Connected) -> None:
    """West, the day goes on until its old end, and the next begins there; east, a short day follows."""
    cast = connected.cast
    budget = budget_make(cast, amount=1, period="day")
    _zone(cast, "UTC")
    noon = dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC)
    assert _span(cast, noon) == ("10 00:00", "11 00:00")
    _zone(cast, "America/New_York")
    assert _span(cast, noon) == ("10 00:00", "11 00:00")
    assert _span(cast, noon + dt.timedelta(hours=14)) == ("11 00:00", "11 05:00")
    assert _span(cast, noon + dt.timedelta(hours=18)) == ("11 05:00", "12 05:00")
    _zone(cast, "Asia/Tokyo")
    assert _span(cast, noon + dt.timedelta(hours=42)) == ("12 05:00", "12 15:00")
    found = counters_of(cast, budget)
    assert [one.starts_at for one in found[1:]] == [one.ends_at for one in found[:-1]]


def test_a_correction_below_nothing_shows_as_nothing_used(connected: Connected) -> None:
    from apps.metering.budgets.purse import lines_now
    from apps.metering.models import BudgetCounter

    cast = connected.cast
    budget = budget_make(cast, amount=1)
    with tenant_scope(cast.acme.id):
        lines_now([cast.acme.id], None, dt.datetime.now(dt.UTC))
        BudgetCounter.objects.filter(budget=budget).update(spent=Decimal(-3))
        (line,) = lines_now([cast.acme.id], None, dt.datetime.now(dt.UTC))
    assert (line.percent, line.left) == (0, Decimal(4))
    assert 'value="0"' in browser(cast, cast.alice).get("/admin/budgets").content.decode()


def test_a_budget_outlives_its_team_and_takes_its_new_name_before(connected: Connected) -> None:
    from apps.accounts.models import Team
    from apps.metering.budgets.naming import names_follow

    cast = connected.cast
    of_team = budget_make(cast, amount=1, reach="team", subject=cast.sales)
    of_model = budget_make(cast, amount=1, reach="model", subject=connected.chat)
    of_all = budget_make(cast, amount=1)
    with tenant_scope(cast.acme.id):
        Team.objects.filter(pk=cast.sales.pk).update(name="Revenue")
        type(connected.chat).objects.filter(pk=connected.chat.pk).update(name="Bigger model")
    names_follow()
    alice = browser(cast, cast.alice)
    for budget, name in (
        (of_team, "The monthly budget of Revenue"),
        (of_model, "The monthly budget for Bigger model"),
        (of_all, "The organisation&#x27;s monthly budget"),
    ):
        assert f"<h1>{name}" in alice.get(f"/admin/budgets/{budget.pk}").content.decode().replace(
            ' class="title"', ""
        )
    with tenant_scope(cast.acme.id):
        Team.objects.filter(pk=cast.sales.pk).delete()
    names_follow()
    page = alice.get(f"/admin/budgets/{of_team.pk}")
    assert b"The monthly budget of Revenue" in page.content
    gone = alice.post(f"/admin/budgets/{of_team.pk}", {"action": "end"}, follow=True)
    assert (gone.status_code, gone.redirect_chain[-1][0]) == (200, "/admin/budgets?of=team")


def test_pictures_and_long_rankings_are_held_for_what_they_may_cost(connected: Connected) -> None:
    from apps.llm.gateway import ImageCall, RerankCall
    from apps.llm.gateway.loading import open_images, open_rerank
    from apps.llm.vendors.base import ImageRequest, RerankRequest
    from tests.llm.test_gateway_pieces import offer, who

    budget = budget_make(connected.cast, amount=100)
    painter = offer(connected, "gpt-image-1", price_input=Decimal(5), price_output=Decimal(40))
    ranker = offer(connected, "bge-reranker", price_unit=Decimal("0.002"))
    long = ("word " * 1_000,) * 150
    with tenant_scope(connected.cast.acme.id):
        open_images(ImageCall(who(connected), painter.pk, ImageRequest("", "a cat", count=2)))
    held = counter_of(connected.cast, budget).reserved
    assert held == (2 * Decimal(5) + 2 * 6_240 * Decimal(40)) / 1_000_000
    with tenant_scope(connected.cast.acme.id):
        open_rerank(RerankCall(who(connected), ranker.pk, RerankRequest("", "what?", long)))
    assert counter_of(connected.cast, budget).reserved - held == 5 * Decimal("0.002")


def test_days_at_the_ends_of_all_time_break_no_page(connected: Connected) -> None:
    alice = browser(connected.cast, connected.cast.alice)
    for query in (
        "since=0001-01-01&until=0001-01-02",
        "since=9999-12-31",
        "until=9999-12-31",
        "since=0001-01-01",
    ):
        for page, status in (("/admin/usage", 200), ("/api/v1/usage", 400)):
            for address in (page, f"{page}/calls"):
                assert alice.get(f"{address}?{query}").status_code == status, (address, query)


def test_a_settled_call_is_counted_by_every_budget_once(
    connected: Connected, say: Callable[..., Any]
) -> None:
    """Two budgets of the same money in two periods, closed twice: the second closing finds nothing."""
    from apps.metering import services as metering
    from apps.metering.models import UsageRecord

    cast = connected.cast
    budgets = [budget_make(cast, amount=1, period=period) for period in ("day", "week", "month")]
    assert say().error is None
    for budget in budgets:
        settled_soon(cast, budget)
    with tenant_scope(cast.acme.id):
        call_id = UsageRecord.objects.get().call_id
        metering.usage_close([metering.released(call_id, metering.Ending())])
    assert [counter_of(cast, budget).spent for budget in budgets] == [COST] * 3
