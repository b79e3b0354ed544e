"""Policies in a chat, by a real worker: what leaves, what is kept, what is withdrawn."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import pytest

from tests.chat.conftest import Browser, bob, browse, engineering
from tests.chat.test_reply import text_of
from tests.guardrails.policies import MAIL, WORDS, policy_make, rule
from tests.llm.conftest import Connected
from tests.llm.host import Answer, Asked
from tests.processes import product

__all__ = ["bob", "browse", "engineering", "product"]

pytestmark = pytest.mark.usefixtures("product")


def echo(asked: Asked) -> Answer:
    """Says what it was asked, in pieces that cut every placeholder."""
    said = str(asked.body["messages"][-1]["content"])
    return Answer(texts=tuple(said[at : at + 3] for at in range(0, len(said), 3)))


def runs_of(connected: Connected, kind: str = "reply") -> list[Any]:
    from apps.runs.models import Run
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return list(Run.objects.filter(kind=kind).order_by("created_at", "id"))


def test_a_chat_is_masked_outside_and_whole_inside_and_so_is_its_title(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    policy_make(connected.cast, rule("mask"))
    connected.host.answer_for = echo
    chat = bob.begin(team_id=engineering)
    bob.send(chat, f"Mail {MAIL} please, not bob@example.com")
    question, answer = bob.answered(chat)
    assert text_of(question) == text_of(answer) == f"Mail {MAIL} please, not bob@example.com"
    bob.send(chat, f"Once more, {MAIL}", parent_id=answer["id"])
    assert text_of(bob.answered(chat)[-1]) == f"Once more, {MAIL}"
    until = time.monotonic() + 10
    while time.monotonic() < until and not any(run.state == "done" for run in runs_of(connected, "title")):
        time.sleep(0.05)
    assert len(connected.host.asked) >= 3
    sent = str([asked.body for asked in connected.host.asked])
    assert "example.com" not in sent
    assert sent.count("Once more, [EMAIL_1]") == 1


def test_what_a_rule_withdraws_is_left_nowhere(bob: Browser, engineering: str, connected: Connected) -> None:
    from django.conf import settings
    from redis import Redis

    from apps.runs.live import log_key

    policy_make(connected.cast, rule("block", direction="in"))
    said = Answer(texts=("The secret word is Zanzibar. ", f"Ask {MAIL} now. " * 10), pause=1.0)
    connected.host.answers[:] = [said]
    chat = bob.begin(team_id=engineering)
    bob.send(chat, "Whom do I ask?")
    answer = bob.answered(chat)[1]
    assert answer["state"] == "failed"
    assert text_of(answer) == ""
    assert answer["error"]["kind"] == "policy"
    assert answer["error"]["title"] == "A rule of your organisation withdrew this answer"
    assert WORDS in answer["error"]["detail"]
    (run,) = runs_of(connected)
    replaced = [item for item in run.log if item[1] == "replaced"]
    assert [item[2] for item in replaced] == [{"text": "", "reason": WORDS}]
    assert "Zanzibar" not in str(run.log)
    assert run.log[0][1] == "text"
    assert run.log[0][2].isspace()
    kept = Redis.from_url(settings.REDIS_URL).lrange(log_key(run.tenant_id, str(run.id), run.fence), 0, -1)
    assert "Zanzibar" not in str(kept)
    connected.host.answers[:] = [Answer()]
    bob.send(chat, "And now?", parent_id=answer["id"])
    bob.answered(chat)
    assert "Zanzibar" not in str(connected.host.asked[-1].body)
    assert len(runs_of(connected, "title")) == 0


def test_a_rule_that_asks_sends_nothing_until_the_person_agrees(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    policy_make(connected.cast, rule("warn"))
    chat = bob.begin(team_id=engineering)
    bob.send(chat, f"Mail {MAIL}")
    answer = bob.answered(chat)[-1]
    error = answer["error"]
    assert (answer["state"], error["kind"]) == ("failed", "policy_ask")
    assert MAIL not in str(error)
    assert error["more"]["findings"][0]["shown"] == "a••••••••om"
    assert connected.host.asked == []
    rules = [each["id"] for each in error["more"]["rules"]]
    agreed = {"client_id": str(uuid4()), "confirm_rules": rules}
    assert bob.call("POST", f"/messages/{answer['id']}/regenerate", agreed).status_code == 202
    assert text_of(bob.answered(chat)[-1]) == "Hello world"
    assert MAIL in str(connected.host.asked[0].body)


def test_what_stood_behind_placeholders_dies_with_the_chat(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    from apps.guardrails.models import ConversationValues
    from apps.tenants.scope import tenant_scope

    policy_make(connected.cast, rule("mask"))
    chat = bob.begin(team_id=engineering)
    bob.send(chat, MAIL)
    bob.answered(chat)
    with tenant_scope(connected.cast.acme.id):
        assert ConversationValues.objects.filter(conversation_id=chat).count() == 1
    assert bob.call("DELETE", f"/conversations/{chat}").status_code == 204
    bob.erase(chat)
    with tenant_scope(connected.cast.acme.id):
        assert ConversationValues.objects.count() == 0


def test_a_cleared_model_answers_where_a_rule_wants_one_and_the_chat_says_so(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    """Also in the next message, whose class is the chat's by then; the title is asked of who answered."""
    from apps.chat.models import Conversation
    from apps.guardrails.classes import DataClass
    from apps.tenants.scope import tenant_scope
    from tests.api.test_switching import own_model
    from tests.llm.routing import routing_on
    from tests.llm.test_clearances import hosted

    hosted(connected)
    policy_make(connected.cast, rule("route", data_class="confidential"))
    chat = bob.begin(team_id=engineering)
    bob.send(chat, f"Who is {MAIL}?")
    refused = bob.answered(chat)[1]
    assert refused["error"]["kind"] == "clearance"
    assert connected.host.asked == []
    with routing_on(connected) as routing:
        own_model(connected, routing, "in-the-cellar")
        chat = bob.begin(team_id=engineering)
        bob.send(chat, f"Who is {MAIL}?")
        answer = bob.answered(chat)[1]
        bob.send(chat, "And where?", parent_id=answer["id"])
        second = bob.answered(chat)[-1]
    assert set(routing.asked) == {"in-the-cellar"}
    for each in (answer, second):
        assert text_of(each) == "I am in-the-cellar."
        (note,) = [note for note in each["annotations"] if note["type"] == "route"]
        assert note["route"]["slug"] == "big-model"
        assert note["answered_by"]["slug"] == "in-the-cellar"
        assert note["why"][0].startswith("By the rule “route it” what would be sent is confidential.")
    with tenant_scope(connected.cast.acme.id):
        assert Conversation.objects.get(pk=chat).data_class == DataClass.CONFIDENTIAL
