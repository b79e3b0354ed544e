"""Who is asked for more and who is told: in the app and by mail, once, and never oneself."""

from __future__ import annotations

import datetime as dt
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from apps.tenants.scope import tenant_scope
from tests.llm.conftest import Connected, browser
from tests.metering.budgeting import budget_make, counter_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Cast


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[Any]]:
    """The mails that were sent, once there are so many."""
    from django.core import mail

    monkeypatch.setattr("django.conf.settings.EMAIL_HOST", "mail.example")
    monkeypatch.setattr("django.conf.settings.EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    monkeypatch.setattr(mail, "outbox", [], raising=False)

    def sent(count: int) -> list[Any]:
        until = time.monotonic() + 10
        while len(mail.outbox) < count and time.monotonic() < until:
            time.sleep(0.02)
        found, mail.outbox[:] = list(mail.outbox), []
        return sorted(found, key=lambda one: one.to)

    return sent


def lead(cast: Cast, *users: Any) -> None:
    from apps.accounts.models import Membership

    with tenant_scope(cast.acme.id):
        Membership.objects.filter(user__in=users, team=cast.engineering).update(role="lead")


def notices(cast: Cast, user: Any) -> list[tuple[str, str]]:
    from apps.accounts.models import Notification

    with tenant_scope(cast.acme.id):
        rows = Notification.objects.filter(user=user, kind="budget").order_by("created_at")
        return [(row.title, row.url) for row in rows]


def ask(cast: Cast, user: Any, budget: Any, amount: str = "2") -> Any:
    body = {"budget_id": str(budget.pk), "amount": amount, "reason": "A <b>long</b> answer & more."}
    return browser(cast, user).post("/api/v1/budget-requests", body, content_type="application/json")


def decide(cast: Cast, user: Any, asked: Any, granted: str | None, answer: str = "") -> Any:
    return browser(cast, user).post(
        f"/api/v1/budget-requests/{asked.json()['id']}/decision",
        {"granted": granted, "answer": answer},
        content_type="application/json",
    )


def test_both_sides_get_a_mail(connected: Connected, mails: Callable[[int], list[Any]]) -> None:
    cast = connected.cast
    budget = budget_make(cast, amount=1, reach="team", subject=cast.engineering, sharing="each")
    asked = ask(cast, cast.bob, budget)
    (mail,) = mails(1)
    assert (mail.to, mail.subject) == (["alice@acme.example"], "Bob Member asks for 2.00 USD more")
    assert "Of Bob Member's monthly allowance in Engineering." in mail.body
    assert "The reason: A <b>long</b> answer & more." in mail.body
    assert "/settings/budgets" in mail.body
    assert decide(cast, cast.alice, asked, "1.5", "Use it well.").status_code == 200
    (mail,) = mails(1)
    assert (mail.to, mail.subject) == (["bob@acme.example"], "You got 1.50 USD more")
    assert "Of your monthly allowance in Engineering, until 1 " in mail.body
    assert "Alice Admin says: Use it well." in mail.body
    again = ask(cast, cast.bob, budget)
    mails(1)
    assert decide(cast, cast.alice, again, None, "Next month.").status_code == 200
    (mail,) = mails(1)
    assert (mail.to, mail.subject) == (["bob@acme.example"], "Your request for more was declined")
    assert "It starts anew on 1 " in mail.body
    assert "Alice Admin says: Next month." in mail.body
    assert [title for title, _ in notices(cast, cast.bob)] == [
        "You got 1.50 USD more", "Your request for more was declined",
    ]  # fmt: skip
    assert notices(cast, cast.carol) == []


def test_a_name_with_a_line_break_makes_no_header(
    connected: Connected, mails: Callable[[int], list[Any]]
) -> None:
    from apps.accounts.models import User

    cast = connected.cast
    with tenant_scope(cast.acme.id):
        User.objects.filter(pk=cast.bob.pk).update(name="Bob\nBcc: everybody@acme.example")
    assert ask(cast, cast.bob, budget_make(cast, amount=1)).status_code == 201
    (mail,) = mails(1)
    assert mail.to == ["alice@acme.example"]
    assert "\n" not in mail.subject


def test_a_lead_asks_somebody_else_and_answers_others(connected: Connected, say: Callable[..., Any]) -> None:
    cast = connected.cast
    lead(cast, cast.bob)
    budget = budget_make(cast, amount="0.01", reach="team", subject=cast.engineering)
    assert "Ask Alice Admin for more." in str(say().error)
    own, others = ask(cast, cast.bob, budget), ask(cast, cast.alice, budget)
    assert notices(cast, cast.alice) == [("Bob Member asks for 2.00 USD more", "/settings/budgets")]
    page = browser(cast, cast.bob).get("/settings/budgets").content.decode()
    assert "Alice Admin asks for" in page
    assert "Bob Member asks for" not in page
    assert decide(cast, cast.bob, own, "2").status_code == 403
    assert counter_of(cast, budget).granted == 0
    assert decide(cast, cast.bob, others, "0.5").status_code == 200
    assert decide(cast, cast.alice, own, "2").status_code == 200
    assert counter_of(cast, budget).granted == Decimal("2.5")


def test_two_requests_at_once_are_one(connected: Connected) -> None:
    cast = connected.cast
    budget = budget_make(cast, amount=1)
    ask(cast, cast.carol, budget)
    clients = [browser(cast, cast.bob) for _ in range(4)]
    together = threading.Barrier(4)

    def post(client: Any) -> int:
        from django.db import connections

        together.wait(10)
        body = {"budget_id": str(budget.pk), "amount": "2", "reason": "Now."}
        try:
            return int(
                client.post("/api/v1/budget-requests", body, content_type="application/json").status_code
            )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(post, clients)) == [201, 400, 400, 400]
    assert len(notices(cast, cast.alice)) == 2


