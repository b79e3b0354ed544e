"""bob and alice in a real Chromium, before a running product with a scripted model host.

Every page is watched: a console error, a report of the content policy or a request to another origin fails
the test, unless the test says that it expects it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from launch.environment import clean_environment
from launch.process import Command, spawn, stop
from tests.environment import ENVIRONMENT, ROOT
from tests.llm.conftest import Connected, connected, host
from tests.processes import Served, product

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

    from apps.accounts.models import User

__all__ = ["connected", "host", "product"]

INGEST = (
    "-m",
    "celery",
    "-A",
    "config.celery",
    "worker",
    "-Q",
    "ingest",
    "-P",
    "prefork",
    "-c",
    "1",
    "-l",
    "INFO",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder need a browser."""
    skip = pytest.mark.skip(reason="no Chromium on this machine")
    for item in items:
        if "tests/e2e/" in str(item.path):
            item.add_marker(pytest.mark.e2e)
            if os.environ.get("ATRIUM_NO_BROWSER"):
                item.add_marker(skip)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, started once. Playwright keeps a loop in this thread, where the ORM would not work."""
    from playwright.sync_api import sync_playwright

    from launch.browser import chromium

    program = chromium()
    if program is None:
        pytest.skip("no Chromium on this machine")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def ingest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A Celery worker of the queue `ingest`: it reads documents."""
    log: Path = tmp_path_factory.mktemp("ingest") / "ingest.log"
    environment = clean_environment(ENVIRONMENT | {"ATRIUM_ROLE": "ingest"})
    command = Command(
        name="ingest", argv=(sys.executable, *INGEST), env=environment, cwd=ROOT, stop_seconds=20
    )
    with log.open("wb") as output:
        process = spawn(command, output)
    yield
    stop(process, command)


@dataclass
class Watched:
    """A signed-in person's browser window and all that it must not do."""

    context: BrowserContext
    origin: str
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def tab(self, path: str = "/") -> Page:
        """A new tab at a path of the product."""
        page = self.context.new_page()
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.faults.append(f"script error: {error}"))
        page.on("request", self._on_request)
        page.goto(self.origin + path)
        return page

    def expect_fault(self, part: str) -> None:
        """A console line that holds this text is right in this test."""
        self.expected.append(part)

    def check(self) -> None:
        """Raises with everything that went wrong and was not expected."""
        wrong = [fault for fault in self.faults if not any(part in fault for part in self.expected)]
        assert wrong == []

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.faults.append(f"console {message.type}: {message.text}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != urlsplit(self.origin).netloc:
            self.faults.append(f"request off-origin: {request.url}")


Window = Callable[..., Watched]


@pytest.fixture
def window(chromium: Browser, product: Served, connected: Connected) -> Iterator[Window]:
    """Opens windows: signed in as a user of acme, or as nobody; options go to the browser's context."""
    from apps.accounts.middleware import COOKIE
    from apps.accounts.services import session_create
    from apps.tenants.scope import tenant_scope

    share_models(connected)
    opened: list[Watched] = []

    def open_window(user: User | None = None, **options: Any) -> Watched:
        acme = connected.cast.acme
        origin = f"http://{acme.host}:{product.port}"
        context = chromium.new_context(
            viewport=options.pop("viewport", {"width": 1280, "height": 860}), **options
        )
        context.set_default_timeout(15_000)
        if user is not None:
            with tenant_scope(acme.id):
                _, token = session_create(user=user, ip=None, agent="test")
            context.add_cookies([{"name": COOKIE, "value": token, "url": origin}])
        watched = Watched(context, origin)
        opened.append(watched)
        return watched

    yield open_window
    for watched in opened:
        watched.context.close()
    for watched in opened:
        watched.check()


def share_models(connected: Connected) -> None:
    """Everyone may use the scripted models, so that a new chat has its default."""
    from apps.accounts import selectors
    from apps.llm.services import default_set, model_grants_set
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        everyone = selectors.everyone()
        for model in (connected.chat, connected.embedding):
            model_grants_set(actor=None, model=model, team_ids=[everyone.pk, connected.cast.engineering.pk])
        default_set(actor=None, team=everyone, model=connected.chat)
