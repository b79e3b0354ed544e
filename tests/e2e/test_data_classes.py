"""A confidential file in a chat: seen on the page, never sent to a provider, proved by the report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.routed import aside, routing
from tests.e2e.steps import LONG_MS, answer, ask, expect_end
from tests.e2e.test_accessibility import look, violations
from tests.llm.test_clearances import hosted

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected
    from tests.llm.routing import Routing

__all__ = ["routing"]

SECRET = "The salary of Ada Lovelace is 123,456 pounds."
SHOTS = os.environ.get("ATRIUM_SHOTS", "")


def shot(page: Page, name: str) -> None:
    """A picture of the page for whoever asks for it by ATRIUM_SHOTS, in both themes."""
    for scheme in ("light", "dark") if SHOTS else ():
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=Path(SHOTS) / f"{name}-{scheme}.png", full_page=True)


def cellar(connected: Connected) -> None:
    """The provider's models may receive internal text, one of our own everything."""
    from apps.guardrails.classes import DataClass
    from apps.llm.clearances.services import model_clearance_set
    from apps.llm.models import Model
    from apps.tenants.scope import tenant_scope

    hosted(connected)
    with tenant_scope(connected.cast.acme.id):
        own = Model.objects.get(slug="in-the-cellar")
        model_clearance_set(actor=None, model=own, wanted=DataClass.RESTRICTED, reason="Our own machine")


def models_sent(connected: Connected, words: str) -> list[str]:
    """The models that the host was asked for with these words, in order."""
    return [str(asked.body.get("model")) for asked in connected.host.asked if words in str(asked.body)]


def attach_confidential(page: Page) -> None:
    """Say what it is before it leaves the device, and wait until the chat knows."""
    page.get_by_role("button", name="Add files and knowledge").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("menuitem", name="Upload confidential files").click()
    chooser.value.set_files(files={"name": "pay.txt", "mimeType": "text/plain", "buffer": SECRET.encode()})
    expect(page.get_by_role("button", name="Data class: Confidential")).to_be_visible(timeout=LONG_MS)


def expect_greyed_out(page: Page) -> None:
    """The provider's model can not be chosen, and says why; ours can."""
    page.locator("#model-button").click()
    row = page.get_by_role("option", name="big-model")
    expect(row).to_have_attribute("aria-disabled", "true")
    expect(row).to_contain_text("May receive internal text at most; this chat is confidential.")
    expect(page.get_by_role("option", name="in-the-cellar")).to_have_attribute("aria-disabled", "false")


def expect_refusal(page: Page) -> Locator:
    """The card in place of an answer."""
    card = page.get_by_role("alert").filter(has_text="big-model may not receive confidential text")
    expect(card).to_be_visible(timeout=LONG_MS)
    expect(card).to_contain_text("You may use it with in-the-cellar")
    expect(card.get_by_role("button", name="Try again")).to_have_count(0)
    return card


def raise_to_restricted(page: Page) -> list[str]:
    """By the badge, as a member: lower classes are closed. What axe finds in the dialog."""
    page.get_by_role("button", name="Data class: Confidential").click()
    dialog = page.get_by_role("dialog", name="Data class of this chat")
    expect(dialog.get_by_role("radio", name="Public")).to_be_disabled()
    expect(dialog).to_contain_text("Only a lead of the team or an administrator may lower it.")
    found = violations(page)
    shot(page, "dialog")
    dialog.get_by_role("radio", name="Restricted").check()
    with page.expect_response("**/data-class"):
        dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Data class: Restricted")).to_be_visible()
    return found


def test_a_confidential_file_is_refused_and_routed(
    window: Window, connected: Connected, routing: Routing, ingest: None
) -> None:
    routing.model("in-the-cellar")
    aside(cellar, connected)
    routing.route("data_class", {"members": ["big-model", "in-the-cellar"]}, slug="safe")
    page = window(connected.cast.bob, **look(1280)).tab()
    attach_confidential(page)
    expect_greyed_out(page)
    found = violations(page)
    shot(page, "picker")
    page.keyboard.press("Escape")
    ask(page, "What does Ada earn?")
    card = expect_refusal(page)
    found += violations(page)
    shot(page, "refused")
    assert models_sent(connected, "Ada") == []
    card.get_by_role("button", name="Try another model").click()
    page.get_by_role("menuitem", name="Safe").click()
    expect(answer(page)).to_contain_text("I am in-the-cellar.", timeout=LONG_MS)
    expect_end(page)
    assert models_sent(connected, SECRET) == ["in-the-cellar"]
    assert found + raise_to_restricted(page) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_of_clearances_and_the_report(window: Window, connected: Connected, width: int) -> None:
    aside(hosted, connected, region="Frankfurt", contract_note="DPA of 3 March")
    asking = window(connected.cast.bob).tab()
    ask(asking, "Hello?")
    expect_end(asking)
    alice = window(connected.cast.alice, **look(width))
    page = alice.tab("/admin/data-classes")
    expect(page.get_by_role("heading", name="0 calls broke a rule")).to_be_visible()
    expect(page.get_by_text("under this contract: DPA of 3 March").first).to_be_visible()
    paths = (
        "/admin/data-classes",
        f"/admin/providers/{connected.connection.pk}/clearance",
        f"/admin/models/{connected.chat.pk}/clearance",
    )
    found = []
    for number, path in enumerate(paths):
        page.goto(alice.origin + path)
        page.locator("table").wait_for()
        found += violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        shot(page, f"admin-{number}-{width}")
    page.get_by_label("Highest data class").select_option("public")
    page.get_by_label("Reason").fill("Only a toy")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="Only a toy")).to_be_visible()
    assert found == []
