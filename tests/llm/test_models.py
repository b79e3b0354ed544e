"""What is offered: ticks from a list, own values and back to the catalogue."""

from __future__ import annotations

from decimal import Decimal
from html import unescape
from typing import TYPE_CHECKING

import pytest

from tests.llm.conftest import Connected
from tests.llm.offering import alice, events_of, offer, qwen, read, text_of
from tests.llm.test_crowded import quickest

if TYPE_CHECKING:
    from django.test import Client

    from apps.llm.models import Connection

__all__ = ["alice", "qwen"]

pytestmark = pytest.mark.usefixtures("hints")


def test_ticks_show_window_abilities_price_and_what_is_offered(
    connected: Connected, qwen: Connection, alice: Client
) -> None:
    url = f"/admin/providers/{qwen.pk}/models"
    page = text_of(alice, url, q="qwen")
    for words in ("1,000,000", "Reasoning", "from 0.4 / 1.2 USD", "1.6 / 6.4 USD", "32,768", "Unknown"):
        assert words in page, words
    assert "q-001" not in page
    answer = alice.post(url, {"models": ["qwen-plus", "text-embedding-v4"], "q": "qwen"})
    assert answer.headers["Location"] == f"{url}?q=qwen&saved=2"
    made = read(connected, vendor_model="qwen-plus")
    assert (made.context_window, made.abilities) == (1_000_000, ["tools", "reasoning", "structured"])
    assert (made.price_input, made.listed) == (None, {"modality": "chat"})
    assert read(connected, vendor_model="text-embedding-v4").modality == "embedding"
    page = text_of(alice, url, q="qwen-plus")
    assert "Offered" in page
    assert 'value="qwen-plus" id' not in page
    assert events_of(connected, "model.offered")[-1].after["vendor_model"] == "text-embedding-v4"


def test_a_host_with_a_hundred_models_is_searched_and_paged_by_the_address(
    connected: Connected, qwen: Connection, alice: Client
) -> None:
    url = f"/admin/providers/{qwen.pk}/models"
    assert "Page 1 of 2" in text_of(alice, url)
    assert "qwen-plus" in text_of(alice, url, page="2")
    assert "text-embedding-v4" in text_of(alice, url, kind="embedding")
    assert "q-001" not in text_of(alice, url, kind="embedding")
    alice.post(url, {"models": ["qwen-max"]})
    assert "qwen-max" in text_of(alice, url, offered="yes")
    assert "q-001" not in text_of(alice, url, offered="yes")
    assert "No model of this host fits" in text_of(alice, url, q="nothing")


def test_typed_ids_take_the_kind_that_was_chosen_else_that_of_their_name(
    connected: Connected, qwen: Connection, alice: Client
) -> None:
    url = f"/admin/providers/{qwen.pk}/models"
    alice.post(url, {"other": "painter", "kind": "image"})
    alice.post(url, {"other": "bge-reranker, whisper-1, my-embedder"})
    kinds = {name: read(connected, vendor_model=name).modality for name in ("painter", "bge-reranker")}
    assert kinds == {"painter": "image", "bge-reranker": "rerank"}
    assert read(connected, vendor_model="whisper-1").modality == "speech"
    assert read(connected, vendor_model="my-embedder").modality == "embedding"
    assert alice.post(url, {"other": "x", "kind": "magic"}).status_code == 422


def test_models_of_the_installation_are_not_chosen(connected: Connected, alice: Client) -> None:
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        own = Connection.objects.create(vendor="extractive", name="Own")
    assert alice.get(f"/admin/providers/{own.pk}/models").status_code == 404
    assert alice.post(f"/admin/providers/{own.pk}/models", {"other": "x"}).status_code == 404


