"""What is offered, over REST."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.llm.conftest import Connected, browser
from tests.llm.offering import alice, offer, post, qwen, read

if TYPE_CHECKING:
    from django.test import Client

    from apps.llm.models import Connection

__all__ = ["alice", "qwen"]

pytestmark = pytest.mark.usefixtures("hints")


def test_rest_lists_switches_and_resets(connected: Connected, qwen: Connection, alice: Client) -> None:
    plus, odd = offer(connected, qwen, "qwen-plus", "qwen-of-next-year")
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
    assert post(alice, f"/api/v1/models/{plus.pk}/reset", {"names": ["magic"]}).status_code == 400
    assert post(alice, f"/api/v1/models/{plus.pk}/reset", {}).json()["context_window"] == 1_000_000
    state = {"model_ids": [str(plus.pk), str(odd.pk)], "is_enabled": False}
    answer = post(alice, "/api/v1/offered-models/state", state)
    assert [row["is_enabled"] for row in answer.json()["results"]] == [False, False]
    state["model_ids"] = [str(plus.pk), str(uuid4())]
    assert post(alice, "/api/v1/offered-models/state", state | {"is_enabled": True}).status_code == 400
    assert not read(connected, pk=plus.pk).is_enabled


def test_rest_shows_what_a_host_has(connected: Connected, qwen: Connection, alice: Client) -> None:
    (plus,) = offer(connected, qwen, "qwen-plus")
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
    assert post(bob, "/api/v1/offered-models/state", state).status_code == 403
    assert read(connected, pk=connected.chat.pk).is_enabled
