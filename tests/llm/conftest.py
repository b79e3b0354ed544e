"""A tenant's connection to a scripted host, with one chat and one embedding model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.llm.host import Host, model_host

if TYPE_CHECKING:
    from django.test import Client

    from apps.llm.gateway import ChatCall, Outcome
    from apps.llm.models import Connection, Model
    from tests.factories import Cast

KEY = "sk-canary-0123456789abcdef-WXYZ"


@pytest.fixture(autouse=True)
def probes_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round of probes takes every connection that is due: those that other tests left behind go first."""
    monkeypatch.setattr("apps.llm.health.upkeep.MOST_A_ROUND", 1_000_000)


@pytest.fixture
def host() -> Iterator[Host]:
    """A host that answers "Hello world" with 1,000 and 500 tokens unless a test says otherwise."""
    with model_host() as running:
        yield running


@dataclass(frozen=True)
class Connected:
    """What acme has: a connection to the host, its models, and the cast."""

    cast: Cast
    host: Host
    connection: Connection
    chat: Model
    embedding: Model


def allow(tenant_id: Any, port: int, host: str = "127.0.0.1") -> None:
    """The operator's permission, as allow_host gives it."""
    from apps.llm.models import AllowedHost
    from apps.tenants.platform import platform_scope

    with platform_scope():
        AllowedHost.across.create(tenant_id=tenant_id, host=host, port=port)


@pytest.fixture
def connected(cast: Cast, host: Host) -> Connected:
    """acme is connected; engineering may use both models; prices are 3 and 15 dollars."""
    from apps.llm.services import Offer, connection_create, default_set, model_grants_set, model_offer
    from apps.tenants.scope import tenant_scope

    allow(cast.acme.id, host.port)
    with tenant_scope(cast.acme.id):
        connection = connection_create(
            actor=None, vendor="openai_compatible", name="Test host", base_url=host.base_url, key=KEY
        )
        price = (Decimal("3.00"), Decimal("15.00"), "USD")
        chat, embedding = model_offer(
            actor=None,
            connection=connection,
            offers=[Offer("big-model", price=price), Offer("text-embedding-tiny")],
        )
        for model in (chat, embedding):
            model_grants_set(actor=None, model=model, team_ids=[cast.engineering.pk])
        default_set(actor=None, team=cast.engineering, model=chat)
    return Connected(cast, host, connection, chat, embedding)


@dataclass(frozen=True)
class Said:
    """What a stream gave: its text, its outcome and what it raised."""

    text: str
    outcome: Outcome
    error: Exception | None


def chat_call(connected: Connected, text: str = "Hello?", **changes: Any) -> ChatCall:
    """bob's call in engineering's name."""
    from apps.llm.gateway import Caller, ChatCall
    from apps.llm.vendors.base import ChatMessage, ChatRequest

    cast = connected.cast
    values: dict[str, Any] = {
        "who": Caller(cast.acme.id, cast.engineering.pk, cast.bob.pk),
        "model_id": connected.chat.pk,
        "request": ChatRequest("", (ChatMessage.text("user", text),)),
        "purpose": "reply",
    }
    return ChatCall(**(values | changes))


@pytest.fixture
def say(connected: Connected) -> Callable[..., Said]:
    """Stream a call to its end on the app's own loop."""
    from apps.llm import gateway
    from apps.llm.loop import run_on_loop
    from apps.llm.vendors.base import TextDelta

    async def streamed(call: ChatCall) -> Said:
        parts: list[str] = []
        async with gateway.stream(call) as stream:
            try:
                async for delta in stream:
                    if isinstance(delta, TextDelta):
                        parts.append(delta.text)  # noqa: PERF401 - what came before an error counts
            except Exception as error:  # noqa: BLE001 - the test looks at it
                return Said("".join(parts), stream.outcome, error)
        return Said("".join(parts), stream.outcome, None)

    def run(**changes: Any) -> Said:
        return run_on_loop(streamed(chat_call(connected, **changes)))

    return run


def ledger(connected: Connected) -> list[Any]:
    """acme's rows, oldest first."""
    from apps.metering.models import UsageRecord
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return list(UsageRecord.objects.order_by("created_at"))


@pytest.fixture
def hints(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What would be published to workers; a worker that runs beside the suite hears nothing of it."""
    posted: list[Any] = []
    monkeypatch.setattr("apps.runs.outbox.post", posted.append)
    return posted


def browser(cast: Cast, user: Any, tenant: Any = None) -> Client:
    """A signed-in browser at acme's host, or at another tenant's."""
    from django.test import Client

    from apps.accounts.middleware import COOKIE
    from apps.accounts.services import session_create
    from apps.tenants.scope import tenant_scope

    organisation = tenant or cast.acme
    with tenant_scope(organisation.id):
        _, token = session_create(user=user, ip=None, agent="test")
    client = Client(headers={"host": organisation.host})
    client.cookies[COOKIE] = token
    return client


def audit_actions(tenant_id: Any) -> list[str]:
    """What the tenant's audit log says was done, oldest first."""
    from apps.audit.models import AuditEvent
    from apps.tenants.scope import tenant_scope

    with tenant_scope(tenant_id):
        return list(AuditEvent.objects.order_by("created_at").values_list("action", flat=True))
