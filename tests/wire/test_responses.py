"""OpenAI's Responses API: recordings of OpenAI, xAI and Azure exactly, every end, every event."""

import json
import random
from typing import Any

import pytest

from apps.llm.vendors.base import ChatMessage, ChatRequest, ErrorKind, Finished, Usage, VendorError
from apps.llm.vendors.openai_responses.events import ResponsesEvents
from apps.llm.vendors.registry import vendor_for
from apps.llm.vendors.sse import EventParser
from tests.wire.conftest import ASKED, QUICK, run
from tests.wire.replay import Answer, Exchange, Heard, Server, needs_recordings, recorded, replayed, split_at

CALL = ("call_sVidsfFJ6zlzRpelrPkTPlpd", "multiply", '{"a":1231,"b":2331}')
GPT = "gpt-5.5-2026-04-23"
THOUGHT = 'The user said: "Count from 1 to 3"\n'
RECORDED: list[tuple[str, str, int, Heard]] = [
    (
        "openai",
        "openai_responses",
        0,
        Heard(calls={0: CALL}, finished=Finished("tool_calls", Usage(58, 23), GPT)),
    ),
    (
        "openai",
        "openai_responses",
        1,
        Heard("1231 \u00d7 2331 = **2,869,461**", finished=Finished("stop", Usage(94, 18), GPT)),
    ),
    (
        "xai",
        "xai",
        0,
        Heard("1, 2, 3.", THOUGHT, finished=Finished("stop", Usage(199, 160, 128, 152), "grok-4.3")),
    ),
    (
        "azure_openai",
        "azure_openai",
        0,
        Heard("2", finished=Finished("stop", Usage(26, 135, 0, 128), "gpt-5-nano")),
    ),
]
NAMES = [f"{folder}{index}" for _, folder, index, _ in RECORDED]


async def listen(slug: str, answer: Answer, heard: Heard, request: ChatRequest = ASKED) -> Heard:
    async with Server([answer]) as server:
        endpoint = server.endpoint(api="responses")
        async for delta in vendor_for(slug).stream(endpoint, request, QUICK):
            heard.add(delta)
    return heard


def same(heard: Heard, expected: Heard) -> None:
    assert (heard.text, heard.reasoning, heard.calls) == (expected.text, expected.reasoning, expected.calls)
    if expected.finished:
        assert heard.finished == expected.finished
    assert heard.finished is not None


@needs_recordings
@pytest.mark.parametrize(("slug", "folder", "index", "expected"), RECORDED, ids=NAMES)
def test_recording_gives_exact_text_reasoning_calls_usage_and_end(
    slug: str, folder: str, index: int, expected: Heard
) -> None:
    same(run(listen(slug, replayed(recorded(folder)[index]), Heard())), expected)


@needs_recordings
@pytest.mark.parametrize(("slug", "folder", "index", "expected"), RECORDED, ids=NAMES)
def test_random_chunk_boundaries_change_nothing(slug: str, folder: str, index: int, expected: Heard) -> None:
    exchange = recorded(folder)[index]
    chance = random.Random(f"{folder}{index}")
    positions = [chance.randrange(1, len(exchange.body)) for _ in range(40)]
    same(run(listen(slug, replayed(exchange, split_at(positions)), Heard())), expected)


