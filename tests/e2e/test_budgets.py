"""A budget that is used up, as the person, the team's lead and the administrator see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import answer, ask, expect_end
from tests.e2e.test_accessibility import look, violations
from tests.metering.budgeting import budget_make

if TYPE_CHECKING:
    from typing import Any

    from playwright.sync_api import Page

    from tests.e2e.conftest import People, Window


@pytest.fixture
def full(people: People) -> Any:
    """The organisation's budget, which has no room for the fixture's model; made before Playwright's loop."""
    return budget_make(people.connected.cast, amount="0.01")


def _looked_at(page: Page) -> None:
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_more_is_asked_for_and_granted(people: People, full: Any, window: Window) -> None:
    cast = people.connected.cast
    bob, alice = window(cast.bob, **look(1280)), window(cast.alice, **look(390))
    page = bob.tab()
    ask(page, "Hello?")
    card = page.get_by_role("alert")
    expect(card).to_contain_text("The organisation's monthly budget has too little left for this")
    expect(card).to_contain_text("Ask Alice Admin for more.")
    expect(card).to_contain_text("Your message is saved.")
    expect(page.get_by_role("group", name="What this chat uses")).to_contain_text("0% used")
    _looked_at(page)
    card.get_by_role("link", name="Request more").click()
    expect(page.get_by_role("heading", name="Ask for more")).to_be_visible()
    page.get_by_label("How much more").fill("5")
    page.get_by_label("Reason").fill("I have to finish the report.")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("You are told as soon as somebody has decided.")).to_be_visible()
    _looked_at(page)

    admin = alice.tab("/admin/budget-requests")
    expect(admin.get_by_role("heading", name="Bob Member asks for 5.00 USD more")).to_be_visible()
    _looked_at(admin)
    admin.get_by_label("Grant (USD)").fill("4")
    admin.get_by_role("button", name="Grant", exact=True).click()
    expect(admin.get_by_text("Granted 4.00 USD")).to_be_visible()
    for path in ("/admin/budgets", f"/admin/budgets/{full.pk}", f"/admin/teams/{cast.engineering.pk}/budget"):
        admin.goto(alice.origin + path)
        _looked_at(admin)

    page.goto(bob.origin)
    ask(page, "Hello again?")
    expect(answer(page)).to_have_text("Hello world")
    expect_end(page)
