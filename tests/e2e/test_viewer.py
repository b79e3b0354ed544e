"""A cited PDF, what is said of a passage, and a comparison: no violations, in both themes and widths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import LONG_MS, ask, expect_end
from tests.e2e.test_accessibility import look, violations
from tests.e2e.test_knowledge_walk import (
    PAGE,
    PAGES,
    _answers,
    _book,
    _collection_with_book,
    _look_in,
)

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected

WIDTHS = (1280, 390)


def everywhere(page: Page) -> list[str]:
    """What axe finds in both themes at both widths; and whether the page scrolls sideways."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 860})
        page.wait_for_timeout(300)
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        found += violations(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{width} scrolls sideways")
    page.set_viewport_size({"width": WIDTHS[0], "height": 860})
    return found


def judged(page: Page, viewer: Locator) -> list[str]:
    """Says that the passage is out of date; what axe finds in that dialog."""
    viewer.get_by_role("button", name="Something wrong?").click()
    page.get_by_role("radio", name="Out of date").check()
    found = everywhere(page)
    page.get_by_role("button", name="Send", exact=True).last.click()
    expect(page.get_by_text("Thank you. It was sent")).to_be_visible()
    return found


@pytest.mark.usefixtures("ingest")
def test_axe_finds_nothing_in_the_viewer_the_feedback_and_a_comparison(
    window: Window, connected: Connected
) -> None:
    _answers(connected.host)
    shelf = window(connected.cast.alice).tab("/knowledge/new")
    _collection_with_book(shelf, _book())
    page = window(connected.cast.bob, **look(WIDTHS[0])).tab()
    _look_in(page, "House rules")
    ask(page, "Where does the zanzibar ledger lie?")
    expect_end(page)

    page.get_by_role("button", name=re.compile(r"^Source \d+, ")).first.click()
    page.locator("[data-active]").get_by_role("button", name=re.compile("^Open")).click()
    viewer = page.get_by_role("dialog")
    expect(viewer.get_by_text(f"Page {PAGE} of {PAGES}", exact=True)).to_be_visible()
    expect(viewer.locator(".textLayer mark").first).to_be_attached()
    found = everywhere(page)
    viewer.get_by_role("button", name="Text", exact=True).click()
    found += everywhere(page)
    found += judged(page, viewer)
    viewer.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("button", name="Close sources").last.click()

    page.get_by_role("button", name="Regenerate").last.click()
    page.get_by_role("menuitem", name="Compare with and without documents").click()
    both = page.get_by_role("region", name="The same question with and without the documents")
    expect(both.get_by_role("button", name="Keep this answer: Without documents")).to_be_visible(
        timeout=LONG_MS
    )
    found += everywhere(page)
    both.get_by_role("button", name="Discard: Without documents").click()
    expect(both).to_have_count(0)
    expect(page.locator(".turn-answer")).to_have_count(1)
    assert found == []
