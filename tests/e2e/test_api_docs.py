"""The API's reference in a real browser: it runs under the content policy, from this origin alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.e2e.conftest import People, Window


def test_the_reference_lists_operations_and_opens_one(window: Window, people: People) -> None:
    tab = window(people.connected.cast.bob).tab("/docs/api/")
    expect(tab.get_by_role("heading", name="API", exact=True)).to_be_visible()
    tab.locator("#operations-tag-openai").click()
    tab.locator("#operations-openai-openai_chat_completions .opblock-summary-control").click()
    expect(tab.get_by_text("stream of server-sent events").first).to_be_visible()
    expect(tab.get_by_role("button", name="Try it out")).to_be_visible()
