"""Sending: one transaction, once per client_id, only into one's own chats."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.chat.conftest import Browser
from tests.llm.conftest import Connected

if TYPE_CHECKING:
    from apps.accounts.models import User
    from tests.factories import Organisation

Browse = Callable[["Organisation", "User"], Browser]


def counted(connected: Connected) -> tuple[int, int, int]:
    """acme's messages, runs and sends in the audit."""
    from apps.audit.models import AuditEvent
    from apps.chat.models import Message
    from apps.runs.models import Run
    from apps.tenants.scope import tenant_scope

    with tenant_scope(connected.cast.acme.id):
        return (
            Message.objects.count(),
            Run.objects.filter(kind="reply").count(),
            AuditEvent.objects.filter(action="message.send").count(),
        )


def test_a_question_is_accepted_with_its_empty_answer_and_run(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    chat = bob.begin(team_id=engineering)
    client_id = str(uuid4())
    sent = bob.send(chat, "How long is parental leave?", client_id=client_id)
    assert sent.status_code == 202
    body = sent.json()
    question, answer, run = body["question"], body["answer"], body["run"]
    assert (question["role"], question["state"], question["client_id"]) == ("user", "done", client_id)
    assert question["parts"] == [{"type": "text", "text": "How long is parental leave?"}]
    assert (answer["role"], answer["state"], answer["parts"]) == ("assistant", "queued", [])
    assert answer["parent_id"] == question["id"]
    assert answer["model"] == {"slug": "big-model", "name": connected.chat.name}
    assert run == {
        "id": answer["run_id"], "kind": "reply", "state": "queued", "message_id": answer["id"],
        "conversation_id": chat, "position": 0, "error": None,
    }  # fmt: skip
    assert counted(connected) == (2, 1, 1)


def test_the_chat_is_named_by_its_first_question(bob: Browser, engineering: str) -> None:
    chat = bob.begin(team_id=engineering)
    bob.send(chat, "  How long is\nparental leave?  ")
    row = bob.call("GET", f"/conversations/{chat}").json()
    assert row["title"] == "How long is parental leave?"
    assert row["model"] == "big-model"


def test_the_same_send_ten_times_at_once_is_one_message_one_run_one_answer(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    from django.db import connections

    chat = bob.begin(team_id=engineering)
    client_id = str(uuid4())

    def send(_: int) -> bytes:
        try:
            sent = bob.send(chat, "Once", client_id=client_id)
            assert sent.status_code == 202
            return bytes(sent.content)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        bodies = list(pool.map(send, range(10)))
    assert len(set(bodies)) == 1
    assert counted(connected) == (2, 1, 1)
    assert bob.send(chat, "Once", client_id=client_id).content == bodies[0]


def test_a_client_id_of_another_chat_is_refused(bob: Browser, engineering: str, connected: Connected) -> None:
    client_id = str(uuid4())
    bob.send(bob.begin(team_id=engineering), client_id=client_id)
    refused = bob.send(bob.begin(team_id=engineering), client_id=client_id)
    assert (refused.status_code, refused.json()["code"]) == (409, "client_id_used")
    assert counted(connected) == (2, 1, 1)


def test_another_person_may_use_the_same_client_id(
    bob: Browser, engineering: str, browse: Browse, connected: Connected
) -> None:
    client_id = str(uuid4())
    bob.send(bob.begin(team_id=engineering), client_id=client_id)
    alice = browse(connected.cast.acme, connected.cast.alice)
    assert alice.send(alice.begin(team_id=engineering), client_id=client_id).status_code == 202
    assert counted(connected) == (4, 2, 2)


def test_stranger_gets_404_and_nothing_is_queued(
    bob: Browser, engineering: str, browse: Browse, connected: Connected
) -> None:
    chat = bob.begin(team_id=engineering)
    cast = connected.cast
    strangers = [
        browse(cast.acme, cast.alice),
        browse(cast.acme, cast.carol),
        browse(cast.globex, cast.mallory),
    ]
    for stranger in strangers:
        theirs, random = stranger.send(chat), stranger.send(str(uuid4()))
        assert (theirs.status_code, random.status_code) == (404, 404)
        assert theirs.content == random.content
    assert counted(connected) == (0, 0, 0)


def test_nobody_gets_401(engineering: str, bob: Browser) -> None:
    chat = bob.begin(team_id=engineering)
    bob.client.cookies.clear()
    assert bob.send(chat).status_code == 401


def test_a_foreign_parent_is_404(bob: Browser, engineering: str, connected: Connected) -> None:
    other = bob.send(bob.begin(team_id=engineering)).json()["answer"]["id"]
    chat = bob.begin(team_id=engineering)
    for parent in (other, str(uuid4())):
        refused = bob.send(chat, parent_id=parent)
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert counted(connected) == (2, 1, 1)


def test_a_question_follows_an_answer_not_a_question(bob: Browser, engineering: str) -> None:
    chat = bob.begin(team_id=engineering)
    question = bob.send(chat).json()["question"]["id"]
    refused = bob.send(chat, parent_id=question)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "parent_id")


def test_an_edited_first_question_is_a_second_root(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    chat = bob.begin(team_id=engineering)
    bob.send(chat, "First")
    bob.send(chat, "First, edited")
    roots = [message for message in bob.messages(chat) if message["parent_id"] is None]
    assert [root["parts"][0]["text"] for root in roots] == ["First", "First, edited"]
    assert counted(connected) == (4, 2, 2)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": " \n "}, "text"),
        ({"text": "x" * 100_001}, "text"),
        ({"text": 7.5, "client_id": "nonsense"}, "client_id"),
        ({"client_id": None}, "client_id"),
        ({"parent_id": "nonsense"}, "parent_id"),
        ({"model": "no-such-model"}, "model"),
        ({"model": "text-embedding-tiny"}, "model"),
        ({"file_ids": ["nonsense"]}, "file_ids.0"),
        ({"file_ids": "nonsense"}, "file_ids"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(
    bob: Browser, engineering: str, connected: Connected, fields: dict[str, Any], field: str
) -> None:
    chat = bob.begin(team_id=engineering)
    refused = bob.send(chat, **fields)
    assert refused.status_code == 400
    assert field in {error["field"] for error in refused.json()["errors"]}
    assert counted(connected) == (0, 0, 0)


def test_a_foreign_file_is_404(bob: Browser, engineering: str, connected: Connected) -> None:
    chat = bob.begin(team_id=engineering)
    assert bob.send(chat, file_ids=[str(uuid4())]).status_code == 404
    assert counted(connected) == (0, 0, 0)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b'{"text": NaN}', b'{"text": "\\u0000"}', b'{"text": "\\ud800"}', b"[]", b"7", b"[" * 9_999],
)
def test_malformed_json_is_400(bob: Browser, engineering: str, raw: bytes) -> None:
    chat = bob.begin(team_id=engineering)
    refused = bob.client.generic(
        "POST",
        f"/api/v1/conversations/{chat}/messages",
        raw,
        content_type="application/json",
        HTTP_HOST=bob.organisation.host,
    )
    assert refused.status_code == 400
    assert refused["Content-Type"] == "application/problem+json"


def test_a_team_without_a_model_says_so(bob: Browser, browse: Browse, connected: Connected) -> None:
    carol = browse(connected.cast.acme, connected.cast.carol)
    chat = carol.begin(team_id=str(connected.cast.sales.id))
    refused = carol.send(chat)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_model")
    assert counted(connected) == (0, 0, 0)


def test_sending_takes_few_statements(
    bob: Browser, engineering: str, query_count: Callable[..., Any]
) -> None:
    chat = bob.begin(team_id=engineering)
    bob.send(chat)
    with query_count() as statements:
        assert bob.send(chat).status_code == 202
    assert len(statements) <= 13, "\n".join(statements)
