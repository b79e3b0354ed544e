"""One Chromium for a session: the first test that asks starts it, and each test has windows of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PATIENCE_MS = 20_000
"""How long a page may take to show what is expected: three processes share two cores in CI."""
Started = tuple["Browser", asyncio.AbstractEventLoop]


@contextmanager
def _marked(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Only inside is Playwright's loop this thread's own: the ORM and `asyncio.run` refuse to work in it."""
    asyncio._set_running_loop(loop)
    try:
        yield
    finally:
        asyncio._set_running_loop(None)


@pytest.fixture(scope="session")
def started() -> Iterator[Started]:
    """The browser and the loop that drives it."""
    from playwright.sync_api import expect, sync_playwright

    from launch.browser import chromium

    program = chromium()
    if program is None:
        pytest.skip("no Chromium on this machine")
    expect.set_options(timeout=PATIENCE_MS)
    playwright = sync_playwright().start()
    loop = asyncio.get_running_loop()
    with _marked(loop):
        running = playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
    yield running, loop
    with _marked(loop):
        running.close()
        playwright.stop()


@pytest.fixture
def browser(started: Started) -> Iterator[Browser]:
    """The session's browser; the test closes the windows that it opened."""
    running, loop = started
    with _marked(loop):
        yield running
