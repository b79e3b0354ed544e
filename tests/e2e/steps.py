"""What a person does on the chat page, in words of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.browsers import PATIENCE_MS
from tests.llm.host import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

    from tests.llm.host import Asked, Host


LONG_MS = 60_000
"""How long workers may take: a model's answer, the reading of documents."""


def script(host: Host, reply: Answer, title: str = "A title") -> None:
    """The host answers the first chat call with the reply, later ones with the title, embeddings as ever."""
    replies = [reply]

    def choose(asked: Asked) -> None:
        is_chat = asked.path.endswith("/chat/completions")
        host.answers[:] = [replies.pop(0) if is_chat and replies else Answer(texts=(title,))]

    host.on_request = choose


def ask(page: Page, text: str) -> None:
    """Write a message and send it with Enter."""
    page.get_by_label("Message", exact=True).fill(text)
    page.keyboard.press("Enter")


def answer(page: Page) -> Locator:
    """The last answer's text."""
    return page.locator(".turn-answer .prose").last


def expect_end(page: Page) -> None:
    """Wait until no answer is being written."""
    expect(page.locator(".turn-answer").last).to_have_attribute("aria-busy", "false", timeout=LONG_MS)


def expect_soon(page: Page, is_so: Callable[[], object], what: str) -> None:
    """Wait for what no matcher of Playwright's tells: read it again until it is so."""
    for _ in range(PATIENCE_MS // 50):
        if is_so():
            return
        page.wait_for_timeout(50)
    pytest.fail(f"{what}: not within {PATIENCE_MS} ms")


def reload_until(page: Page, shown: Locator) -> None:
    """Read the page again until it shows this, which nothing but the server knows."""
    while not shown.is_visible():  # at most as long as a test may take
        page.wait_for_timeout(100)
        page.reload()


def attach(page: Page, name: str, data: bytes, media_type: str = "application/pdf") -> None:
    """Choose a file for the message."""
    page.locator("input[type=file]").set_input_files(
        files={"name": name, "mimeType": media_type, "buffer": data}
    )