def test_two_budgets_at_once_are_one(connected: Connected) -> None:
    from django.core.exceptions import ValidationError
    from django.db import connections

    cast = connected.cast
    together = threading.Barrier(4)

    def make(_: int) -> str:
        together.wait(10)
        try:
            budget_make(cast, amount=1)
        except ValidationError as error:
            return " ".join(error.messages)
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(make, range(4)))
    assert [text[:28] for text in said] == ["", *["There is such a budget alrea"] * 3]


def test_what_is_over_or_ended_is_answered_by_nobody(connected: Connected) -> None:
    from apps.metering.budgets.services import budget_archive
    from apps.metering.models import BudgetCounter

    cast = connected.cast
    over, ended = budget_make(cast, amount=1, period="day"), budget_make(cast, amount=1)
    asked = [ask(cast, cast.bob, budget) for budget in (over, ended)]
    with tenant_scope(cast.acme.id):
        now = dt.datetime.now(dt.UTC)
        BudgetCounter.objects.filter(budget=over).update(
            starts_at=now - dt.timedelta(days=1), ends_at=now - dt.timedelta(seconds=1)
        )
        budget_archive(actor=None, budget=ended)
    alice = browser(cast, cast.alice)
    for request, words in zip(asked, ("This period is over", "This budget was ended"), strict=True):
        refused = decide(cast, cast.alice, request, "1")
        assert (refused.status_code, words in refused.text) == (400, True)
    page = alice.get("/admin/budget-requests").content.decode()
    assert (page.count("Nobody answered in time"), page.count("The budget was ended")) == (1, 1)
    assert "Nobody waits for an answer." in page


