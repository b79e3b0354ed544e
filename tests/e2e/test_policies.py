"""Policies in a browser: a rule that asks, one that withdraws, and the pages around them."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.routed import aside
from tests.e2e.steps import answer, ask, expect_end
from tests.e2e.test_accessibility import look, violations
from tests.guardrails.policies import IBAN, MAIL, WORDS, policy_make, rule
from tests.llm.host import Answer

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected


def test_a_person_sees_what_was_found_and_sends_it_edits_it_or_lets_it_be(
    window: Window, connected: Connected
) -> None:
    aside(policy_make, connected.cast, rule("warn"))
    page = window(connected.cast.bob).tab()
    ask(page, f"Write to {MAIL}")
    card = page.locator(".error-card")
    expect(card).to_contain_text("Please look before this is sent")
    expect(card).to_contain_text(WORDS)
    expect(card).to_contain_text("E-mail addresses: a••••••••om")
    assert connected.host.asked == []
    card.get_by_role("button", name="Edit message").click()
    field = page.locator(".turn-user textarea")
    expect(field).to_have_value(f"Write to {MAIL}")
    field.press("Escape")
    card.get_by_role("button", name="Send anyway").click()
    expect(answer(page).last).to_contain_text("Hello world")
    expect_end(page)
    assert MAIL in str(connected.host.asked[0].body)


def test_a_withdrawn_answer_goes_from_the_screen_and_does_not_come_back(
    window: Window, connected: Connected
) -> None:
    aside(policy_make, connected.cast, rule("block", direction="in"))
    read, hold = threading.Event(), threading.Event()
    texts = ("The secret word is Zanzibar. " * 4, f"Ask {MAIL} now. " * 10)
    said = Answer(texts=texts, gate=read, hold=hold)
    connected.host.answers[:] = [said]
    page = window(connected.cast.bob).tab()
    ask(page, "Whom do I ask?")
    expect(answer(page)).to_contain_text("Zanzibar")
    read.set()
    expect(page.locator(".error-card")).to_contain_text("A rule of your organisation withdrew this answer")
    expect(page.locator(".error-card")).to_contain_text(WORDS)
    expect(page.locator("main")).not_to_contain_text("Zanzibar")
    expect(page.get_by_role("button", name="Try another model")).to_have_count(0)
    hold.set()
    page.reload()
    expect(page.locator(".error-card")).to_contain_text(WORDS)
    page.locator(".error-card").get_by_role("button", name="Edit message").click()
    expect(page.locator(".turn-user textarea")).to_have_value("Whom do I ask?")
    expect(page.locator("main")).not_to_contain_text("Zanzibar")


def make_rule(page: Page) -> None:
    """The first rule, by the page's own words; the policy is on afterwards."""
    page.get_by_role("link", name="New rule").click()
    page.get_by_label("Name", exact=True).fill("No bank accounts")
    page.get_by_label("What people read").fill("Accounts stay in the bank's own systems.")
    page.get_by_label("Bank accounts (IBAN)").check()
    page.get_by_label("Then").select_option("mask")
    page.get_by_role("button", name="Save rule").click()
    expect(page.get_by_role("link", name="No bank accounts")).to_be_visible()
    page.get_by_label("State").select_option("on")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_text("Saved")).to_be_visible()


def reset_by_keyboard(page: Page) -> list[str]:
    """Ask, take it back, ask again and agree, without a mouse; what axe finds in the dialog."""
    page.get_by_role("button", name="Reset No bank accounts").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Reset No bank accounts?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    found = violations(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Reset No bank accounts")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Inherited", exact=True)).to_be_visible()
    return found


def test_an_administrator_makes_a_rule_tries_a_text_and_a_team_overrides_it(
    window: Window, connected: Connected
) -> None:
    page = window(connected.cast.alice, **look(390)).tab("/admin/policies")
    make_rule(page)
    page.get_by_role("link", name="Try a text").click()
    page.get_by_label("Text", exact=True).fill(f"Pay {IBAN} today")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.get_by_role("heading", name="It passes with placeholders.")).to_be_visible()
    expect(page.locator("mark")).to_contain_text(IBAN)
    expect(page.get_by_text("Pay [IBAN_1] today")).to_be_visible()
    found = violations(page)
    page.goto(page.url.split("/admin")[0] + f"/admin/teams/{connected.cast.engineering.pk}/policies")
    page.get_by_role("button", name=re.compile("Override No bank accounts")).click()
    expect(page.get_by_role("heading", name="No bank accounts")).to_be_visible()
    page.get_by_label("Then").select_option("block")
    page.get_by_role("button", name="Save rule").click()
    expect(page.get_by_text("Without it: mask")).to_be_visible()
    found += violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found += reset_by_keyboard(page)
    assert found == []
