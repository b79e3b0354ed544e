"""Budgets: what limits whom, what is said when they are full, warnings, and asking for more."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.llm.conftest import Connected, audit_actions, browser, chat_call
from tests.metering.budgeting import budget_make, counter_of, counters_of, holds, ledger_sum, settled_soon

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast

WORST = (6 * Decimal(3) + 4096 * Decimal(15)) / 1_000_000
"""Of the question "Hello?" to the fixture's model, which says nothing of its longest answer."""
COST = Decimal("0.0105")


def _notices(cast: Cast, user: Any) -> list[tuple[str, str]]:
    from apps.accounts.models import Notification
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        rows = Notification.objects.filter(user=user, kind="budget").order_by("created_at")
        return [(row.title, row.body) for row in rows]


def _lead(cast: Cast, user: Any) -> None:
    from apps.accounts.models import Membership
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        Membership.objects.filter(user=user, team=cast.engineering).update(role="lead")


def test_a_settled_call_counts_what_it_cost(connected: Connected, say: Callable[..., Any]) -> None:
    cast = connected.cast
    budgets = [
        budget_make(cast, amount=1),
        budget_make(cast, amount=1, reach="team", subject=cast.engineering, period="day"),
        budget_make(cast, amount=1, reach="person", subject=cast.bob, period="week"),
        budget_make(cast, amount=100_000, reach="model", subject=connected.chat, unit="tokens"),
        budget_make(cast, amount=1, sharing="each"),
    ]
    others = [
        budget_make(cast, amount=0, reach="team", subject=cast.sales),
        budget_make(cast, amount=0, reach="person", subject=cast.carol),
    ]
    said = say()
    assert said.error is None
    for budget, spent in zip(budgets, [COST, COST, COST, Decimal(1500), COST], strict=True):
        settled_soon(cast, budget)
        assert (counter_of(cast, budget).spent, counter_of(cast, budget).reserved) == (spent, 0)
    assert counter_of(cast, budgets[4]).member_id == cast.bob.pk
    assert [counters_of(cast, budget) for budget in others] == [[], []]
    assert ledger_sum(cast) == COST
    assert holds(cast) == 0


def test_what_does_not_fit_is_refused_in_plain_words(connected: Connected, say: Callable[..., Any]) -> None:
    from apps.llm.errors import BudgetRefusedError
    from apps.llm.services import Offer, model_grants_set, model_offer
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        offers = [
            Offer("small-model", price=(Decimal(0), Decimal(0), "USD")),
            Offer("other-model", price=(Decimal(9), Decimal(99), "USD")),
        ]
        for model in model_offer(actor=None, connection=connected.connection, offers=offers):
            model_grants_set(actor=None, model=model, team_ids=[cast.engineering.pk])
    budget = budget_make(cast, amount="0.05", reach="team", subject=cast.engineering)
    error = say().error
    assert isinstance(error, BudgetRefusedError)
    assert error.title == "The monthly budget of Engineering has too little left for this"
    assert error.message.startswith(
        "0.00 USD of 0.05 USD are spent this month. This answer could take up to 0.06 USD."
    )
    assert "The budget starts anew on 1 " in error.message
    assert "Ask Alice Admin for more." in error.message
    assert error.message.endswith("What still fits: small-model.")
    assert error.shown["models"] == [{"slug": "small-model", "name": "small-model"}]
    assert error.shown["ask_at"] == f"/settings/budgets?budget={budget.pk}#ask"
    assert (error.retry_after or 0) > 0
    assert connected.host.asked == []
    assert ledger_sum(cast) == 0
    assert holds(cast) == 0
    _lead(cast, cast.alice)
    assert "Ask Alice Admin for more." in str(say().error)


def test_a_call_without_a_price_needs_one_or_a_budget_in_tokens(
    connected: Connected, say: Callable[..., Any]
) -> None:
    from apps.llm.models import Model
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        Model.objects.filter(pk=connected.chat.pk).update(price_input=None, price_output=None)
    money = budget_make(cast, amount=100)
    error = say().error
    assert error is not None
    assert str(error).startswith("Nobody knows what this model costs, so the organisation's monthly budget")
    tokens = budget_make(cast, amount=10_000, reach="model", subject=connected.chat, unit="tokens")
    assert say().error is None
    settled_soon(cast, tokens)
    assert (counter_of(cast, money).spent, counter_of(cast, tokens).spent) == (0, 1500)


def test_another_currency_needs_a_rate(connected: Connected, say: Callable[..., Any]) -> None:
    from apps.accounts.models import TenantSettings
    from apps.metering.models import ExchangeRate
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        TenantSettings.objects.update(currency="EUR")
    budget = budget_make(cast, amount=1)
    assert "no exchange rate is set" in str(say().error)
    with tenant_scope(cast.acme.id):
        ExchangeRate.objects.create(
            currency="USD", into="EUR", rate=Decimal("0.9"), valid_from=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        )
    assert say().error is None
    settled_soon(cast, budget)
    assert counter_of(cast, budget).spent == COST * Decimal("0.9")


