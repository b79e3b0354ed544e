"""A model's instructions: before what people and programs ask it, never where we ask it ourselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from apps.llm.policy.rules import instructed
from apps.llm.vendors.base import ChatMessage, ChatRequest
from tests.llm.conftest import Connected, Said, browser, ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.llm.host import Asked

    Say = Callable[..., Said]

SPOKEN = "Speak like the harbour office of Gdynia."


@pytest.fixture
def told(connected: Connected) -> Connected:
    _update(connected, instructions=SPOKEN)
    return connected


def _update(connected: Connected, **changes: Any) -> None:
    from apps.llm.models import Model
    from apps.llm.services import model_update
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        model = Model.objects.select_related("connection").get(pk=connected.chat.pk)
        model_update(actor=None, model=model, changes=changes)


def _systems(asked: Asked) -> list[str]:
    return [message["content"] for message in asked.body["messages"] if message["role"] == "system"]


def test_they_lead_the_orders_that_are_there_in_one_message() -> None:
    ours = (ChatMessage.text("system", "Be brief."), ChatMessage.text("user", "Hello?"))
    first, second = instructed(ChatRequest("m", ours), SPOKEN).messages
    assert [part.text for part in first.parts] == [SPOKEN, "\n\n", "Be brief."]  # type: ignore[union-attr]  # words only
    assert second == ours[1]
    assert instructed(ChatRequest("m", ours[1:]), SPOKEN).messages[0] == ChatMessage.text("system", SPOKEN)
    assert instructed(ChatRequest("m", ours), "").messages == ours


def test_they_are_sent_counted_and_only_where_somebody_asks_the_model(told: Connected, say: Say) -> None:
    say(instructed=True)
    say(purpose="title")
    with_them, without = told.host.asked
    assert _systems(with_them) == [SPOKEN]
    assert _systems(without) == []
    reserved = [row.reserved_input for row in ledger(told)]
    assert reserved[0] > reserved[1] + len(SPOKEN) // 5


def test_what_they_take_is_not_offered_to_the_prompt(told: Connected) -> None:
    _update(told, context_window=8_000)
    from apps.llm.models import Model
    from apps.tenants.scope import tenant_scope

    with tenant_scope(told.cast.acme.id):
        model = Model.objects.get(pk=told.chat.pk)
    assert model.room == 8_000 - len(SPOKEN) // 3


def test_they_are_audited_and_bounded_and_nobody_else_sees_them(told: Connected) -> None:
    from apps.audit.models import AuditEvent
    from apps.tenants.scope import tenant_scope

    cast = told.cast
    with tenant_scope(cast.acme.id):
        (event,) = AuditEvent.objects.filter(action="model.updated")
    assert event.before is not None
    assert event.after is not None
    assert (event.before["instructions"], event.after["instructions"]) == ("", SPOKEN)
    alice, bob = browser(cast, cast.alice), browser(cast, cast.bob)
    address = f"/api/v1/models/{told.chat.pk}"
    assert alice.get(address).json()["instructions"] == SPOKEN
    refused = alice.patch(address, {"instructions": "x" * 4_001}, content_type="application/json")
    assert refused.status_code == 400
    embedding = f"/api/v1/models/{told.embedding.pk}"
    refused = alice.patch(embedding, {"instructions": "x"}, content_type="application/json")
    assert "Only a chat model takes instructions" in refused.content.decode()
    listed = bob.get(f"/api/v1/models?team={cast.engineering.pk}").content.decode()
    assert "Gdynia" not in listed
    assert bob.get(address).status_code in {403, 404}
