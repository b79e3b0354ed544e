"""Going on from an answer in a chat of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from apps.chat.models import Conversation, Message
from apps.tenants.scope import tenant_scope
from tests.chat.conftest import Browser
from tests.llm.conftest import Connected


def _said(bob: Browser, chat: str) -> list[str]:
    """Question, answer, question, answer; the ids of all four."""
    made: list[Message] = []
    with tenant_scope(bob.organisation.id):
        for number, role in enumerate(["user", "assistant"] * 2):
            parent = made[-1] if made else None
            parts = [{"type": "text", "text": f"text {number}"}]
            common = {"conversation_id": UUID(chat), "author_id": bob.user.id, "state": "done"}
            made.append(
                Message.objects.create(
                    parent=parent, role=role, parts=parts, rating={"is_good": True}, **common
                )
            )
        Conversation.objects.filter(id=chat).update(data_class=2, class_why="Bob said so.")
    return [str(message.id) for message in made]


def _texts(browser: Browser, chat: str) -> list[str]:
    return [message["parts"][0]["text"] for message in browser.messages(chat)]


def test_a_branch_holds_what_was_said_up_to_the_answer(bob: Browser, engineering: str) -> None:
    chat = bob.begin(team_id=engineering)
    bob.call("PATCH", f"/conversations/{chat}", {"title": "Lamps"})
    ids = _said(bob, chat)
    made = bob.call("POST", f"/messages/{ids[1]}/branch", {})
    assert made.status_code == 201, made.content
    branch = made.json()
    assert (branch["title"], branch["team_id"]) == ("Lamps (branch)", engineering)
    assert _texts(bob, branch["id"]) == ["text 0", "text 1"]
    copied = bob.messages(branch["id"])
    assert copied[1]["parent_id"] == copied[0]["id"]
    assert branch["current_message_id"] == copied[1]["id"]
    assert copied[1]["rating"] is None
    assert not {message["id"] for message in copied} & set(ids)
    assert len(_texts(bob, chat)) == 4
    held = bob.call("GET", f"/conversations/{branch['id']}/data-class").json()
    assert held["data_class"] == bob.call("GET", f"/conversations/{chat}/data-class").json()["data_class"]


def test_the_same_key_makes_one_branch(bob: Browser, engineering: str) -> None:
    ids, key = _said(bob, bob.begin(team_id=engineering)), str(uuid4())
    made = [bob.call("POST", f"/messages/{ids[3]}/branch", {}, HTTP_IDEMPOTENCY_KEY=key) for _ in range(2)]
    assert made[0].json() == made[1].json()
    assert len(bob.call("GET", "/conversations").json()["results"]) == 2


def test_only_ones_own_answer_branches(
    bob: Browser, engineering: str, browse: Any, connected: Connected
) -> None:
    ids = _said(bob, bob.begin(team_id=engineering))
    assert bob.call("POST", f"/messages/{ids[0]}/branch", {}).status_code == 400
    with tenant_scope(bob.organisation.id):
        Message.objects.filter(id=ids[3]).update(state="queued")
    assert bob.call("POST", f"/messages/{ids[3]}/branch", {}).status_code == 409
    alice = browse(connected.cast.acme, connected.cast.alice)
    theirs = alice.call("POST", f"/messages/{ids[1]}/branch", {})
    random = alice.call("POST", f"/messages/{uuid4()}/branch", {})
    assert theirs.status_code == random.status_code == 404
    for browser, count in ((bob, 1), (alice, 0)):
        assert len(browser.call("GET", "/conversations").json()["results"]) == count
