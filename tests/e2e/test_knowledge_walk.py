"""The walk of issue 4: upload, ask, open the citation on its page; access goes, and not a word is left."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from playwright.sync_api import expect

from tests.e2e.steps import LONG_MS, answer, ask, expect_end, expect_soon
from tests.knowledge.builders import pdf
from tests.llm.host import Answer

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.e2e.conftest import Window
    from tests.llm.conftest import Connected
    from tests.llm.host import Asked, Host

PAGES = 30
PAGE = 17
SECRET = "The zanzibar ledger lies under the loose tile beside the marble stove."
CLOSED = ("marble", "loose tile", "House rules", "house.pdf")
"""Words that only the document says."""
UNKNOWN = "The documents do not say."
DRAWN = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
  .data.some(value => value > 0 && value < 200)"""


def _book() -> bytes:
    """Thirty pages; the seventeenth holds the secret, broken over lines as PDFs do."""
    filler = "Rooms are swept on {day}. Windows of floor {number} stay shut at night. " * 6
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    texts = [filler.format(day=days[number % 5], number=number) for number in range(1, PAGES + 1)]
    texts[PAGE - 1] += f"\n\n{SECRET}\n\n" + texts[PAGE - 1]
    return pdf(*texts, title="House rules")


def _collection_with_book(page: Page, data: bytes) -> None:
    page.get_by_label("Name", exact=True).fill("House rules")
    page.get_by_label("Everyone", exact=True).check()
    page.get_by_role("button", name="Make collection").click()
    page.get_by_label("A folder").wait_for()  # the script of the page runs
    page.locator("input[type=file]").first.set_input_files(
        files={"name": "house.pdf", "mimeType": "application/pdf", "buffer": data}
    )
    expect(page.get_by_text("Ready", exact=True).first).to_be_visible(timeout=LONG_MS)


def _look_in(page: Page, name: str) -> None:
    page.get_by_role("button", name="Add", exact=False).first.click()
    page.get_by_role("menuitem", name="From knowledge").click()
    page.get_by_role("checkbox", name=name).check()
    page.get_by_role("button", name="Done").click()


def _vectors(texts: list[str]) -> dict[str, Any]:
    """A meaning of two kinds: of the ledger, or of something else."""
    meant = [[1.0, 0.0] if "zanzibar" in text else [0.0, 1.0] for text in texts]
    data = [{"object": "embedding", "index": index, "embedding": each} for index, each in enumerate(meant)]
    return {"data": data, "model": "tiny", "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def _answers(host: Host) -> None:
    """The model quotes what it is given; without the passage it has nothing to say of it."""

    def choose(asked: Asked) -> Answer:
        if asked.path.endswith("/embeddings"):
            return Answer(whole=_vectors(asked.body["input"]))
        said = orjson.dumps(asked.body).decode()
        return Answer(texts=(f"{SECRET} [1]" if "marble stove" in said else UNKNOWN,))

    host.answer_for = choose


def _asked_since(host: Host, start: int) -> str:
    return orjson.dumps([asked.body for asked in host.asked[start:]]).decode()


def _open_citation(page: Page) -> None:
    """The chip, its card, the page with the passage lit, the next page, the text."""
    page.get_by_role("button", name=re.compile(r"^Source \d+, ")).first.click()
    card = page.get_by_role("complementary", name="Sources").locator("[data-active]")
    expect(card).to_contain_text(f"Page {PAGE}")
    card.get_by_role("button", name=re.compile("^Open")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(f"Page {PAGE} of {PAGES}", exact=True)).to_be_visible()
    expect(dialog.locator(".pdf")).to_have_attribute("aria-busy", "false")
    lit = dialog.locator(".textLayer mark")
    expect(lit.first).to_be_in_viewport()
    quote = "zanzibar ledger lies under the loose tile"
    expect_soon(page, lambda: quote in " ".join(" ".join(lit.all_text_contents()).split()), "the lit passage")
    expect_soon(page, lambda: dialog.locator("canvas").evaluate(DRAWN), "the page's ink")
    dialog.get_by_role("button", name="Next page").click()
    expect(dialog.get_by_text(f"Page {PAGE + 1} of {PAGES}", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Text", exact=True).click()
    expect(dialog.locator("mark")).to_contain_text("marble stove")
    dialog.get_by_role("button", name="Close", exact=True).click()


def _close_collection(shelf: Page) -> None:
    """By the page of its readers, which says first whom it closes it to."""
    shelf.get_by_role("link", name="Who reads it", exact=True).click()
    shelf.get_by_label("Only its owner", exact=True).check()
    shelf.get_by_role("button", name="Show what changes").click()
    expect(shelf.get_by_text("2 people can no longer read it")).to_be_visible()
    shelf.get_by_role("button", name="Save").click()
    expect(shelf.get_by_role("status").get_by_text("Saved")).to_be_visible()


@pytest.mark.usefixtures("ingest")
def test_citation_opens_its_page_and_what_is_closed_is_not_told_again(
    window: Window, connected: Connected
) -> None:
    """A 30-page PDF, its seventeenth page lit; then alice closes the collection while bob's chat runs on."""
    host = connected.host
    _answers(host)
    alice = window(connected.cast.alice)
    shelf = alice.tab("/knowledge/new")
    _collection_with_book(shelf, _book())
    page = window(connected.cast.bob).tab()
    _look_in(page, "House rules")
    ask(page, "Where does the zanzibar ledger lie?")
    expect_end(page)
    expect(answer(page)).to_contain_text("marble stove")

    _open_citation(page)
    ask(page, "Say that again in other words please")
    expect_end(page)

    _close_collection(shelf)
    start = len(host.asked)
    ask(page, "Tell me once more what was said before")
    expect_end(page)
    expect(answer(page)).to_contain_text(UNKNOWN)
    told = _asked_since(host, start)
    assert told != "[]"
    for word in CLOSED:
        expect(answer(page)).not_to_contain_text(word)
        assert word not in told, word
