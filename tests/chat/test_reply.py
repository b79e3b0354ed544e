"""Answers, written by a real worker from a scripted host: what is stored is what the host said."""

from __future__ import annotations

import threading
import time
from typing import Any
from uuid import uuid4

import pytest

from tests.chat.conftest import Browser
from tests.durability.waiting import wait_until
from tests.llm.conftest import Connected
from tests.llm.host import Answer, Asked
from tests.processes import Served

pytestmark = pytest.mark.usefixtures("product")


def text_of(message: Any) -> str:
    return "".join(part["text"] for part in message["parts"] if part["type"] == "text")


def chat_requests(connected: Connected) -> list[Asked]:
    """What the host was asked for answers, without titles."""
    return [
        asked
        for asked in connected.host.asked
        if asked.path.endswith("/chat/completions") and "Name the chat" not in str(asked.body["messages"][0])
    ]


def test_an_answer_is_stored_with_model_usage_and_state(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    chat = bob.begin(team_id=engineering)
    bob.send(chat, "Hello?")
    question, answer = bob.answered(chat)
    assert text_of(question) == "Hello?"
    assert text_of(answer) == "Hello world"
    assert (answer["state"], answer["error"]) == ("done", None)
    assert answer["model"] == {"slug": "big-model", "name": connected.chat.name}
    assert (answer["usage"]["input_tokens"], answer["usage"]["output_tokens"]) == (1000, 500)
    assert answer["usage"]["cost"] == "0.0105"


def test_an_answer_that_came_to_the_models_limit_says_so(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    connected.host.answers[:] = [Answer(texts=("Once upon",), finish="length")]
    chat = bob.begin(team_id=engineering)
    bob.send(chat, "Tell a story")
    answer = bob.answered(chat)[1]
    assert (answer["state"], answer["annotations"]) == ("done", [{"type": "cut_short"}])


def test_the_branch_is_what_the_model_reads(bob: Browser, engineering: str, connected: Connected) -> None:
    chat = bob.begin(team_id=engineering)
    bob.send(chat, "First")
    answer = bob.answered(chat)[1]["id"]
    bob.send(chat, "Elsewhere")
    bob.answered(chat)
    bob.send(chat, "Second", parent_id=answer)
    bob.answered(chat)
    asked = [
        [(message["role"], message["content"]) for message in request.body["messages"]]
        for request in chat_requests(connected)
    ]
    assert asked[-1][0][0] == "system"
    assert asked[-1][1:] == [("user", "First"), ("assistant", "Hello world"), ("user", "Second")]


def test_thoughts_go_back_to_their_host_and_their_seal_to_nobody_else(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    details = [{"type": "reasoning.text", "text": "Hm.", "signature": "c2VjcmV0", "index": 0}]
    thought = {"reasoning": "Hm.", "reasoning_details": details}
    connected.host.answers[:] = [Answer(texts=(), deltas=(thought, {"content": "Hello"}))]
    chat = bob.begin(team_id=engineering)
    bob.send(chat, "First")
    answer = bob.answered(chat)[1]
    bob.send(chat, "Second", parent_id=answer["id"])
    bob.answered(chat)
    assert [part["type"] for part in answer["parts"]] == ["text", "reasoning"]
    assert "c2VjcmV0" not in str(bob.messages(chat))
    said = chat_requests(connected)[-1].body["messages"][2]
    assert said == {"role": "assistant", "content": "Hello", "reasoning_details": details}


def test_a_second_answer_stands_beside_the_first(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    chat = bob.begin(team_id=engineering)
    bob.send(chat, "Hello?")
    question, first = bob.answered(chat)
    again = {"client_id": str(uuid4())}
    made = bob.call("POST", f"/messages/{first['id']}/regenerate", again)
    assert made.status_code == 202
    assert bob.call("POST", f"/messages/{first['id']}/regenerate", again).content == made.content
    messages = bob.answered(chat)
    assert [message["parent_id"] for message in messages] == [None, question["id"], question["id"]]
    assert [text_of(message) for message in messages[1:]] == ["Hello world", "Hello world"]
    assert messages[2]["id"] == made.json()["answer"]["id"]


def test_the_chat_gets_a_models_title_after_its_first_answer(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    connected.host.answers[:] = [Answer(), Answer(texts=('"Greeting ', 'someone."\n'))]
    chat = bob.begin(team_id=engineering)
    bob.send(chat, "Hello?")
    bob.answered(chat)
    assert wait_for_title(bob, chat, "Greeting someone") == "Greeting someone"


def test_a_failing_title_harms_nothing(bob: Browser, engineering: str, connected: Connected) -> None:
    from apps.runs.models import Run
    from apps.tenants.scope import tenant_scope

    refusal = {"error": {"message": "no", "code": "invalid_api_key"}}
    connected.host.answers[:] = [Answer(), Answer(status=401, error=refusal)]
    chat = bob.begin(team_id=engineering)
    bob.send(chat, "Hello?")
    answer = bob.answered(chat)[1]

    def state() -> str:
        with tenant_scope(connected.cast.acme.id):
            return str(Run.objects.get(kind="title", subject_id=chat).state)

    wait_until(lambda: state() not in {"queued", "running"}, 30, "the title's end")
    assert (state(), answer["state"]) == ("done", "done")
    assert bob.call("GET", f"/conversations/{chat}").json()["title"] == "Hello?"


def test_a_persons_title_is_never_replaced(bob: Browser, engineering: str, connected: Connected) -> None:
    chat = bob.begin(team_id=engineering)
    bob.call("PATCH", f"/conversations/{chat}", {"title": "Mine"})
    bob.send(chat, "Hello?")
    bob.answered(chat)
    assert bob.call("GET", f"/conversations/{chat}").json()["title"] == "Mine"
    assert len(connected.host.asked) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "state"),
    [
        (
            Answer(status=401, error={"error": {"message": "canary", "code": "invalid_api_key"}}),
            "authentication",
            "failed",
        ),
        (
            Answer(status=404, error={"error": {"message": "canary", "code": "model_not_found"}}),
            "not_found",
            "failed",
        ),
        (
            Answer(status=400, error={"error": {"message": "canary", "code": "context_length_exceeded"}}),
            "context_overflow",
            "failed",
        ),
        (Answer(texts=("Half",), finish=None), "interrupted", "interrupted"),
        (Answer(texts=()), "empty", "failed"),
    ],
)
def test_a_hosts_failure_is_told_in_plain_words(
    bob: Browser, engineering: str, connected: Connected, answer: Answer, kind: str, state: str
) -> None:
    connected.host.answers[:] = [answer]
    chat = bob.begin(team_id=engineering)
    bob.send(chat, "Hello?")
    told = bob.answered(chat)[1]
    assert (told["state"], told["error"]["kind"]) == (state, kind)
    assert told["error"]["title"]
    assert "saved" in told["error"]["detail"] or "kept" in told["error"]["detail"]
    assert "canary" not in str(told)
    assert text_of(told) == ("Half" if state == "interrupted" else "")


def test_stop_keeps_the_text_and_closes_the_host(
    bob: Browser, engineering: str, connected: Connected
) -> None:
    from apps.runs.models import Run
    from apps.tenants.scope import tenant_scope

    hold = threading.Event()
    connected.host.answers[:] = [Answer(texts=("Once upon",), hold=hold)]
    chat = bob.begin(team_id=engineering)
    run = bob.send(chat, "A story").json()["run"]["id"]

    def log() -> list[Any]:
        with tenant_scope(connected.cast.acme.id):
            return list(Run.objects.get(pk=run).log)

    wait_until(log, 30, "the first words, kept")
    assert bob.call("POST", f"/runs/{run}/stop", {}).status_code == 202
    assert connected.host.gone.wait(15)
    hold.set()
    answer = bob.answered(chat)[1]
    assert (answer["state"], text_of(answer)) == ("stopped", "Once upon")
    assert answer["usage"]["estimated"] is True


def test_a_colleague_may_not_stop_or_follow(
    bob: Browser, engineering: str, browse: Any, connected: Connected
) -> None:
    run = bob.send(bob.begin(team_id=engineering)).json()["run"]["id"]
    alice = browse(connected.cast.acme, connected.cast.alice)
    for method, path in (("GET", "/runs/{}"), ("POST", "/runs/{}/stop")):
        theirs = alice.call(method, path.format(run), {} if method == "POST" else None)
        random = alice.call(method, path.format(uuid4()), {} if method == "POST" else None)
        assert theirs.status_code == random.status_code == 404
        assert theirs.content == random.content


def test_an_answer_in_progress_is_not_continued(bob: Browser, engineering: str, connected: Connected) -> None:
    hold = threading.Event()
    connected.host.answers[:] = [Answer(hold=hold, finish=None)]
    chat = bob.begin(team_id=engineering)
    answer = bob.send(chat).json()["answer"]["id"]
    refused = bob.send(chat, parent_id=answer)
    assert (refused.status_code, refused.json()["code"]) == (409, "answer_running")
    again = bob.call("POST", f"/messages/{answer}/regenerate", {"client_id": str(uuid4())})
    assert (again.status_code, again.json()["code"]) == (409, "answer_running")
    listed = bob.call("GET", "/conversations").json()["results"]
    assert [row["running"] for row in listed] == [True]
    hold.set()
    bob.answered(chat)


def test_deleting_a_chat_stops_its_answer(
    bob: Browser, engineering: str, connected: Connected, product: Served
) -> None:
    hold = threading.Event()
    connected.host.answers[:] = [Answer(hold=hold)]
    chat = bob.begin(team_id=engineering)
    bob.send(chat)
    wait_until(lambda: connected.host.asked, 30, "the call")
    assert bob.call("DELETE", f"/conversations/{chat}").status_code == 204
    assert connected.host.gone.wait(15)
    hold.set()
    assert bob.call("GET", f"/conversations/{chat}").status_code == 404
    assert product.is_alive


def wait_for_title(bob: Browser, chat: str, wanted: str) -> str:
    deadline = time.monotonic() + 30
    title = ""
    while title != wanted and time.monotonic() < deadline:
        title = bob.call("GET", f"/conversations/{chat}").json()["title"]
        time.sleep(0.05)
    return title
