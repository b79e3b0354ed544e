"""A person asks, reads, reloads, opens a second tab and stops, in a real browser."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PASSWORD
from tests.e2e.steps import LONG_MS, answer, ask, attach, expect_end, script
from tests.knowledge.builders import pdf
from tests.llm.host import Answer

if TYPE_CHECKING:
    from playwright.sync_api import Dialog

    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected

WORDS = tuple(f"word{number} " for number in range(1, 121))
LAMP = "The blue lamp hangs in the archive room behind the green door."


def test_password_sign_in_leads_to_a_new_chat(window: Window, connected: Connected) -> None:
    """From the sign-in page to the composer."""
    page = window().tab("/")
    expect(page).to_have_url(re.compile(r"/sign-in"))
    page.locator("input[type=email]").fill(connected.cast.bob.email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    expect(page.get_by_text("Bob", exact=False).first).to_be_visible()


def test_answer_arrives_piece_by_piece_and_names_its_chat(window: Window, connected: Connected) -> None:
    """Tokens are seen before the end; the address, the title and the model follow."""
    hold = threading.Event()
    connected.host.answers[:] = [
        Answer(texts=WORDS, pause=0.01, hold=hold),
        Answer(texts=("Counting words",)),
    ]
    page = window(connected.cast.bob).tab()
    ask(page, "Count for me")
    expect(answer(page)).to_contain_text("word120")
    expect(page.locator(".turn-answer")).to_have_attribute("aria-busy", "true")
    expect(page).to_have_url(re.compile(r"/c/[0-9a-f-]{36}$"))
    hold.set()
    expect_end(page)
    expect(page).to_have_title(re.compile("Counting words"))
    expect(page.locator("nav").get_by_role("link", name="Counting words")).to_be_visible()


def test_reload_in_mid_stream_goes_on_and_a_second_tab_shows_the_same(
    window: Window, connected: Connected
) -> None:
    """What was seen stays, the rest arrives, no word twice, in both tabs."""
    connected.host.answers[:] = [Answer(texts=WORDS, pause=0.03), Answer(texts=("Title",))]
    bob = window(connected.cast.bob)
    page = bob.tab()
    ask(page, "Count for me")
    expect(answer(page)).to_contain_text("word20")
    page.reload()
    expect(answer(page)).to_contain_text("word20")
    other = bob.tab(page.url.removeprefix(bob.origin))
    expect(answer(other)).to_contain_text("word25")
    for tab in (page, other):
        expect_end(tab)
        expect(answer(tab)).to_have_text("".join(WORDS))


def test_stop_closes_the_connection_to_the_model_and_keeps_the_text(
    window: Window, connected: Connected
) -> None:
    """The provider's socket is closed long before the answer would have ended."""
    connected.host.answers[:] = [Answer(texts=WORDS * 10, pause=0.03)]
    page = window(connected.cast.bob).tab()
    ask(page, "Count for me")
    expect(answer(page)).to_contain_text("word10")
    ask(page, "And then?")
    expect(page.get_by_text("An answer is being written")).to_be_visible()
    page.get_by_role("button", name="Stop generating").click()  # no notice lies over it
    assert connected.host.gone.wait(15)
    expect(page.get_by_text("Stopped", exact=True).first).to_be_visible()
    expect(answer(page)).to_contain_text("word10")
    page.reload()
    expect(answer(page)).to_contain_text("word10")


@pytest.mark.usefixtures("ingest")
def test_citation_of_an_uploaded_pdf_opens_its_passage_on_the_right_page(
    window: Window, connected: Connected
) -> None:
    """Upload, ask, click the chip: the panel names page 2, and the passage shows the quote."""
    script(connected.host, Answer(texts=(LAMP[:20], LAMP[20:])))
    data = pdf("Opening hours are from nine to five.", f"About light. {LAMP}", "The canteen serves soup.")
    page = window(connected.cast.bob).tab()
    attach(page, "house.pdf", data)
    expect(page.get_by_text("3 pages")).to_be_visible(timeout=LONG_MS)
    ask(page, "Where does the blue lamp hang?")
    expect_end(page)
    expect(answer(page)).to_contain_text("archive room")
    page.get_by_role("button", name=re.compile(r"^Source \d+, ")).first.click()
    card = page.get_by_role("complementary", name="Sources").locator("[data-active]")
    expect(card).to_contain_text("Page 2")
    expect(card).to_contain_text("blue lamp")
    card.get_by_role("button", name=re.compile("^Open")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Page 2")
    expect(dialog.locator("mark")).to_contain_text("blue lamp")


def test_refused_file_says_why_on_its_chip_and_the_text_stays(window: Window, connected: Connected) -> None:
    """An empty file is not sent up; what was written stays."""
    page = window(connected.cast.bob).tab()
    page.get_by_label("Message", exact=True).fill("Look at this")
    attach(page, "empty.pdf", b"")
    expect(page.get_by_text("The file is empty")).to_be_visible()
    expect(page.get_by_label("Message", exact=True)).to_have_value("Look at this")


def test_model_that_fails_leaves_the_question_and_a_way_on(window: Window, connected: Connected) -> None:
    """The error stands in place; trying again writes a second answer."""
    refused = {"error": {"message": "no", "type": "invalid_request_error", "code": "invalid_api_key"}}
    connected.host.answers[:] = [Answer(status=401, error=refused), Answer(texts=("All", " well."))]
    page = window(connected.cast.bob).tab()
    ask(page, "Hello?")
    retry = page.get_by_role("button", name="Try again")
    expect(retry).to_be_visible()
    expect(page.locator(".bubble")).to_have_text("Hello?")
    retry.click()
    expect(answer(page)).to_contain_text("All well.")
    expect(page.get_by_role("group", name="Answer 2 of 2")).to_be_visible()


def test_hostile_answer_stays_text(window: Window, connected: Connected) -> None:
    """Markup, scripts and remote images of an answer do nothing."""
    hostile = (
        "<img src=x onerror=alert(1)> <script>alert(1)</script> [go](javascript:alert(1)) "
        "![p](https://sink.example/p.png) <iframe src='https://sink.example'></iframe> "
        "<form action='https://sink.example'><input></form> [ok](https://ok.example/)\n\n<style>*{display:none}</style>"
    )
    connected.host.answers[:] = [Answer(texts=(hostile,)), Answer(texts=("<b>Title</b>",))]
    page = window(connected.cast.bob).tab()
    opened: list[Dialog] = []

    def close(dialog: Dialog) -> None:
        opened.append(dialog)
        dialog.dismiss()

    page.on("dialog", close)
    ask(page, "Attack me")
    expect_end(page)
    expect(answer(page)).to_contain_text("<script>alert(1)</script>")
    expect(page.locator(".prose :is(img, script, iframe, form, style)")).to_have_count(0)
    links = page.locator(".prose a")
    expect(links).to_have_count(2)
    expect(links.first).to_have_js_property("href", "https://sink.example/p.png")
    expect(links.last).to_have_js_property("href", "https://ok.example/")
    page.wait_for_timeout(300)  # what an image that fails, or a script, would take to speak
    assert opened == []
