"""What folds away and what can be taken back: a deleted chat, a list's filters, a page's rare actions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.steps import answer, ask, expect_end, script
from tests.llm.host import Answer

if TYPE_CHECKING:
    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected


def test_deleted_chat_comes_back_by_undo(window: Window, connected: Connected) -> None:
    """It leaves the list and the screen at once; Undo brings both back as they were."""
    script(connected.host, Answer(texts=("Forty-two.",)), title="The answer")
    page = window(connected.cast.bob).tab()
    ask(page, "What is the answer?")
    expect_end(page)
    row = page.locator(".side-item")
    expect(row).to_contain_text("The answer")
    address = page.url
    row.hover()
    row.get_by_role("button").click()
    with page.expect_response(lambda response: response.request.method == "DELETE"):
        page.get_by_role("menuitem", name="Delete").click()
    expect(row).to_have_count(0)
    expect(page).to_have_url(re.compile(r"/$"))
    page.get_by_role("button", name="Undo").click()
    expect(page).to_have_url(address)
    expect(row).to_contain_text("The answer")
    expect(answer(page)).to_have_text("Forty-two.")


def test_filters_of_a_list_are_a_sheet_on_a_small_screen(window: Window, connected: Connected) -> None:
    """The button counts what is set; wide, the fields stand in the line and there is no button."""
    page = window(connected.cast.alice, viewport={"width": 390, "height": 800}).tab("/admin/people")
    role, button = page.get_by_label("Role"), page.get_by_role("button", name="Filters")
    expect(page.get_by_label("Search")).to_be_visible()
    expect(role).to_be_hidden()
    button.click()
    role.select_option("owner")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(button).to_have_text("Filters (1)")
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(role).to_be_visible()
    expect(button).to_be_hidden()
