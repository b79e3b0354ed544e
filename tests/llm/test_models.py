"""What is offered: ticks from a list, own values and back to the catalogue, many at once, over REST."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from html import unescape
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from tests.llm.conftest import Connected, browser

if TYPE_CHECKING:
    from django.test import Client

    from apps.llm.models import Connection, Model

pytestmark = pytest.mark.usefixtures("hints")

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


def _read(connected: Connected, **wanted: Any) -> Model:
    from apps.llm.models import Model
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        found: Model = Model.objects.select_related("connection").get(**wanted)
        return found


def _events(connected: Connected, action: str) -> list[Any]:
    from apps.audit.models import AuditEvent
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return list(AuditEvent.objects.filter(action=action).order_by("created_at"))


def _text(client: Client, url: str, **query: str) -> str:
    page = client.get(url, query)
    assert page.status_code == 200, url
    return unescape(page.content.decode())


def _post(client: Client, url: str, values: dict[str, Any]) -> Any:
    return client.post(url, json.dumps(values), content_type="application/json")


def test_ticks_show_window_abilities_price_and_what_is_offered(
    connected: Connected, qwen: Connection, alice: Client
) -> None:
    url = f"/admin/providers/{qwen.pk}/models"
    page = _text(alice, url, q="qwen")
    for words in ("1,000,000", "Reasoning", "from 0.4 / 1.2 USD", "1.6 / 6.4 USD", "32,768", "Unknown"):
        assert words in page, words
    assert "q-001" not in page
    answer = alice.post(url, {"models": ["qwen-plus", "text-embedding-v4"], "q": "qwen"})
    assert answer.headers["Location"] == f"{url}?q=qwen&saved=2"
    made = _read(connected, vendor_model="qwen-plus")
    assert (made.context_window, made.abilities) == (1_000_000, ["tools", "reasoning", "structured"])
    assert (made.price_input, made.listed) == (None, {"modality": "chat"})
    assert _read(connected, vendor_model="text-embedding-v4").modality == "embedding"
    page = _text(alice, url, q="qwen-plus")
    assert "Offered" in page
    assert 'value="qwen-plus" id' not in page
    assert _events(connected, "model.offered")[-1].after["vendor_model"] == "text-embedding-v4"


def test_a_host_with_a_hundred_models_is_searched_and_paged_by_the_address(
    connected: Connected, qwen: Connection, alice: Client
) -> None:
    url = f"/admin/providers/{qwen.pk}/models"
    assert "Page 1 of 2" in _text(alice, url)
    assert "qwen-plus" in _text(alice, url, page="2")
    assert "text-embedding-v4" in _text(alice, url, kind="embedding")
    assert "q-001" not in _text(alice, url, kind="embedding")
    alice.post(url, {"models": ["qwen-max"]})
    assert "qwen-max" in _text(alice, url, offered="yes")
    assert "q-001" not in _text(alice, url, offered="yes")
    assert "No model of this host fits" in _text(alice, url, q="nothing")


def test_typed_ids_take_the_kind_that_was_chosen_else_that_of_their_name(
    connected: Connected, qwen: Connection, alice: Client
) -> None:
    url = f"/admin/providers/{qwen.pk}/models"
    alice.post(url, {"other": "painter", "kind": "image"})
    alice.post(url, {"other": "bge-reranker, whisper-1, my-embedder"})
    kinds = {name: _read(connected, vendor_model=name).modality for name in ("painter", "bge-reranker")}
    assert kinds == {"painter": "image", "bge-reranker": "rerank"}
    assert _read(connected, vendor_model="whisper-1").modality == "speech"
    assert _read(connected, vendor_model="my-embedder").modality == "embedding"
    assert alice.post(url, {"other": "x", "kind": "magic"}).status_code == 422


def test_models_of_the_installation_are_not_chosen(connected: Connected, alice: Client) -> None:
    from apps.llm.models import Connection
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        own = Connection.objects.create(vendor="extractive", name="Own")
    assert alice.get(f"/admin/providers/{own.pk}/models").status_code == 404
    assert alice.post(f"/admin/providers/{own.pk}/models", {"other": "x"}).status_code == 404


def _offered(connected: Connected, qwen: Connection, *names: str) -> list[Model]:
    from apps.llm.services import Offer, model_offer
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return model_offer(actor=None, connection=qwen, offers=[Offer(name) for name in names])


def test_own_values_are_marked_and_go_back_to_the_catalogue(
    connected: Connected, qwen: Connection, alice: Client
) -> None:
    (model,) = _offered(connected, qwen, "qwen-plus")
    url = f"/admin/models/{model.pk}"
    page = _text(alice, url)
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
    page = _text(alice, url)
    for words in ("8,000", "catalogue: 1,000,000", "3 / 9 EUR", "catalogue: from 0.4 / 1.2 USD"):
        assert words in page, words
    assert "Set here: Context window, Abilities, Price" in _text(alice, "/admin/models")
    assert alice.post(f"{url}/reset", {"field": "context_window"}).status_code == 302
    assert _read(connected, pk=model.pk).context_window == 1_000_000
    assert _read(connected, pk=model.pk).price_input == 3
    assert alice.post(f"{url}/reset", {"field": ["abilities", "price"]}).status_code == 302
    back = _read(connected, pk=model.pk)
    assert (back.abilities, back.price, back.currency) == (["tools", "reasoning", "structured"], None, "")
    event = _events(connected, "model.updated")[-1]
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
    assert _read(connected, pk=connected.chat.pk).modality == "chat"
    with tenant_scope(connected.cast.acme.id):
        model_update(actor=None, model=connected.embedding, changes={"modality": "rerank"})
    assert (
        alice.post(f"/admin/models/{connected.embedding.pk}/reset", {"field": "modality"}).status_code == 302
    )
    assert _read(connected, pk=connected.embedding.pk).modality == "embedding"


def test_many_are_switched_at_once_and_each_is_recorded(
    connected: Connected, qwen: Connection, alice: Client
) -> None:
    models = _offered(connected, qwen, "qwen-plus", "qwen-max", "qwen-flash")
    chosen = [str(model.pk) for model in models[:2]]
    off = {"models": chosen, "action": "off", "provider": "Qwen", "q": "max", "confirm": "1"}
    answer = alice.post("/admin/models/chosen", off)
    place, _, undo = answer.headers["Location"].partition("&undo=")
    assert place == "/admin/models?q=max&provider=Qwen&done=2"
    assert {str(UUID(part)) for part in undo.split(".")} == set(chosen)
    assert alice.get(answer.headers["Location"]).content.count(b">Undo</button>") == 1
    assert [_read(connected, pk=model.pk).is_enabled for model in models] == [False, False, True]
    events = _events(connected, "model.updated")
    assert len(events) == 2
    assert {(e.before["is_enabled"], e.after["is_enabled"]) for e in events} == {(True, False)}
    alice.post("/admin/models/chosen", {"models": chosen, "action": "on"})
    alice.post("/admin/models/chosen", {"models": chosen, "action": "on"})
    assert len(_events(connected, "model.updated")) == 4


def test_switching_off_shows_its_reach_first(connected: Connected, alice: Client) -> None:
    from apps.chat.models import Conversation
    from apps.llm.models import Route
    from apps.tenants.scope import tenant_scope

    cast, chat = connected.cast, connected.chat
    with tenant_scope(cast.acme.id):
        said = {"user": cast.bob, "team": cast.engineering, "updated_at": timezone.now()}
        for slug in ("big-model", "big-model", "another"):
            Conversation.objects.create(model_slug=slug, **said)
        definition = {"answerer": f"model:{chat.pk}", "judge": f"model:{chat.pk}"}
        Route.objects.create(slug="careful", name="Careful", kind="judge", definition=definition)
    page = alice.post("/admin/models/chosen", {"models": [str(chat.pk)], "action": "off"})
    words = unescape(page.content.decode())
    assert page.status_code == 200
    for part in (
        "2 people can no longer use it",
        "Teams: Engineering.",
        "the default of Engineering",
        "2 chats go on with the default of their teams.",
        "This route skips them, or can not be used: Careful.",
    ):
        assert part in words
    assert _read(connected, pk=chat.pk).is_enabled
    assert _events(connected, "model.updated") == []
    confirmed = {"models": [str(chat.pk)], "action": "off", "confirm": "1"}
    assert alice.post("/admin/models/chosen", confirmed).status_code == 302
    again = alice.post("/admin/models/chosen", {"models": [str(chat.pk)], "action": "off"})
    assert "there is nothing to change" in again.content.decode()


@pytest.mark.parametrize("action", ["off", "reset", "explode"])
def test_a_model_that_is_gone_changes_none(connected: Connected, alice: Client, action: str) -> None:
    chosen = [str(connected.chat.pk), str(uuid4())]
    page = alice.post("/admin/models/chosen", {"models": chosen, "action": action})
    assert page.status_code == 422
    assert b"Nothing was changed" in page.content
    assert _read(connected, pk=connected.chat.pk).is_enabled
    assert _events(connected, "model.updated") == []
    assert b"Tick a model first" in alice.post("/admin/models/chosen", {"action": "off"}).content


def test_members_and_strangers_switch_nothing(connected: Connected) -> None:
    cast = connected.cast
    values = {"models": [str(connected.chat.pk)], "action": "off"}
    bob, mallory = browser(cast, cast.bob), browser(cast, cast.mallory, cast.globex)
    assert bob.post("/admin/models/chosen", values).status_code == 404
    assert bob.get("/admin/models/export").status_code == 404
    assert mallory.post("/admin/models/chosen", values).status_code in {404, 422}
    assert b"big-model" not in mallory.get("/admin/models/export").content
    assert _read(connected, pk=connected.chat.pk).is_enabled


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"kind": "embedding"}, ["text-embedding-tiny"]),
        ({"ability": "reasoning"}, ["qwen-plus"]),
        ({"provider": "Qwen"}, ["qwen-max", "qwen-of-next-year", "qwen-plus"]),
        ({"team": "Engineering"}, ["big-model", "text-embedding-tiny"]),
        ({"price": "unknown"}, ["qwen-of-next-year", "text-embedding-tiny"]),
        ({"price": "set"}, ["big-model"]),
        ({"price": "list"}, ["qwen-max", "qwen-plus"]),
        ({"price": "free"}, []),
        ({"q": "QWEN-M"}, ["qwen-max"]),
        ({"kind": "x", "ability": "x", "price": "x", "sort": "x", "state": "x", "provider": "Qwen"},
         ["qwen-max", "qwen-of-next-year", "qwen-plus"]),
    ],
)  # fmt: skip
def test_filters_of_the_address(
    connected: Connected, qwen: Connection, alice: Client, query: dict[str, str], shown: list[str]
) -> None:
    _offered(connected, qwen, "qwen-plus", "qwen-max", "qwen-of-next-year")
    rows = list(csv.DictReader(io.StringIO(_text(alice, "/admin/models/export", **query))))
    assert sorted(row["id"] for row in rows) == shown
    page = _text(alice, "/admin/models", **query)
    for name in ("big-model", "text-embedding-tiny", "qwen-plus", "qwen-max", "qwen-of-next-year"):
        assert (f'<span class="help">{name}</span>' in page) is (name in shown), name


def test_export_leaves_unknown_prices_empty_and_is_recorded(
    connected: Connected, qwen: Connection, alice: Client
) -> None:
    _offered(connected, qwen, "qwen-plus", "qwen-of-next-year")
    rows = {
        row["id"]: row for row in csv.DictReader(io.StringIO(_text(alice, "/admin/models/export", q="qwen")))
    }
    assert (rows["qwen-plus"]["price in"], rows["qwen-plus"]["currency"]) == ("0.4", "USD")
    unknown = rows["qwen-of-next-year"]
    assert (unknown["price in"], unknown["price out"], unknown["price from"]) == ("", "", "unknown")
    assert _events(connected, "models.exported")[-1].detail == {"q": "qwen"}


def test_rest_lists_switches_and_resets(connected: Connected, qwen: Connection, alice: Client) -> None:
    plus, odd = _offered(connected, qwen, "qwen-plus", "qwen-of-next-year")
    found = alice.get("/api/v1/offered-models", {"provider": "Qwen", "limit": "1"}).json()
    assert [row["slug"] for row in found["results"]] == ["qwen-of-next-year"]
    assert found["results"][0]["price"]["input"] is None
    assert found["results"][0]["price"]["origin"] == "unknown"
    cursor = found["next"]
    found = alice.get("/api/v1/offered-models", {"provider": "Qwen", "limit": "1", "cursor": cursor}).json()
    assert [row["price"]["input"] for row in found["results"]] == ["0.400000"]
    assert found["next"] is None
    changed = alice.patch(
        f"/api/v1/models/{plus.pk}", json.dumps({"context_window": 5}), content_type="application/json"
    ).json()
    assert changed["differences"] == [{"field": "context_window", "own": "5", "catalogue": "1,000,000"}]
    assert _post(alice, f"/api/v1/models/{plus.pk}/reset", {"names": ["magic"]}).status_code == 400
    assert _post(alice, f"/api/v1/models/{plus.pk}/reset", {}).json()["context_window"] == 1_000_000
    state = {"model_ids": [str(plus.pk), str(odd.pk)], "is_enabled": False}
    answer = _post(alice, "/api/v1/offered-models/state", state)
    assert [row["is_enabled"] for row in answer.json()["results"]] == [False, False]
    state["model_ids"] = [str(plus.pk), str(uuid4())]
    assert _post(alice, "/api/v1/offered-models/state", state | {"is_enabled": True}).status_code == 400
    assert not _read(connected, pk=plus.pk).is_enabled


def test_rest_shows_what_a_host_has(connected: Connected, qwen: Connection, alice: Client) -> None:
    (plus,) = _offered(connected, qwen, "qwen-plus")
    url = f"/api/v1/connections/{qwen.pk}/available-models"
    first = alice.get(url, {"limit": "60"}).json()
    second = alice.get(url, {"limit": "60", "cursor": first["next"]}).json()
    rows = first["results"] + second["results"]
    assert (first["total"], len(rows), second["next"]) == (100, 100, None)
    by_id = {row["id"]: row for row in rows}
    assert by_id["qwen-plus"]["model_id"] == str(plus.pk)
    assert by_id["qwen-plus"]["price"]["output"] == "1.200000"
    assert by_id["q-000"]["price"]["origin"] == "unknown"
    assert by_id["q-000"]["model_id"] is None
    found = alice.get(url, {"offered": "yes"}).json()["results"]
    assert [row["id"] for row in found] == ["qwen-plus"]
    assert alice.get(url, {"limit": "x"}).status_code == 400


def test_rest_is_for_administrators(connected: Connected, qwen: Connection) -> None:
    cast = connected.cast
    bob, mallory = browser(cast, cast.bob), browser(cast, cast.mallory, cast.globex)
    assert bob.get("/api/v1/offered-models").status_code == 403
    assert bob.get(f"/api/v1/connections/{qwen.pk}/available-models").status_code == 403
    assert mallory.get(f"/api/v1/connections/{qwen.pk}/available-models").status_code in {403, 404}
    state = {"model_ids": [str(connected.chat.pk)], "is_enabled": False}
    assert _post(bob, "/api/v1/offered-models/state", state).status_code == 403
    assert _read(connected, pk=connected.chat.pk).is_enabled


def test_a_hundred_models_and_thirty_teams_stay_quick(
    connected: Connected, qwen: Connection, alice: Client
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.accounts.models import Team
    from apps.llm.models import Grant
    from apps.tenants.scope import tenant_scope

    models = _offered(connected, qwen, *(f"model-{number}" for number in range(100)))
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
            quickest = 1.0
            for _ in range(3):
                with CaptureQueriesContext(connection) as queries:
                    begun = perf_counter()
                    assert alice.get(url).status_code == 200
                    quickest = min(quickest, perf_counter() - begun)
                assert len(queries) < 15, url
            assert quickest < 0.3, url
        assert "and 26 more" in _text(alice, "/admin/models")
    finally:
        connection.force_debug_cursor = False