def test_own_values_are_marked_and_go_back_to_the_catalogue(
    connected: Connected, qwen: Connection, alice: Client
) -> None:
    (model,) = offer(connected, qwen, "qwen-plus")
    url = f"/admin/models/{model.pk}"
    page = text_of(alice, url)
    assert "All values are those of the catalogue" in page
    assert "from 0.4 / 1.2 USD" in page
    values = {
        "name": "Plus",
        "slug": "plus",
        "modality": "chat",
        "context_window": "8000",
        "is_enabled": "on",
    }
    values |= {"abilities": "vision", "price_input": "3", "price_output": "9", "currency": "EUR"}
    assert alice.post(url, values).status_code == 302
    page = text_of(alice, url)
    for words in ("8,000", "catalogue: 1,000,000", "3 / 9 EUR", "catalogue: from 0.4 / 1.2 USD"):
        assert words in page, words
    assert "Set here: Context window, Abilities, Price" in text_of(alice, "/admin/models")
    assert alice.post(f"{url}/reset", {"field": "context_window"}).status_code == 302
    assert read(connected, pk=model.pk).context_window == 1_000_000
    assert read(connected, pk=model.pk).price_input == 3
    assert alice.post(f"{url}/reset", {"field": ["abilities", "price"]}).status_code == 302
    back = read(connected, pk=model.pk)
    assert (back.abilities, back.price, back.currency) == (["tools", "reasoning", "structured"], None, "")
    event = events_of(connected, "model.updated")[-1]
    assert (event.before["price_input"], event.after["price_input"]) == ("3.000000", None)
    assert event.before["abilities"] == ["vision"]
    assert event.actor_name == connected.cast.alice.name


def test_a_reset_keeps_what_the_host_said(connected: Connected) -> None:
    from apps.llm.services import Offer, model_offer, model_reset, model_update
    from apps.llm.vendors.base import Modality
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        offer = Offer("odd-model", Modality.RERANK, 4096)
        (model,) = model_offer(actor=None, connection=connected.connection, offers=[offer])
        model_update(actor=None, model=model, changes={"context_window": 1, "modality": "chat"})
        model_reset(actor=None, model=model)
    assert (model.context_window, model.modality) == (4096, "rerank")


def test_a_free_model_of_the_installation_stays_free_after_a_reset(connected: Connected) -> None:
    from apps.llm.selectors import differences, price_of
    from apps.llm.services import builtin_connection_ensure, model_reset
    from apps.tenants.scope import tenant_scope

    models = builtin_connection_ensure(connected.cast.acme.id)
    with tenant_scope(connected.cast.acme.id):
        model = models[-1]
        assert differences(model) == []
        model_reset(actor=None, model=model)
        assert (model.price_input, price_of(model)) == (Decimal(0), "Free")


def test_a_teams_default_stays_a_chat_model(connected: Connected, alice: Client) -> None:
    from apps.llm.services import model_update
    from apps.tenants.scope import tenant_scope

    url = f"/admin/models/{connected.chat.pk}"
    values = {"name": "Big", "slug": "big-model", "modality": "embedding", "is_enabled": "on"}
    page = alice.post(url, values)
    assert page.status_code == 422
    assert "Change the default first" in unescape(page.content.decode())
    assert read(connected, pk=connected.chat.pk).modality == "chat"
    with tenant_scope(connected.cast.acme.id):
        model_update(actor=None, model=connected.embedding, changes={"modality": "rerank"})
    assert (
        alice.post(f"/admin/models/{connected.embedding.pk}/reset", {"field": "modality"}).status_code == 302
    )
    assert read(connected, pk=connected.embedding.pk).modality == "embedding"


def test_a_hundred_models_and_thirty_teams_stay_quick(
    connected: Connected, qwen: Connection, alice: Client
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.accounts.models import Team
    from apps.llm.models import Grant
    from apps.tenants.scope import tenant_scope

    models = offer(connected, qwen, *(f"model-{number}" for number in range(100)))
    with tenant_scope(connected.cast.acme.id):
        teams = Team.objects.bulk_create(
            [Team(name=f"Team {number}", slug=f"team-{number}") for number in range(30)]
        )
        Grant.objects.bulk_create([Grant(team=team, model=model) for team in teams for model in models])
    urls = (
        "/admin/models",
        "/admin/models?price=unknown&team=Team+3",
        "/admin/models/export",
        f"/admin/models/{models[0].pk}",
        f"/admin/providers/{qwen.pk}",
        f"/admin/providers/{qwen.pk}/models",
        "/api/v1/offered-models?limit=100",
        f"/api/v1/connections/{qwen.pk}/available-models",
    )
    connection.force_debug_cursor = True
    try:
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                assert alice.get(url).status_code == 200
            assert len(queries) < 15, url
            assert quickest(alice, url) < 0.3, url
        assert "and 26 more" in text_of(alice, "/admin/models")
    finally:
        connection.force_debug_cursor = False
