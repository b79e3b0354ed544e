"""What is Cohere's alone: its form, plans, documents, billed units; its recorded chats."""

from typing import Any

import orjson
import pytest

from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    ErrorKind,
    FilePart,
    Finished,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolSpec,
    Usage,
    VendorError,
)
from apps.llm.vendors.cohere.body import cohere_body
from apps.llm.vendors.cohere.events import CohereEvents
from apps.llm.vendors.cohere.vendor import Cohere
from apps.llm.vendors.sse import EventParser
from tests.wire.conftest import ASKED, run
from tests.wire.dialects.cohere import DONE, answer, call, end, plan, text, words
from tests.wire.replay import Answer, Heard, Server, needs_recordings, recorded, replayed
from tests.wire.speaking import asked

COHERE = Cohere()
JSON = "application/json"
THOUGHT = (
    "The document clearly states that Ruby was created by Yukihiro Matsumoto in 1993. I can directly answer "
    "the user's question using this information."
)
CITED = (
    "According to the document, Ruby was created by **Yukihiro Matsumoto** in 1993. The document also "
    "mentions that Ruby was designed to make programmers happy and productive."
)
SAID = [
    (
        "citations",
        CITED,
        THOUGHT,
        Finished("stop", Usage(508, 86, 144, 28, billed=(65, 63)), "asked-model"),
    ),
    (
        "streaming",
        "Sure! Here's counting from 1 to 3:\n\n1, 2, 3.",
        "",
        Finished("stop", Usage(502, 24, 448, billed=(7, 21)), "asked-model"),
    ),
]
recordings = pytest.mark.parametrize(("name", "said", "thought", "finished"), SAID)


def body_of(*messages: ChatMessage, **options: Any) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(cohere_body(ChatRequest("command-a", messages, **options)))
    return body


def fetched(body: Any) -> Answer:
    return Answer([orjson.dumps(body)], content_type=JSON)


@needs_recordings
@recordings
def test_recording_is_exact(name: str, said: str, thought: str, finished: Finished) -> None:
    heard, _ = asked(COHERE, replayed(recorded("cohere", name)[0]))
    assert (heard.text, heard.reasoning, heard.finished, heard.calls) == (said, thought, finished, {})


@needs_recordings
@recordings
def test_cut_after_every_byte_is_interrupted_never_done(
    name: str, said: str, thought: str, finished: Finished
) -> None:
    del finished
    body = recorded("cohere", name)[0].body
    start = body.index(b'{"type":"message-end"')
    whole = body.index(b"\n", start)
    for at in range(whole):
        heard, events, parser = Heard(), CohereEvents("m", ""), EventParser()
        for data in [*parser.feed(body[:at]), *parser.close()]:
            for delta in events.feed(data):
                heard.add(delta)
        assert (said.startswith(heard.text), thought.startswith(heard.reasoning)) == (True, True)
        with pytest.raises(VendorError) as caught:
            events.finished()
        assert caught.value.kind is ErrorKind.INTERRUPTED


@needs_recordings
def test_documents_are_sent_as_recorded() -> None:
    (exchange,) = recorded("cohere", "citations")
    (document,) = exchange.request["documents"]
    file = FilePart("facts.txt", "text/plain", document["data"]["text"].encode())
    question = TextPart("Who created Ruby? Use the document.")
    request = ChatRequest(exchange.request["model"], (ChatMessage("user", (question, file)),))
    _, sent = asked(COHERE, replayed(exchange), request)
    plain = [{"role": "user", "content": question.text}]
    assert orjson.loads(sent.body) == exchange.request | {"messages": plain}


def test_request_has_coheres_path_key_and_form() -> None:
    request = ChatRequest(
        "command-a",
        (
            ChatMessage.text("system", "Be brief."),
            ChatMessage.text("user", "Hi"),
            ChatMessage("assistant", (ReasoningPart("Hm."), ToolCallPart("q", "look", ""))),
        ),
        tools=(ToolSpec("look", "Looks.", {"type": "object"}), ToolSpec("other", "", {})),
        tool_choice="look",
        temperature=0.5,
        top_p=0.9,
        max_tokens=99,
        stop=("END",),
        seed=7,
        reasoning_effort="none",
        extra={"safety_mode": "OFF", "messages": "never"},
    )
    _, sent = asked(COHERE, text("Half"), request)
    assert (sent.path, sent.headers["authorization"]) == ("/v1/chat", "Bearer sk-test-0123456789")
    function = {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}
    called = {"id": "q", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    assert orjson.loads(sent.body) == {
        "model": "command-a",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "tool_calls": [called]},
        ],
        "stream": True,
        "tools": [{"type": "function", "function": function}],
        "tool_choice": "REQUIRED",
        "temperature": 0.5,
        "p": 0.9,
        "max_tokens": 99,
        "stop_sequences": ["END"],
        "seed": 7,
        "thinking": {"type": "disabled"},
        "safety_mode": "OFF",
    }


@pytest.mark.parametrize(
    ("choice", "sent"), [(None, None), ("auto", None), ("none", "NONE"), ("required", "REQUIRED")]
)
def test_choice_of_tools(choice: str | None, sent: str | None) -> None:
    tool = ToolSpec("look", "Looks.", {})
    body = body_of(ChatMessage.text("user", "x"), tools=(tool,), tool_choice=choice)
    assert body.get("tool_choice") == sent


def test_file_that_is_not_text_is_refused_before_anything_is_sent() -> None:
    message = ChatMessage("user", (FilePart("a.pdf", "application/pdf", b"%PDF"),))

    async def ask() -> int:
        async with Server([text("Half")]) as server:
            with pytest.raises(VendorError) as caught:
                await anext(COHERE.stream(server.endpoint(), ChatRequest("command-a", (message,))))
            assert caught.value.kind is ErrorKind.BAD_REQUEST
            return len(server.requests)

    assert run(ask()) == 0


def test_plan_for_tools_is_reasoning() -> None:
    heard, _ = asked(COHERE, answer(*plan("I will", " look."), *call(0, "weather"), end("TOOL_CALL")))
    assert (heard.reasoning, heard.text, len(heard.calls)) == ("I will look.", "", 1)


def test_whole_answer_to_a_call_that_was_not_streamed() -> None:
    function = {"name": "look", "arguments": '{"a": 1}'}
    message = {
        "role": "assistant",
        "tool_plan": "I look.",
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Hi."}],
        "tool_calls": [{"id": "q", "type": "function", "function": function}],
    }
    usage = {"billed_units": {"input_tokens": 7, "output_tokens": 3}}
    body = {"id": "1", "message": message, "finish_reason": "TOOL_CALL", "usage": usage}
    heard, _ = asked(COHERE, fetched(body))
    assert (heard.text, heard.reasoning) == ("Hi.", "I look.Hm.")
    assert heard.calls == {0: ("q", "look", '{"a": 1}')}
    assert heard.finished == Finished("tool_calls", Usage(7, 3), "asked-model")


def test_call_cut_in_its_arguments_is_interrupted() -> None:
    with pytest.raises(VendorError) as caught:
        asked(COHERE, answer(*call(0, "weather")[:2], end("TOOL_CALL")))
    assert caught.value.kind is ErrorKind.INTERRUPTED


def test_answer_without_counts_has_no_usage() -> None:
    finish = b'event: message-end\ndata: {"type":"message-end","delta":{"finish_reason":"COMPLETE"}}\n\n'
    heard, _ = asked(COHERE, Answer([*words(0, "text", "Hi"), finish, DONE]))
    assert heard.finished == Finished("stop", None, ASKED.model)
