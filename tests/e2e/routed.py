"""Routes over scripted models for a test that drives a browser, and what a person does with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import ask, expect_end
from tests.llm.routing import Routing, Script, routing_on

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from apps.llm.models import Route
    from tests.llm.conftest import Connected


class Aside(Routing):
    """For Everyone, and made on a thread of its own: the browser's loop runs on the test's."""

    def teams(self) -> list[Any]:
        from apps.accounts.selectors import everyone

        return [everyone().pk]

    def model(self, name: str, script: Script | None = None, **values: Any) -> str:
        made: str = aside(super().model, name, script, **values)
        return made

    def route(self, kind: str, definition: dict[str, Any], slug: str = "auto", **values: Any) -> Route:
        made: Route = aside(super().route, kind, definition, slug, **values)
        return made

    def unreachable(self, name: str = "dead") -> str:
        made: str = aside(super().unreachable, name)
        return made


def aside(work: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """The work's result, from another thread that leaves no connection open."""
    from django.db import connections

    def done() -> Any:
        try:
            return work(*args, **options)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(done).result()


@pytest.fixture
def routing(connected: Connected) -> Iterator[Routing]:
    with routing_on(connected, Aside) as found:
        yield found


def choose(page: Page, name: str) -> None:
    """Pick a route in the picker."""
    page.locator("#model-button").click()
    page.get_by_role("option", name=name).click()


def note(page: Page) -> Any:
    """What the last answer says about its way."""
    return page.locator(".turn-answer .route-note").last


def told(page: Page, why: str) -> None:
    """The last answer's note gives this reason."""
    note(page).locator("summary").first.click()
    expect(note(page)).to_contain_text(why)


def asked(page: Page, name: str, text: str = "Hello?") -> None:
    choose(page, name)
    ask(page, text)
    expect_end(page)