def test_the_fourth_fifth_is_told_once(connected: Connected, say: Callable[..., Any]) -> None:
    from apps.metering.budgets.warning import warn_due

    cast = connected.cast
    _lead(cast, cast.bob)
    budget = budget_make(cast, amount=WORST, reach="team", subject=cast.engineering)
    assert say().outcome.notice == ""
    settled_soon(cast, budget)
    warn_due()
    assert _notices(cast, cast.bob) == []
    _spend(cast, budget, WORST * Decimal("0.8"))
    for _ in range(2):
        warn_due()
    ((title, body),) = _notices(cast, cast.bob)
    assert title == "80% of the monthly budget of Engineering is used"
    assert body.startswith("0.05 USD of 0.06 USD are spent. It starts anew on 1 ")
    assert _notices(cast, cast.alice) == []
    said = say(request=replace(chat_call(connected).request, max_tokens=10))
    assert said.error is None
    assert said.outcome.notice.startswith(
        "80% of the monthly budget of Engineering is used. It starts anew on 1 "
    )


def _spend(cast: Cast, budget: Any, amount: Decimal) -> None:
    from apps.metering.models import BudgetCounter
    from apps.tenants.scope import tenant_scope

    with tenant_scope(cast.acme.id):
        BudgetCounter.objects.filter(budget=budget).update(spent=amount)


def test_more_is_asked_for_and_granted_until_the_period_ends(
    connected: Connected, say: Callable[..., Any]
) -> None:
    cast = connected.cast
    _lead(cast, cast.bob)
    budget = budget_make(cast, amount="0.05", reach="team", subject=cast.engineering)
    assert say().error is not None
    bob, alice = browser(cast, cast.bob), browser(cast, cast.alice)
    asked = alice.post(
        "/api/v1/budget-requests",
        {"budget_id": str(budget.pk), "amount": "0.02", "reason": "A longer answer."},
        content_type="application/json",
    )
    assert asked.status_code == 201, asked.content
    again = alice.post(
        "/api/v1/budget-requests",
        {"budget_id": str(budget.pk), "amount": "0.02", "reason": "And again."},
        content_type="application/json",
    )
    assert again.status_code == 400
    ((title, body),) = _notices(cast, cast.bob)
    assert title == "Alice Admin asks for 0.02 USD more"
    assert body == "Of the monthly budget of Engineering. The reason: A longer answer."
    page = bob.get("/settings/budgets")
    assert b"Alice Admin asks for 0.02 USD more" in page.content
    granted = bob.post(
        "/settings/budgets",
        {"request": asked.json()["id"], "action": "grant", "amount": "0.03", "answer": "Fine."},
    )
    assert granted.status_code == 302, granted.content
    assert counter_of(cast, budget).granted == Decimal("0.03")
    ((title, body),) = _notices(cast, cast.alice)
    assert title == "You got 0.03 USD more"
    assert body.endswith("You can send your message again. Bob Member says: Fine.")
    assert say().error is None
    late = bob.post("/settings/budgets", {"request": asked.json()["id"], "action": "decline"})
    assert late.status_code == 422
    assert counter_of(cast, budget).granted == Decimal("0.03")
    assert audit_actions(cast.acme.id)[-2:] == ["budget_request.created", "budget_request.granted"]


def test_a_member_decides_nothing_and_asks_for_what_limits_them(connected: Connected) -> None:
    cast = connected.cast
    sales = budget_make(cast, amount=1, reach="team", subject=cast.sales)
    own = budget_make(cast, amount=1, reach="team", subject=cast.engineering)
    bob, carol = browser(cast, cast.bob), browser(cast, cast.carol)
    body = {"amount": "1", "reason": "For a demonstration."}
    foreign = bob.post(
        "/api/v1/budget-requests", body | {"budget_id": str(sales.pk)}, content_type="application/json"
    )
    assert foreign.status_code == 404
    asked = bob.post(
        "/api/v1/budget-requests", body | {"budget_id": str(own.pk)}, content_type="application/json"
    ).json()
    address = f"/api/v1/budget-requests/{asked['id']}"
    assert carol.get(address).status_code == 404
    decision = {"granted": "5", "answer": ""}
    for person, status in ((carol, 404), (bob, 403)):
        answer = person.post(f"{address}/decision", decision, content_type="application/json")
        assert answer.status_code == status
    assert counter_of(cast, own).granted == 0
    declined = browser(cast, cast.alice).post(
        f"{address}/decision", {"granted": None, "answer": "Next month."}, content_type="application/json"
    )
    assert (declined.json()["state"], declined.json()["answer"]) == ("declined", "Next month.")
    assert _notices(cast, cast.bob)[-1][0] == "Your request for more was declined"


