"""Many models at once: switched and reset with their reach first, found by the address, exported."""

from __future__ import annotations

import csv
import io
from html import unescape
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from tests.llm.conftest import Connected, browser
from tests.llm.offering import alice, events_of, offer, qwen, read, text_of

if TYPE_CHECKING:
    from django.test import Client

    from apps.llm.models import Connection

__all__ = ["alice", "qwen"]

pytestmark = pytest.mark.usefixtures("hints")


def test_many_are_switched_at_once_and_each_is_recorded(
    connected: Connected, qwen: Connection, alice: Client
) -> None:
    models = offer(connected, qwen, "qwen-plus", "qwen-max", "qwen-flash")
    chosen = [str(model.pk) for model in models[:2]]
    off = {"models": chosen, "action": "off", "provider": "Qwen", "q": "max", "confirm": "1"}
    answer = alice.post("/admin/models/chosen", off)
    place, _, undo = answer.headers["Location"].partition("&undo=")
    assert place == "/admin/models?q=max&provider=Qwen&done=2"
    assert {str(UUID(part)) for part in undo.split(".")} == set(chosen)
    assert alice.get(answer.headers["Location"]).content.count(b">Undo</button>") == 1
    assert [read(connected, pk=model.pk).is_enabled for model in models] == [False, False, True]
    events = events_of(connected, "model.updated")
    assert len(events) == 2
    assert {(e.before["is_enabled"], e.after["is_enabled"]) for e in events} == {(True, False)}
    alice.post("/admin/models/chosen", {"models": chosen, "action": "on"})
    alice.post("/admin/models/chosen", {"models": chosen, "action": "on"})
    assert len(events_of(connected, "model.updated")) == 4


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
    assert read(connected, pk=chat.pk).is_enabled
    assert events_of(connected, "model.updated") == []
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
    assert read(connected, pk=connected.chat.pk).is_enabled
    assert events_of(connected, "model.updated") == []
    assert b"Tick a model first" in alice.post("/admin/models/chosen", {"action": "off"}).content


def test_members_and_strangers_switch_nothing(connected: Connected) -> None:
    cast = connected.cast
    values = {"models": [str(connected.chat.pk)], "action": "off"}
    bob, mallory = browser(cast, cast.bob), browser(cast, cast.mallory, cast.globex)
    assert bob.post("/admin/models/chosen", values).status_code == 404
    assert bob.get("/admin/models/export").status_code == 404
    assert mallory.post("/admin/models/chosen", values).status_code in {404, 422}
    assert b"big-model" not in mallory.get("/admin/models/export").content
    assert read(connected, pk=connected.chat.pk).is_enabled


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
    offer(connected, qwen, "qwen-plus", "qwen-max", "qwen-of-next-year")
    rows = list(csv.DictReader(io.StringIO(text_of(alice, "/admin/models/export", **query))))
    assert sorted(row["id"] for row in rows) == shown
    page = text_of(alice, "/admin/models", **query)
    for name in ("big-model", "text-embedding-tiny", "qwen-plus", "qwen-max", "qwen-of-next-year"):
        assert (f'<span class="help">{name}</span>' in page) is (name in shown), name


def test_export_leaves_unknown_prices_empty_and_is_recorded(
    connected: Connected, qwen: Connection, alice: Client
) -> None:
    offer(connected, qwen, "qwen-plus", "qwen-of-next-year")
    rows = {
        row["id"]: row
        for row in csv.DictReader(io.StringIO(text_of(alice, "/admin/models/export", q="qwen")))
    }
    assert (rows["qwen-plus"]["price in"], rows["qwen-plus"]["currency"]) == ("0.4", "USD")
    unknown = rows["qwen-of-next-year"]
    assert (unknown["price in"], unknown["price out"], unknown["price from"]) == ("", "", "unknown")
    assert events_of(connected, "models.exported")[-1].detail == {"q": "qwen"}
