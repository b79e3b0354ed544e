"""The door of plain messages: it accepts what the view accepts, and hands on everything else untouched."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from asgiref.testing import ApplicationCommunicator

from tests.chat.conftest import Browser

if TYPE_CHECKING:
    from collections.abc import Callable

    from apps.accounts.models import User
    from tests.factories import Organisation
    from tests.llm.conftest import Connected

TOKEN = "b" * 32
Communicator: Any = ApplicationCommunicator


class Inner:
    """Django, as far as the door sees it: notes the body that is handed on."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def knock(browser: Browser, path: str, body: bytes, **changed: str | None) -> tuple[int, Any, Inner]:
    """Status and JSON of a POST at the door, and what went through it."""
    from apps.accounts.middleware import COOKIE
    from apps.chat.api.door import MessageDoor

    session = browser.client.cookies[COOKIE].value
    headers: dict[str, str | None] = {
        "host": browser.organisation.host,
        "cookie": f"{COOKIE}={session}; csrftoken={TOKEN}",
        "x-csrftoken": TOKEN,
        "content-type": "application/json",
    }
    headers.update({name.replace("_", "-"): value for name, value in changed.items()})
    scope = {
        "type": "http", "method": "POST", "path": path, "query_string": b"", "http_version": "1.1",
        "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items() if value is not None],
    }  # fmt: skip
    inner = Inner()

    async def ask() -> tuple[int, bytes]:
        door: Any = Communicator(MessageDoor(inner, {"X-Frame-Options": "DENY"}), scope)
        await door.send_input({"type": "http.request", "body": body[:9], "more_body": True})
        await door.send_input({"type": "http.request", "body": body[9:]})
        start, rest = await door.receive_output(10), await door.receive_output(10)
        await door.wait(10)
        return start["status"], rest["body"]

    status, raw = asyncio.run(ask())
    return status, json.loads(raw) if raw else None, inner


def message(**fields: Any) -> bytes:
    return json.dumps({"client_id": str(uuid4()), "text": "How long is parental leave?"} | fields).encode()


def test_a_plain_message_is_accepted_as_the_view_accepts_it(bob: Browser, engineering: str) -> None:
    chat = bob.begin(team_id=engineering)
    body = message(parent_id=None)
    status, accepted, inner = knock(bob, f"/api/v1/conversations/{chat}/messages", body)
    again = bob.call("POST", f"/conversations/{chat}/messages", json.loads(body))
    assert (status, inner.bodies) == (202, [])
    assert accepted == again.json()
    assert len(bob.messages(chat)) == 2


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="no JSON"),
        pytest.param(b"[]", id="no object"),
        pytest.param(message(text=""), id="no text"),
        pytest.param(message(text="a\0b"), id="a null character"),
        pytest.param(message(text="a" * 100_001), id="too long"),
        pytest.param(message(client_id="no"), id="client_id is none"),
        pytest.param(message(parent_id="no"), id="parent_id is none"),
        pytest.param(message(parent_id=str(uuid4())), id="parent_id of nothing"),
        pytest.param(message(model="none-such"), id="model of nothing"),
        pytest.param(message(file_ids=[]), id="file_ids"),
        pytest.param(message(surprise=1), id="surprise"),
    ],
)
def test_what_is_not_plain_goes_on_whole(bob: Browser, engineering: str, body: bytes) -> None:
    chat = bob.begin(team_id=engineering)
    status, _, inner = knock(bob, f"/api/v1/conversations/{chat}/messages", body)
    assert (status, inner.bodies) == (299, [body])
    assert bob.messages(chat) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"x_csrftoken": "c" * 32},
        {"x_csrftoken": None},
        {"cookie": None},
        {"sec_fetch_site": "cross-site"},
        {"origin": "http://elsewhere.example"},
        {"host": "nobody.example"},
        {"authorization": "Bearer atr-x"},
    ],
)
def test_a_request_that_is_forged_or_nobodys_is_left_to_the_view(
    bob: Browser, engineering: str, changed: dict[str, str | None]
) -> None:
    chat = bob.begin(team_id=engineering)
    status, _, inner = knock(bob, f"/api/v1/conversations/{chat}/messages", message(), **changed)
    assert (status, len(inner.bodies)) == (299, 1)
    assert bob.messages(chat) == []


def test_another_persons_and_another_tenants_chats_are_left_to_the_view(
    bob: Browser, engineering: str, connected: Connected, browse: Callable[[Organisation, User], Browser]
) -> None:
    chat = bob.begin(team_id=engineering)
    cast = connected.cast
    for organisation, user in ((cast.acme, cast.alice), (cast.globex, cast.mallory)):
        other = browse(organisation, user)
        status, _, _ = knock(other, f"/api/v1/conversations/{chat}/messages", message())
        assert status == 299
    assert bob.messages(chat) == []
