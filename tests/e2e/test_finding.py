"""Finding what was said, and the lists of the message box, in a real browser by keyboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.steps import answer, ask, expect_end, script
from tests.e2e.test_accessibility import look, violations
from tests.llm.host import Answer

if TYPE_CHECKING:
    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected

FILLER = "Nothing else is known of it. " * 200


def test_a_word_of_an_answer_leads_to_it(window: Window, connected: Connected) -> None:
    """Ctrl+K, a word that only the answer holds, Enter: the answer is in view and has the focus."""
    script(connected.host, Answer(texts=("The **saffron** lamp.", f"\n\n{FILLER}")))
    page = window(connected.cast.bob, **look(1280)).tab()
    ask(page, "Which lamp?")
    expect_end(page)
    page.goto(page.url.partition("/c/")[0])
    page.keyboard.press("Control+k")
    page.keyboard.type("saffron")
    found = page.get_by_role("option").filter(has_text="The saffron lamp.")
    expect(found).to_be_visible()
    expect(found.locator("mark")).to_have_text("saffron")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/c/[0-9a-f-]{36}#m-"))
    expect(page.locator("article:focus")).to_contain_text("saffron lamp")
    expect(answer(page).get_by_text("saffron")).to_be_in_viewport()


def test_signs_open_lists_that_the_keyboard_works(window: Window, connected: Connected) -> None:
    """`@` chooses the model, `/` an action; Escape leaves the sign as text; one in a word opens nothing."""
    page = window(connected.cast.bob, **look(1280)).tab()
    box = page.get_by_label("Message", exact=True)
    box.click()
    page.keyboard.type("Ask @")
    expect(page.get_by_role("listbox", name="Models")).to_be_visible()
    expect(box).to_have_attribute("aria-activedescendant", re.compile(r"-0$"))
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(box).to_have_value("Ask ")
    page.keyboard.type("ann@acme.example 1/2 C#")
    expect(page.get_by_role("listbox")).to_have_count(0)
    box.fill("")
    page.keyboard.type("/")
    expect(page.get_by_role("listbox", name="Actions")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_have_count(0)
    expect(box).to_have_value("/")
    page.keyboard.press("Backspace")
    page.keyboard.type("/short")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    expect(box).to_have_value("")
