"""Finding one's chats by words of their titles and of what was said in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest

from apps.chat.finding import excerpt
from apps.chat.models import Message
from apps.tenants.scope import tenant_scope
from tests.llm.conftest import Connected

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.chat.conftest import Browser


def say(browser: Browser, chat: str, *parts: dict[str, Any], role: str = "assistant") -> str:
    """A message of these parts, as if a run had written it."""
    with tenant_scope(browser.organisation.id):
        made = Message.objects.create(
            conversation_id=UUID(chat), author_id=browser.user.id, role=role, state="done", parts=list(parts)
        )
    return str(made.id)


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def find(browser: Browser, query: str, **more: str) -> list[tuple[str, Any]]:
    found = browser.call("GET", f"/conversations?{urlencode({'q': query} | more)}")
    assert found.status_code == 200, found.content
    return [(row["id"], row["match"]) for row in found.json()["results"]]


def _encoded(query: dict[str, str]) -> str:
    from urllib.parse import urlencode

    return urlencode(query)


def test_words_are_found_in_titles_and_in_either_speakers_text(bob: Browser, engineering: str) -> None:
    named, asked, told = (bob.begin(team_id=engineering) for _ in range(3))
    bob.call("PATCH", f"/conversations/{named}", {"title": "Parental leave in Łódź"})
    say(bob, asked, text("Who may take parental LEAVE?"), role="user")
    said = say(bob, told, text("**Leave** is granted.\n\nParental or not."))
    found = dict(find(bob, "parental leave"))
    assert set(found) == {named, asked, told}
    assert found[named] is None
    assert found[told] == {"message_id": said, "text": "Leave is granted. Parental or not."}
    assert [chat for chat, _ in find(bob, "ŁÓDŹ")] == [named]


def test_every_word_has_to_stand_in_one_text(bob: Browser, engineering: str) -> None:
    chat = bob.begin(team_id=engineering)
    say(bob, chat, text("the blue lamp"))
    say(bob, chat, text("the green door"))
    assert find(bob, "blue door") == []
    assert [match["text"] for _, match in find(bob, "door green")] == ["the green door"]


@pytest.mark.parametrize("query", ["reasoning", "type", "signature", "sealed", "%", "_amp", "nblue"])
def test_nothing_is_found_by_what_nobody_said(bob: Browser, engineering: str, query: str) -> None:
    chat = bob.begin(team_id=engineering)
    sealed = {"type": "reasoning", "text": "sealed", "signature": "x"}
    say(bob, chat, sealed, text("the\nblue lamp"))
    assert find(bob, query) == []


@pytest.mark.parametrize("query", ['"quoted"', "back\\slash", "100%", "snake_case", "日本語", "שלום"])
def test_any_sign_can_be_looked_for(bob: Browser, engineering: str, query: str) -> None:
    chat = bob.begin(team_id=engineering)
    say(bob, chat, text(f"before {query} after"))
    assert [chat_id for chat_id, _ in find(bob, query)] == [chat]


def test_a_day_leaves_out_older_chats_and_no_day_is_400(bob: Browser, engineering: str) -> None:
    chat = bob.begin(team_id=engineering)
    say(bob, chat, text("lamp"))
    assert [found for found, _ in find(bob, "lamp", since="2020-01-01")] == [chat]
    assert find(bob, "lamp", since="2999-01-01") == []
    assert bob.call("GET", "/conversations?q=lamp&since=soon").status_code == 400


def test_pages_hold_each_chat_once_in_two_statements(
    bob: Browser, engineering: str, query_count: Callable[[], Any]
) -> None:
    chats = [bob.begin(team_id=engineering) for _ in range(5)]
    for chat in chats:
        say(bob, chat, text("a lamp"))
        say(bob, chat, text("the same lamp"))
    first = bob.call("GET", "/conversations?q=lamp&limit=3").json()
    with query_count() as statements:
        second = bob.call("GET", f"/conversations?q=lamp&limit=3&cursor={first['next']}").json()
    ours = [sql for sql in statements if "chat_" in sql]
    assert len(ours) == 2
    assert [row["id"] for row in first["results"] + second["results"]] == chats[::-1]
    assert second["next"] is None


def test_nobody_finds_anothers_or_a_deleted_chat(
    bob: Browser, engineering: str, browse: Any, connected: Connected
) -> None:
    chat = bob.begin(team_id=engineering)
    say(bob, chat, text(f"secret{chat[:8]}"))
    alice = browse(connected.cast.acme, connected.cast.alice)
    mallory = browse(connected.cast.globex, connected.cast.mallory)
    assert find(alice, f"secret{chat[:8]}") == find(mallory, f"secret{chat[:8]}") == []
    bob.call("DELETE", f"/conversations/{chat}")
    assert find(bob, f"secret{chat[:8]}") == []


def test_an_excerpt_stands_around_the_first_word() -> None:
    long = " ".join(f"word{number}" for number in range(200))
    shown = excerpt(long, ["word100"])
    assert shown.startswith("…word")
    assert "word100" in shown
    assert shown.endswith("…")
    assert len(shown) <= 182
    assert excerpt("", ["word"]) == ""


def test_messages_come_in_pages(bob: Browser, engineering: str) -> None:
    chat = bob.begin(team_id=engineering)
    made = [say(bob, chat, text(str(number))) for number in range(5)]
    first = bob.call("GET", f"/conversations/{chat}/messages?limit=3").json()
    rest = bob.call("GET", f"/conversations/{chat}/messages?limit=3&cursor={first['next']}").json()
    assert [row["id"] for row in first["results"] + rest["results"]] == made
    assert rest["next"] is None
    for wrong in ("limit=0", "cursor=x", f"cursor={uuid4()}"):
        assert bob.call("GET", f"/conversations/{chat}/messages?{wrong}").status_code == 400
