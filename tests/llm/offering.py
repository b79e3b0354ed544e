"""A connection of acme to a host that our own data knows, and short words for what is offered of it."""

from __future__ import annotations

import json
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from tests.llm.conftest import Connected, browser

if TYPE_CHECKING:
    from django.test import Client

    from apps.llm.models import Connection, Model

QWEN = "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"


@pytest.fixture
def alice(connected: Connected) -> Client:
    return browser(connected.cast, connected.cast.alice)


@pytest.fixture
def qwen(connected: Connected) -> Connection:
    """acme's connection to a host that our own data knows, with what it listed."""
    from apps.llm.models import CheckState, ConnectionCheck
    from apps.llm.services import connection_create
    from apps.tenants.scope import tenant_scope

    names = [
        "qwen-plus",
        "qwen-max",
        "qwen-of-next-year",
        "text-embedding-v4",
        *(f"q-{n:03}" for n in range(96)),
    ]
    found = [
        {"id": name, "modality": "embedding" if "embedding" in name else "chat", "context_window": None}
        for name in names
    ]
    with tenant_scope(connected.cast.acme.id):
        connection = connection_create(
            actor=None, vendor="qwen", name="Qwen", base_url=QWEN, key="sk-q-0123456789"
        )
        ConnectionCheck.objects.create(connection=connection, kind="list", state=CheckState.DONE, found=found)
        return connection


def read(connected: Connected, **wanted: Any) -> Model:
    from apps.llm.models import Model
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        found: Model = Model.objects.select_related("connection").get(**wanted)
        return found


def events_of(connected: Connected, action: str) -> list[Any]:
    from apps.audit.models import AuditEvent
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return list(AuditEvent.objects.filter(action=action).order_by("created_at"))


def text_of(client: Client, url: str, **query: str) -> str:
    page = client.get(url, query)
    assert page.status_code == 200, url
    return unescape(page.content.decode())


def post(client: Client, url: str, values: dict[str, Any]) -> Any:
    return client.post(url, json.dumps(values), content_type="application/json")


def offer(connected: Connected, qwen: Connection, *names: str) -> list[Model]:
    from apps.llm.services import Offer, model_offer
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return model_offer(actor=None, connection=qwen, offers=[Offer(name) for name in names])
