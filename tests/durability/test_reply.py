"""Real answers from a model server: kills after the send, repeated hints, a Stop that closes the call."""

from __future__ import annotations

import http.client
import io
import json
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from apps.accounts.actors import Actor
from apps.accounts.middleware import COOKIE
from apps.accounts.services.sessions import session_create
from apps.chat.conversations import Change, conversation_create, conversation_update
from apps.chat.models import Message
from apps.runs import outbox
from apps.runs.models import Run
from apps.tenants.scope import tenant_scope
from launch.network import free_port, wait_listening
from tests.durability import processes
from tests.durability.viewing import Reading
from tests.durability.waiting import wait_until
from tests.environment import SHARED
from tests.factories import Cast

MOCK = SHARED / "bench" / "mock_upstream.py"
pytestmark = [
    pytest.mark.durability,
    pytest.mark.usefixtures("maintenance", "worker"),
    pytest.mark.skipif(not MOCK.exists(), reason="the mock upstream of ../shared/bench is not here"),
]


@dataclass
class Model:
    """A model server that counts."""

    port: int

    def stats(self) -> dict[str, int]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", "/stats")
        found: dict[str, int] = json.loads(connection.getresponse().read())
        connection.close()
        return found


@pytest.fixture
def model(cast: Cast) -> Iterator[Model]:
    """The mock upstream as acme's default model."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, str(MOCK), "--port", str(port), "--stamp", "0"], stdout=subprocess.DEVNULL
    )
    assert wait_listening(port, 30)
    where = ("--tenant", cast.acme.slug)
    call_command("allow_host", *where, "--host", "127.0.0.1", "--port", str(port), stdout=io.StringIO())
    call_command(
        "connection_add", *where, "--base-url", f"http://127.0.0.1:{port}/v1", "--key", "sk-test",
        "--models", "mock-gpt", "--default", stdout=io.StringIO(),
    )  # fmt: skip
    yield Model(port)
    process.send_signal(signal.SIGTERM)
    process.wait(10)


@dataclass
class Chat:
    """A chat of bob's, and his browser."""

    conversation_id: uuid.UUID
    headers: dict[str, str]

    def send(self, port: int, text: str) -> dict[str, Any]:
        """POST a message; the body of its 202."""
        token = "t" * 32
        headers = self.headers | {
            "Cookie": f"{self.headers['Cookie']}; csrftoken={token}",
            "X-CSRFToken": token,
            "Content-Type": "application/json",
        }
        body = json.dumps({"client_id": str(uuid.uuid4()), "text": text, "parent_id": None})
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
        connection.request(
            "POST", f"/api/v1/conversations/{self.conversation_id}/messages", body.encode(), headers
        )
        response = connection.getresponse()
        said: dict[str, Any] = json.loads(response.read())
        assert response.status == 202, said
        connection.close()
        return said


@pytest.fixture
def chat(cast: Cast, model: Model) -> Chat:
    with tenant_scope(cast.acme.id):
        session, token = session_create(user=cast.bob, ip=None, agent="test")
        actor = Actor(cast.bob, None, session.id, None)
        conversation = conversation_create(actor=actor)
        conversation_update(actor=actor, conversation_id=conversation.id, change=Change(title="Durable"))
    return Chat(conversation.id, {"Host": cast.acme.host, "Cookie": f"{COOKIE}={token}"})


@pytest.fixture
def web(folder: Path) -> Iterator[Callable[[], tuple[processes.Child, int]]]:
    children: list[processes.Child] = []

    def start() -> tuple[processes.Child, int]:
        port = free_port()
        children.append(processes.web(folder, port, f"web-{port}"))
        return children[-1], port

    yield start
    for child in children:
        child.end()


def test_a_web_process_killed_after_the_send_loses_nothing(
    web: Callable[[], tuple[processes.Child, int]], chat: Chat, model: Model, cast: Cast, reading: Reading
) -> None:
    child, port = web()
    sent = chat.send(port, "[[mock ttft=100 itl=10 n=120]]")
    child.kill()
    view = reading.watch(cast.acme.id, uuid.UUID(sent["run"]["id"]))
    view.wait(lambda seen: bool(seen.text))
    assert view.end()["state"] == "done"
    view.check()
    with tenant_scope(cast.acme.id):
        answer = Message.objects.get(id=sent["answer"]["id"])
        run = Run.objects.get(id=sent["run"]["id"])
    assert answer.state == "done"
    assert [part["text"] for part in answer.parts if part["type"] == "text"] == [view.text]
    assert len(view.text.split()) == 120
    assert (run.attempts, run.result["usage"]["output_tokens"]) == (1, 120)
    assert model.stats()["streams"] == 1


def test_repeated_hints_make_one_call_and_stop_closes_it_at_once(
    web: Callable[[], tuple[processes.Child, int]], chat: Chat, model: Model, cast: Cast, reading: Reading
) -> None:
    _, port = web()
    sent = chat.send(port, "[[mock ttft=0 itl=20 n=2000]]")
    run_id = uuid.UUID(sent["run"]["id"])
    for _ in range(5):
        outbox.send_hint(cast.acme.id, run_id)
    view = reading.watch(cast.acme.id, run_id)
    view.wait(lambda seen: len(seen.text) > 100)
    assert (model.stats()["streams"], model.stats()["active"]) == (1, 1)
    outbox.tell_stop(run_id)
    wait_until(lambda: not model.stats()["active"], 15, "the provider's socket to close")
    assert view.end()["state"] == "stopped"
    with tenant_scope(cast.acme.id):
        answer = Message.objects.get(id=sent["answer"]["id"])
    assert answer.state == "stopped"
    assert answer.parts[-1]["text"] == view.text


def test_a_cut_call_is_interrupted_with_its_text(
    web: Callable[[], tuple[processes.Child, int]], chat: Chat, cast: Cast, reading: Reading
) -> None:
    _, port = web()
    begun = time.monotonic()
    sent = chat.send(port, "[[mock itl=5 n=100 cut=40]]")
    view = reading.watch(cast.acme.id, uuid.UUID(sent["run"]["id"]))
    end = view.end()
    assert time.monotonic() - begun < 30
    assert (end["state"], end["error"]["kind"]) == ("interrupted", "interrupted")
    assert len(view.text.split()) == 40
