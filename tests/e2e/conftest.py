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
from tests.e2e.browsers import PATIENCE_MS, browser, started
from tests.environment import ENVIRONMENT, ROOT
from tests.llm.conftest import Connected, connected, host
from tests.processes import Served, product

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

    from apps.accounts.models import User

__all__ = ["browser", "connected", "host", "product", "started"]

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


@pytest.fixture(scope="module")
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


PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class People:
    """Who may open a window: alice and bob, each with a session's cookie value."""

    connected: Connected
    tokens: dict[str, str]


@pytest.fixture
def people(product: Served, connected: Connected) -> People:
    """Everyone may use the scripted models; bob has a password, alice and bob a session.

    All rows are made here: while Playwright's loop runs in this thread, the ORM refuses to work in it.
    """
    from apps.accounts.services import password_set, session_create
    from apps.tenants.scope import tenant_scope

    share_models(connected)
    cast = connected.cast
    with tenant_scope(cast.acme.id):
        password_set(actor=None, user=cast.bob, password=PASSWORD)
        tokens = {
            user.email: session_create(user=user, ip=None, agent="test")[1] for user in (cast.alice, cast.bob)
        }
    return People(connected, tokens)


@pytest.fixture
def window(people: People, product: Served, browser: Browser) -> Iterator[Window]:
    """Opens windows: signed in as alice or bob, or as nobody; options go to the browser's context."""
    from apps.accounts.middleware import COOKIE

    origin = f"http://{people.connected.cast.acme.host}:{product.port}"
    opened: list[Watched] = []

    def open_window(user: User | None = None, **options: Any) -> Watched:
        options.setdefault("viewport", {"width": 1280, "height": 860})
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        if user is not None:
            token = people.tokens[user.email]
            context.add_cookies([{"name": COOKIE, "value": token, "url": origin}])
        opened.append(Watched(context, origin))
        return opened[-1]

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
