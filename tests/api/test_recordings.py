"""Recorded hosts behind the running product: a worker makes of them what the adapters make of them."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from apps.llm.replay import Exchange, Played, UnreadableError, exchanges_of, play
from tests.llm.conftest import KEY, allow
from tests.wire.replay import WIRE, needs_recordings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.conftest import Api

pytestmark = needs_recordings
OWN_HOSTS = {"bedrock", "vertex", "azure_openai", "databricks", "ollama"}
"""Their addresses are made of a region, a project or a workspace, or say which shape is spoken: they are
played to the adapters alone.
"""


def answers() -> list[tuple[Exchange, Played]]:
    """The recorded answers that were streamed, and what the adapters make of them."""
    exchanges = []
    for path in sorted(WIRE.rglob("*.y*ml")):
        exchanges += [each for each in exchanges_of(path) if not isinstance(each, UnreadableError)]

    async def all_of_them() -> list[Played]:
        return [found async for found in play(exchanges)]

    pairs = zip(exchanges, asyncio.run(all_of_them()), strict=True)
    return [
        (exchange, found)
        for exchange, found in pairs
        if (found.operation, found.error_kind) == ("chat", None)
        and found.vendor not in OWN_HOSTS
        and not exchange.headers.get("content-type", "").startswith("application/json")
    ]


@contextmanager
def recorded_host(exchange: Exchange) -> Iterator[int]:
    """The port of a host that answers everything with this."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            return

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(exchange.status)
            self.send_header("Content-Type", exchange.headers["content-type"])
            self.send_header("Content-Length", str(len(exchange.body)))
            self.end_headers()
            self.wfile.write(exchange.body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def connect(api: Api, vendor: str, port: int) -> str:
    """A model of the recorded host for bob's team; its id."""
    from apps.llm.services import Offer, connection_create, model_grants_set, model_offer
    from apps.llm.vendors.base import Modality
    from apps.tenants.scope import tenant_scope

    cast = api.connected.cast
    allow(cast.acme.id, port)
    name = f"recorded-{uuid4().hex[:8]}"
    with tenant_scope(cast.acme.id):
        made = connection_create(
            actor=None, vendor=vendor, name=name, base_url=f"http://127.0.0.1:{port}/v1", key=KEY
        )
        (model,) = model_offer(actor=None, connection=made, offers=[Offer(name, Modality.CHAT)])
        model_grants_set(actor=None, model=model, team_ids=[cast.engineering.pk])
        return str(model.slug)


def heard(api: Api, model: str) -> dict[str, Any]:
    """What the official client hears of a streamed answer."""
    stream = api.client().chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": "Hello?"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    text, finish, usage = "", None, None
    calls: dict[int, list[str]] = {}
    for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
            for part in choice.delta.tool_calls or []:
                function = part.function
                call = calls.setdefault(part.index, ["", ""])
                call[0] += (function and function.name) or ""
                call[1] += (function and function.arguments) or ""
    counted = usage and (usage.prompt_tokens, usage.completion_tokens)
    return {"text": text, "calls": [*map(tuple, calls.values())], "finish": finish, "usage": counted}


def test_a_worker_passes_on_what_was_recorded(api: Api) -> None:
    found = answers()
    assert len({played.vendor for _, played in found}) >= 9
    for exchange, played in found:
        is_older = played.vendor == "openai" and exchange.url.endswith("/chat/completions")
        vendor = "openai_compatible" if is_older else played.vendor  # OpenAI itself is asked for Responses
        with recorded_host(exchange) as port:
            said = heard(api, connect(api, vendor, port))
        usage = played.usage
        assert said == {
            "text": played.text,
            "calls": [(call["name"], call["arguments"]) for call in played.tool_calls],
            "finish": played.finish,
            "usage": usage and (usage.input_tokens, usage.output_tokens),
        }, exchange.url