def test_with_more_to_spend_the_next_four_fifths_are_told_of(connected: Connected) -> None:
    from apps.metering.budgets.services import budget_update
    from apps.metering.budgets.warning import warn_due
    from apps.metering.models import BudgetCounter

    cast = connected.cast
    lead(cast, cast.bob)
    budget = budget_make(cast, amount=10, reach="team", subject=cast.engineering)
    asked = ask(cast, cast.bob, budget)

    def spend(amount: int) -> list[str]:
        with tenant_scope(cast.acme.id):
            BudgetCounter.objects.filter(budget=budget).update(spent=amount)
        for _ in range(2):
            warn_due()
        return [title for title, _ in notices(cast, cast.bob) if "is used" in title]

    assert spend(8) == ["80% of the monthly budget of Engineering is used"]
    assert decide(cast, cast.alice, asked, "90").status_code == 200
    assert len(spend(79)) == 1
    assert spend(80)[1:] == ["80% of the monthly budget of Engineering is used"]
    with tenant_scope(cast.acme.id):
        budget_update(actor=None, budget=budget, amount=Decimal(9))
    assert len(spend(81)) == 2, "it was lowered: all were told already"


def test_a_keys_budget_is_told_to_its_person_and_to_administrators(connected: Connected) -> None:
    from apps.accounts.models import ApiKey
    from apps.metering.budgets.purse import lines_now
    from apps.metering.budgets.warning import warn_due
    from apps.metering.models import BudgetCounter
    from tests.api.conftest import make_key

    cast = connected.cast
    make_key(connected)
    with tenant_scope(cast.acme.id):
        key = ApiKey.objects.get()
    budget = budget_make(cast, amount=10, reach="key", subject=key)
    with tenant_scope(cast.acme.id):
        lines_now([key.pk], cast.bob.pk, dt.datetime.now(dt.UTC))
        BudgetCounter.objects.filter(budget=budget).update(spent=9)
    warn_due()
    title = "90% of the monthly budget of the API key “test” is used"
    assert notices(cast, cast.bob) == [(title, "/settings/budgets")]
    assert notices(cast, cast.alice) == [(title, f"/admin/budgets/{budget.pk}")]
    assert notices(cast, cast.carol) == []
    assert browser(cast, cast.alice).get(f"/admin/budgets/{budget.pk}").status_code == 200


def test_grants_of_one_period_stay_within_what_a_sum_can_hold(connected: Connected) -> None:
    """Before, a granted sum of seventeen digits was a server fault."""
    from apps.metering.models import BudgetCounter

    cast = connected.cast
    budget = budget_make(cast, amount=1, reach="team", subject=cast.engineering)
    most = "1000000000000000"
    assert ask(cast, cast.bob, budget, f"{most}0").json()["errors"][0]["field"] == "amount"
    assert decide(cast, cast.alice, ask(cast, cast.bob, budget, most), most).status_code == 200
    again = ask(cast, cast.bob, budget, "1")
    refused = decide(cast, cast.alice, again, "1")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "amount")
    with tenant_scope(cast.acme.id):
        assert BudgetCounter.objects.get(budget=budget).granted == Decimal(most)
    assert decide(cast, cast.alice, again, None).json()["state"] == "declined"


def test_who_waits_is_told_that_the_budget_was_ended(
    connected: Connected, mails: Callable[[int], list[Any]]
) -> None:
    cast = connected.cast
    budget = budget_make(cast, amount=1, reach="team", subject=cast.engineering)
    assert ask(cast, cast.bob, budget).status_code == 201
    mails(1)
    assert browser(cast, cast.alice).delete(f"/api/v1/budgets/{budget.pk}").status_code == 204
    (mail,) = mails(1)
    assert (mail.to, mail.subject) == (["bob@acme.example"], "A budget that you asked about was ended")
    assert "The monthly budget of Engineering limits nothing any more" in mail.body
    assert "The budget was ended" in browser(cast, cast.bob).get("/settings/budgets").content.decode()
    assert browser(cast, cast.alice).delete(f"/api/v1/budgets/{budget.pk}").status_code == 404
    assert len(notices(cast, cast.bob)) == 1
