"""bob and the others as browsers, on a team that is connected to a scripted host."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from tests.llm.conftest import Connected, connected, host
from tests.processes import product

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.accounts.models import User
    from tests.factories import Organisation

__all__ = ["connected", "host", "product"]

ENDS = {"done", "stopped", "failed", "interrupted"}


@dataclass(frozen=True)
class Browser:
    """A signed-in person who speaks to /api/v1 in this process."""

    client: Client
    organisation: Organisation
    user: User

    def call(self, method: str, path: str, body: Any = None, **headers: Any) -> Any:
        return self.client.generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else json.dumps(body).encode(),
            content_type="application/json",
            HTTP_HOST=self.organisation.host,
            **headers,
        )

    def page(self, path: str) -> Any:
        return self.client.get(path, HTTP_HOST=self.organisation.host)

    def begin(self, **fields: Any) -> str:
        """A new chat's id."""
        made = self.call("POST", "/conversations", fields)
        assert made.status_code == 201, made.content
        return str(made.json()["id"])

    def erase(self, chat: str) -> None:
        """What maintenance does with a deleted chat some minutes later."""
        from apps.chat.deleting import conversation_erase

        assert conversation_erase(self.organisation.id, UUID(chat))

    def send(self, chat: str, text: str = "Hello?", **fields: Any) -> Any:
        return self.call(
            "POST", f"/conversations/{chat}/messages", {"client_id": str(uuid4()), "text": text} | fields
        )

    def messages(self, chat: str) -> list[Any]:
        found: list[Any] = self.call("GET", f"/conversations/{chat}/messages").json()["results"]
        return found

    def answered(self, chat: str, seconds: float = 60) -> list[Any]:
        """The messages once no answer is awaited."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.messages(chat)
            if all(message["state"] in ENDS for message in found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"no end: {found}")


@pytest.fixture
def browse() -> Callable[[Organisation, User], Browser]:
    """Signs a person in."""
    from apps.accounts.middleware import COOKIE
    from apps.accounts.services import session_create
    from apps.tenants.scope import tenant_scope

    def signed_in(organisation: Organisation, user: User) -> Browser:
        with tenant_scope(organisation.id):
            _, token = session_create(user=user, ip=None, agent="test")
        client = Client()
        client.cookies[COOKIE] = token
        return Browser(client, organisation, user)

    return signed_in


@pytest.fixture
def bob(connected: Connected, browse: Callable[[Organisation, User], Browser]) -> Browser:
    """bob, a member of engineering."""
    return browse(connected.cast.acme, connected.cast.bob)


@pytest.fixture
def engineering(connected: Connected) -> str:
    """The team that may use the host's models."""
    return str(connected.cast.engineering.id)


@pytest.fixture
def query_count() -> Callable[[], AbstractContextManager[list[str]]]:
    """Collects the statements of a block."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    @contextmanager
    def collect() -> Iterator[list[str]]:
        found: list[str] = []
        with CaptureQueriesContext(connection) as captured:
            yield found
        found.extend(query["sql"] for query in captured.captured_queries)

    return collect
