"""The pages of a route in a browser: rows come, go and change places without a reload; a try-out."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.routed import Aside, aside
from tests.e2e.test_accessibility import look, violations
from tests.llm.host import Answer, Asked
from tests.llm.routing import Routing, routing_on, said
from tests.llm.test_routes_dry_run import asked_before

if TYPE_CHECKING:
    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected


@pytest.fixture
def routing(connected: Connected) -> Iterator[Routing]:
    with routing_on(connected, Aside) as found:
        yield found


def test_members_are_added_ordered_and_removed_by_keyboard(
    window: Window, connected: Connected, routing: Routing
) -> None:
    for name in ("one", "two", "three"):
        routing.model(name)
    page = window(connected.cast.alice).tab("/admin/routes/new/fallback")
    page.get_by_label("Name", exact=True).fill("Safe")
    page.get_by_label("Id", exact=True).fill("safe")
    rows = page.get_by_label("Model or route")
    rows.nth(0).select_option(label="one")
    rows.nth(1).select_option(label="two")
    page.get_by_role("button", name="Add another choice").press("Enter")
    expect(rows).to_have_count(3)
    expect(rows.nth(2)).to_be_focused()
    rows.nth(2).select_option(label="three")
    page.get_by_role("button", name="Move choice 3 up").press("Enter")
    page.get_by_role("button", name="Move choice 2 up").press("Enter")
    expect(page.get_by_role("button", name="Move choice 1 up")).to_be_disabled()
    page.get_by_role("button", name="Remove choice 2").press("Enter")
    expect(rows).to_have_count(2)
    page.get_by_label("Name", exact=True).press("Enter")
    page.wait_for_url(re.compile("saved=1"))
    expect(rows.locator("option:checked")).to_have_text(["three", "two"])


def test_rules_fold_to_a_line_that_says_what_they_hold(
    window: Window, connected: Connected, routing: Routing
) -> None:
    routing.model("one")
    alice = window(connected.cast.alice)
    alice.expect_fault("422")
    page = alice.tab("/admin/routes/new/task")
    page.get_by_label("Name", exact=True).first.fill("Auto")
    page.get_by_label("Id", exact=True).fill("auto")
    page.get_by_role("button", name="Add another rule").click()
    rule = page.get_by_role("group", name="Rule 2")
    rule.get_by_label("Longer than (tokens)").fill("500")
    page.get_by_label("All other questions: ask").select_option(label="one")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Choose who is asked, or remove this rule.")).to_be_visible()
    expect(rule.get_by_label("Ask", exact=True)).to_be_focused()
    rule.get_by_label("Ask", exact=True).select_option(label="one")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile("saved=1"))
    folded = page.locator("#group-rules summary").first
    expect(folded).to_contain_text("Rule 1")
    expect(folded).to_contain_text("Ask: one · Longer than 500")
    expect(page.get_by_label("Longer than (tokens)")).not_to_be_visible()


def test_a_slow_trial_shows_that_it_runs_and_can_be_stopped(
    window: Window, connected: Connected, routing: Routing
) -> None:
    seen = threading.Event()

    def slow(asked: Asked) -> Answer:
        seen.wait(60)
        return said("At last.")

    members = [routing.model("slow", slow), routing.model("two")]
    route = routing.route("fallback", {"members": members})
    page = window(connected.cast.alice).tab(f"/admin/routes/{route.pk}")
    page.get_by_role("textbox", name="Question").fill("Why?")
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".trial-progress")).to_contain_text(re.compile(r"\d+ s"))
    expect(page.get_by_role("textbox", name="Question")).to_have_value("Why?")
    seen.set()
    expect(page.locator("#trial-result")).to_contain_text("At last.")
    expect(page.locator("#trial-result")).to_contain_text(re.compile(r"Answered in \d+ s"))
    seen.clear()
    page.get_by_role("button", name="Ask").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#trial-result")).to_contain_text("Stopped after")
    seen.set()


@pytest.mark.parametrize("width", [390, 1280, 2560])
def test_axe_finds_nothing_on_pages_of_routes(
    window: Window, connected: Connected, routing: Routing, width: int
) -> None:
    one, two = routing.model("one"), routing.model("two")
    rules = [{"when": {"longer_than": 5000, "languages": ["de"]}, "use": two}]
    route = routing.route("task", {"rules": rules, "otherwise": one})
    aside(asked_before, connected, 20)
    alice = window(connected.cast.alice, **look(width))
    page = alice.tab("/admin/routes")
    found = violations(page)
    team = connected.cast.engineering.pk
    for path in (
        "/admin/routes?q=none",
        "/admin/routes/new/task",
        "/admin/routes/new/cheapest",
        f"/admin/routes/{route.pk}?run={team}",
        f"/admin/routes/{route.pk}?run={connected.cast.sales.pk}&of=team",
        f"/admin/routes/{route.pk}/delete",
        f"/admin/teams/{team}/models",
        "/admin/",
    ):
        page.goto(alice.origin + path)
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        found += violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} scrolls sideways"
    assert found == []
