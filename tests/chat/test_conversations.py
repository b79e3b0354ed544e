"""Chats: one's own only, in pages, in few statements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.chat.conftest import Browser
from tests.llm.conftest import Connected


def test_a_chat_counts_for_everyone_unless_a_team_is_named(bob: Browser, engineering: str) -> None:
    first = bob.call("POST", "/conversations", {}).json()
    assert first["team_id"] != engineering
    assert bob.call("POST", "/conversations", {"team_id": engineering}).json()["team_id"] == engineering
    assert (first["title"], first["model"], first["running"], first["files"]) == ("", None, False, [])


def test_a_team_that_is_not_ones_own_is_404(bob: Browser, connected: Connected) -> None:
    for team in (str(connected.cast.sales.id), str(uuid4())):
        assert bob.call("POST", "/conversations", {"team_id": team}).status_code == 404


def test_the_same_idempotency_key_makes_one_chat(bob: Browser) -> None:
    key = str(uuid4())
    made = [bob.call("POST", "/conversations", {}, HTTP_IDEMPOTENCY_KEY=key) for _ in range(2)]
    assert made[0].json() == made[1].json()
    assert len(bob.call("GET", "/conversations").json()["results"]) == 1


def test_chats_are_renamed_pinned_and_given_a_model(bob: Browser, engineering: str) -> None:
    chat = bob.begin(team_id=engineering)
    change = {"title": "  Leave \n rules ", "is_pinned": True, "model": "big-model"}
    changed = bob.call("PATCH", f"/conversations/{chat}", change).json()
    assert (changed["title"], changed["is_pinned"], changed["model"]) == ("Leave rules", True, "big-model")


@pytest.mark.parametrize(
    "change",
    [
        {"title": " "},
        {"title": "x" * 201},
        {"model": "nope"},
        {"is_pinned": "maybe"},
        {"knowledge_base_ids": ["x"]},
    ],
)
def test_a_wrong_change_is_400_and_changes_nothing(
    bob: Browser, engineering: str, change: dict[str, Any]
) -> None:
    chat = bob.begin(team_id=engineering)
    before = bob.call("GET", f"/conversations/{chat}").content
    assert bob.call("PATCH", f"/conversations/{chat}", {"is_pinned": True} | change).status_code == 400
    assert bob.call("GET", f"/conversations/{chat}").content == before


def test_fields_that_are_not_ones_own_to_set_are_refused(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    chat = bob.begin(team_id=engineering)
    stolen = {"tenant_id": str(connected.cast.globex.id), "user_id": str(uuid4()), "team_id": str(uuid4())}
    before = bob.call("GET", f"/conversations/{chat}").json()
    for field, value in {**stolen, "created_at": "2001-01-01T00:00:00Z"}.items():
        assert bob.call("PATCH", f"/conversations/{chat}", {field: value}).status_code == 400
    assert bob.call("GET", f"/conversations/{chat}").json() == before


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_colleagues_chat_looks_like_none(
    bob: Browser, engineering: str, browse: Any, connected: Connected, method: str
) -> None:
    chat = bob.begin(team_id=engineering)
    alice = browse(connected.cast.acme, connected.cast.alice)
    body = {"title": "Mine now"} if method == "PATCH" else None
    theirs = alice.call(method, f"/conversations/{chat}", body)
    random = alice.call(method, f"/conversations/{uuid4()}", body)
    assert theirs.status_code == random.status_code == 404
    assert theirs.content == random.content
    assert bob.call("GET", f"/conversations/{chat}").json()["title"] == ""
    assert alice.call("GET", f"/conversations/{chat}/messages").status_code == 404


def test_pages_follow_each_other_and_pinned_chats_lead(bob: Browser, engineering: str) -> None:
    chats = [bob.begin(team_id=engineering) for _ in range(5)]
    bob.call("PATCH", f"/conversations/{chats[0]}", {"is_pinned": True})
    first = bob.call("GET", "/conversations?limit=3").json()
    second = bob.call("GET", f"/conversations?limit=3&cursor={first['next']}").json()
    assert [row["id"] for row in first["results"]] == [chats[0], chats[4], chats[3], chats[2]]
    assert [row["id"] for row in second["results"]] == [chats[1]]
    assert second["next"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=1000", "limit=0000000019999", "cursor=x", "cursor=e30"]
)
def test_wrong_pages_are_400(bob: Browser, query: str) -> None:
    assert bob.call("GET", f"/conversations?{query}").status_code == 400


def test_a_search_looks_into_titles_without_wildcards(bob: Browser, engineering: str) -> None:
    chat = bob.begin(team_id=engineering)
    bob.call("PATCH", f"/conversations/{chat}", {"title": "100% leave"})
    bob.begin(team_id=engineering)
    assert [row["id"] for row in bob.call("GET", "/conversations?q=100%25").json()["results"]] == [chat]
    for nowhere in ("_", "no%00thing"):
        assert bob.call("GET", f"/conversations?q={nowhere}").json()["results"] == []


def test_lists_take_the_same_few_statements_however_long(
    bob: Browser, engineering: str, query_count: Callable[..., Any]
) -> None:
    chat = bob.begin(team_id=engineering)
    for _ in range(3):
        bob.begin(team_id=engineering)
        bob.send(chat)
    with query_count() as chats:
        assert len(bob.call("GET", "/conversations").json()["results"]) == 4
    with query_count() as messages:
        assert len(bob.messages(chat)) == 6
    assert len(chats) <= 6, "\n".join(chats)
    assert len(messages) <= 6, "\n".join(messages)


def test_a_key_sees_only_its_teams_chats(bob: Browser, engineering: str, connected: Connected) -> None:
    from apps.accounts.services import api_key_create
    from apps.tenants.scope import tenant_scope

    cast = connected.cast
    elsewhere, here = bob.begin(), bob.begin(team_id=engineering)
    with tenant_scope(cast.acme.id):
        made: dict[str, Any] = {
            "actor": None,
            "slug": cast.acme.slug,
            "user": cast.bob,
            "team": cast.engineering,
            "name": "k",
        }
        _, key = api_key_create(**made)
        _, narrow = api_key_create(**made, scopes=["embeddings"])
    bob.client.cookies.clear()
    header = {"HTTP_AUTHORIZATION": f"Bearer {key}"}
    assert [row["id"] for row in bob.call("GET", "/conversations", **header).json()["results"]] == [here]
    assert bob.call("GET", f"/conversations/{elsewhere}", **header).status_code == 404
    assert bob.call("POST", "/conversations", {}, **header).json()["team_id"] == engineering
    refused = bob.call("GET", "/conversations", HTTP_AUTHORIZATION=f"Bearer {narrow}")
    assert refused.status_code == 403


def test_the_picker_shows_a_teams_models(bob: Browser, engineering: str, connected: Connected) -> None:
    rows = bob.call("GET", f"/models?team={engineering}").json()["results"]
    assert [(row["slug"], row["is_default"], row["available"]) for row in rows] == [("big-model", True, True)]
    assert bob.call("GET", f"/models?team={connected.cast.sales.id}").status_code == 404
    assert bob.call("GET", "/models?team=nonsense").status_code == 404
    assert bob.call("GET", "/models").json()["results"] == []