@needs_recordings
@pytest.mark.parametrize(("slug", "folder", "index", "expected"), RECORDED, ids=NAMES)
def test_cut_after_any_byte_is_interrupted_or_whole_never_a_false_stop(
    slug: str, folder: str, index: int, expected: Heard
) -> None:
    del slug
    body = recorded(folder)[index].body
    last = body.rfind(b"response.completed", 0, body.rfind(b'"type":"response.completed"'))
    for at in range(0, len(body), max(1, len(body) // 800)):
        heard, events = parsed(body[:at])
        assert expected.text.startswith(heard.text)
        if at < last:
            with pytest.raises(VendorError) as caught:
                events.finished()
            assert caught.value.kind is ErrorKind.INTERRUPTED


def parsed(body: bytes) -> tuple[Heard, ResponsesEvents]:
    """What the parsers alone make of whole events, without a socket."""
    heard, events, parser = Heard(), ResponsesEvents("asked", "", "openai"), EventParser()
    for data in parser.feed(body):
        for delta in events.feed(data):
            heard.add(delta)
    return heard, events


@needs_recordings
@pytest.mark.parametrize("ending", ["whole", "cut", "reset"])
@pytest.mark.parametrize(("slug", "folder", "index", "expected"), RECORDED, ids=NAMES)
def test_cut_stream_keeps_what_came(slug: str, folder: str, index: int, expected: Heard, ending: str) -> None:
    exchange = recorded(folder)[index]
    end = exchange.body.rfind(b"event: response.completed")
    heard = Heard()
    with pytest.raises(VendorError) as caught:
        run(listen(slug, Answer([exchange.body[:end]], ending=ending), heard))  # type: ignore[arg-type]  # literal
    assert caught.value.kind is ErrorKind.INTERRUPTED
    assert caught.value.retryable is (heard.deltas == 0)
    assert (heard.text, heard.finished) == (expected.text, None)


@needs_recordings
@pytest.mark.parametrize("index", [0, 1])
def test_request_of_the_recording_is_what_we_send(index: int) -> None:
    from apps.llm.vendors.base import ToolCallPart, ToolResultPart, ToolSpec

    exchange: Exchange = recorded("openai_responses")[index]
    asked = exchange.request
    messages = [ChatMessage.text("user", asked["input"][0]["content"])]
    if index:
        call, result = asked["input"][1:]
        part = ToolCallPart(call["call_id"], call["name"], call["arguments"])
        messages.append(ChatMessage("assistant", (part,)))
        messages.append(ChatMessage("tool", (ToolResultPart(result["call_id"], result["output"]),)))
    tool = asked["tools"][0]
    request = ChatRequest(
        asked["model"],
        tuple(messages),
        tools=(ToolSpec(tool["name"], tool["description"], tool["parameters"]),),
        reasoning_effort=asked["reasoning"]["effort"],
        temperature=0.5,
    )

    async def ask() -> dict[str, Any]:
        async with Server([replayed(exchange)]) as server:
            async for _ in vendor_for("openai").stream(server.endpoint(), request, QUICK):
                pass
            sent: dict[str, Any] = json.loads(server.requests[0].body)
            return sent

    sent = run(ask())
    assert sent["tools"][0].pop("strict") is False
    assert sent == asked


@needs_recordings
def test_recorded_encrypted_reasoning_goes_back_to_its_host_alone() -> None:
    from apps.llm.vendors.base import ReasoningPart, TextPart

    heard = run(listen("azure_openai", replayed(recorded("azure_openai")[0]), Heard()))
    answer = ChatMessage("assistant", (ReasoningPart("", heard.signature), TextPart("2")))
    request = ChatRequest("gpt-5-nano", (ASKED.messages[0], answer, ASKED.messages[0]))

    async def sent(slug: str) -> list[dict[str, Any]]:
        async with Server([replayed(recorded("azure_openai")[0])]) as server:
            async for _ in vendor_for(slug).stream(server.endpoint(api="responses"), request, QUICK):
                pass
            items: list[dict[str, Any]] = json.loads(server.requests[0].body)["input"]
            return items

    back = run(sent("azure_openai"))
    done = next(
        json.loads(line[6:])["item"]
        for line in recorded("azure_openai")[0].body.splitlines()
        if line.startswith(b'data: {"type":"response.output_item.done"') and b'"reasoning"' in line
    )
    assert back[1] == {
        "type": "reasoning",
        "id": done["id"],
        "summary": [],
        "encrypted_content": done["encrypted_content"],
    }
    assert [item.get("role") for item in run(sent("xai"))] == ["user", "assistant", "user"]


@needs_recordings
@pytest.mark.parametrize(
    ("slug", "name", "kind"),
    [
        ("openai", "openai_gpt-5-nano_raises_appropriate_auth", ErrorKind.AUTHENTICATION),
        ("openai", "openai_gpt-5-nano_handles_context", ErrorKind.CONTEXT_OVERFLOW),
        ("xai", "xai_grok-4-1-fast-non-reasoning_raises_appropriate_auth", ErrorKind.AUTHENTICATION),
    ],
)
def test_recorded_errors(slug: str, name: str, kind: ErrorKind) -> None:
    (exchange,) = recorded("errors", name)
    with pytest.raises(VendorError) as caught:
        run(listen(slug, replayed(exchange), Heard()))
    assert (caught.value.kind, caught.value.retryable) == (kind, False)