def test_budgets_over_rest(connected: Connected) -> None:
    cast = connected.cast
    alice, bob = browser(cast, cast.alice), browser(cast, cast.bob)
    body = {
        "reach": "team",
        "subject_id": str(cast.engineering.pk),
        "unit": "money",
        "amount": "10",
        "period": "month",
    }
    assert bob.post("/api/v1/budgets", body, content_type="application/json").status_code == 403
    made = alice.post("/api/v1/budgets", body, content_type="application/json")
    assert made.status_code == 201, made.content
    said = made.json()
    assert (said["name"], said["amount"], said["spent"]) == ("The monthly budget of Engineering", "10", "0")
    assert alice.post("/api/v1/budgets", body, content_type="application/json").status_code == 400
    address = f"/api/v1/budgets/{said['id']}"
    changed = alice.patch(address, {"amount": "12.5"}, content_type="application/json")
    assert changed.json()["amount"] == "12.5"
    assert [row["id"] for row in alice.get("/api/v1/budgets").json()["results"]] == [said["id"]]
    mine = bob.get("/api/v1/me/budgets").json()
    assert [(row["name"], row["percent"], row["left"]) for row in mine["results"]] == [
        ("The monthly budget of Engineering", 0, "12.5")
    ]
    assert alice.delete(address).status_code == 204
    assert alice.get(address).status_code == 404
    assert bob.get("/api/v1/me/budgets").json()["results"] == []
    actions = [action for action in audit_actions(cast.acme.id) if action.startswith("budget.")]
    assert actions == ["budget.created", "budget.updated", "budget.archived"]


def test_the_organisation_may_keep_budgets_to_itself(connected: Connected) -> None:
    cast = connected.cast
    budget_make(cast, amount=1)
    alice, bob = browser(cast, cast.alice), browser(cast, cast.bob)
    assert alice.post("/admin/budgets", {"action": "shows"}).status_code == 302
    assert bob.get("/api/v1/me/budgets").json()["results"] == []
    assert b"<progress" not in bob.get("/settings/budgets").content


@pytest.mark.parametrize("reach", ["tenant", "team", "person", "key", "model"])
def test_pages_make_budgets_of_every_reach(connected: Connected, reach: str) -> None:
    from apps.metering.budgets.models import Reach
    from apps.metering.budgets.selectors import subject_choices
    from apps.metering.models import Budget
    from apps.tenants.scope import tenant_scope
    from tests.api.conftest import make_key

    cast = connected.cast
    make_key(connected)
    alice = browser(cast, cast.alice)
    with tenant_scope(cast.acme.id):
        subject = subject_choices(Reach(reach))[0][0]
    form = {"amount": "5", "unit": "money", "period": "week", "sharing": "pool", "subject": subject}
    assert alice.get(f"/admin/budgets?of={reach}").status_code == 200
    made = alice.post(f"/admin/budgets?of={reach}", form)
    assert made.status_code == 302, made.content
    assert alice.post(f"/admin/budgets?of={reach}", form).status_code == 422
    with tenant_scope(cast.acme.id):
        budget = Budget.objects.get()
    address = f"/admin/budgets/{budget.pk}"
    assert (budget.reach, str(budget.subject_id)) == (reach, subject)
    assert address in alice.get(f"/admin/budgets?of={reach}").content.decode()
    assert alice.post(address, {"amount": "7"}).status_code == 302
    assert b"7.00 USD weekly" in alice.get(address).content
    assert alice.post(address, {"action": "end"}).status_code == 302
    assert alice.get(address).status_code == 404


def test_the_teams_tab(connected: Connected) -> None:
    cast = connected.cast
    budget_make(cast, amount=9)
    alice, bob = browser(cast, cast.alice), browser(cast, cast.bob)
    address = f"/admin/teams/{cast.engineering.pk}/budget"
    assert bob.get(address).status_code == 404
    form = {"amount": "5000", "unit": "tokens", "period": "day", "sharing": "each"}
    assert alice.post(address, form).status_code == 302
    page = alice.get(address)
    assert b"Allowance of each person, Engineering" in page.content
    assert "The organisation's monthly budget" in page.content.decode().replace("&#x27;", "'")
    assert alice.post(address, form).status_code == 422


def test_forecasts_follow_the_pace_or_the_weekdays() -> None:
    from zoneinfo import ZoneInfo

    from apps.metering.budgets.forecast import Pace, forecast

    zone = ZoneInfo("Europe/Berlin")
    begin = dt.datetime(2026, 10, 31, 23, tzinfo=dt.UTC)
    end = dt.datetime(2026, 11, 30, 23, tzinfo=dt.UTC)
    third = begin + dt.timedelta(days=10)
    plain = forecast(Pace(begin, end, third, Decimal(30), Decimal(100), {}), zone)
    assert plain is not None
    assert round(plain.amount, 6) == 90
    assert plain.runs_out_at is None
    dear = forecast(Pace(begin, end, third, Decimal(50), Decimal(100), {}), zone)
    assert dear is not None
    assert dear.runs_out_at == begin + dt.timedelta(days=20)
    assert forecast(Pace(begin, end, begin, Decimal(1), Decimal(100), {}), zone) is None
    days = {dt.date(2026, 10, 5) + dt.timedelta(days=n): Decimal(0 if n % 7 >= 5 else 10) for n in range(35)}
    weekly = forecast(Pace(begin, end, third, Decimal(50), Decimal(1000), days), zone)
    assert weekly is not None
    assert weekly.amount == 50 + 14 * 10
