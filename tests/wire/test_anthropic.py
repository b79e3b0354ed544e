"""What is Anthropic's alone: the body in its shape, what each generation refuses, lists, recordings."""

from typing import Any

import orjson
import pytest

from apps.llm.vendors.anthropic import Anthropic
from apps.llm.vendors.anthropic.events import MessageEvents
from apps.llm.vendors.anthropic.traits import traits_of
from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    ErrorKind,
    FilePart,
    Finished,
    ListedModel,
    Modality,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolSpec,
    Usage,
    VendorError,
)
from apps.llm.vendors.sse import EventParser
from tests.wire.conftest import QUICK, run
from tests.wire.dialects.anthropic import NATIVE, block, end
from tests.wire.dialects.anthropic import answer as said
from tests.wire.replay import Answer, Heard, Request, Server, needs_recordings, recorded, replayed

HI = (ChatMessage.text("user", "hi"),)
TOOL = ToolSpec("look", "Looks.", {"type": "object"})


def sent(request: ChatRequest, **settings: str) -> Request:
    async def ask() -> Request:
        async with Server([NATIVE.text]) as server:
            async for _ in Anthropic().stream(server.endpoint(**settings), request, QUICK):
                pass
            return server.requests[0]

    return run(ask())


def body_of(request: ChatRequest, **settings: str) -> Any:
    return orjson.loads(sent(request, **settings).body)


def test_body_holds_every_part_and_setting() -> None:
    request = ChatRequest(
        "claude-sonnet-4-5",
        (
            ChatMessage.text("system", "Be brief."),
            ChatMessage("user", (TextPart("Read."), FilePart("a.txt", "text/plain; charset=utf-8", b"Hi"))),
            ChatMessage(
                "assistant",
                (
                    ReasoningPart("unsigned"),
                    ReasoningPart("x", '{"host":"xai"}'),
                    ToolCallPart("a", "look", ""),
                    ToolCallPart("b", "look", "[1]"),
                ),
            ),
            ChatMessage("tool", (ToolResultPart("a", "1"),)),
            ChatMessage("tool", (ToolResultPart("b", "", is_error=True),)),
            ChatMessage.text("user", "Go on."),
            ChatMessage.text("system", "And kind."),
        ),
        tools=(TOOL,),
        tool_choice="look",
        temperature=1.5,
        top_p=0.9,
        max_tokens=100,
        stop=("END", " "),
        reasoning_effort="high",
        extra={"metadata": {"user_id": "u"}, "model": "other", "system": "no"},
    )
    text = {"type": "text", "media_type": "text/plain", "data": "Hi"}
    assert body_of(request) == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 100,
        "stream": True,
        "system": [{"type": "text", "text": "Be brief."}, {"type": "text", "text": "And kind."}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Read."},
                    {"type": "document", "source": text, "title": "a.txt"},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "tool_use", "id": "a", "name": "look", "input": {}},
                    {"type": "tool_use", "id": "b", "name": "look", "input": {"input": [1]}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "a", "content": "1"},
                    {"type": "tool_result", "tool_use_id": "b", "content": "(empty)", "is_error": True},
                    {"type": "text", "text": "Go on."},
                ],
            },
        ],
        "tools": [{"name": "look", "description": "Looks.", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "tool", "name": "look"},
        "temperature": 1.0,
        "stop_sequences": ["END"],
        "metadata": {"user_id": "u"},
    }


def test_headers_hold_version_and_key_and_nothing_of_ours() -> None:
    request = sent(ChatRequest("m", HI), beta="files-api-2025-04-14")
    assert request.path == "/v1/messages"
    assert request.headers["x-api-key"] == "sk-test-0123456789"
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert request.headers["anthropic-beta"] == "files-api-2025-04-14"
    assert "authorization" not in request.headers


def test_environment_variables_of_the_sdk_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"):
        monkeypatch.setenv(name, "http://leaked.invalid")
    assert "leaked" not in repr(sent(ChatRequest("m", HI)))


@pytest.mark.parametrize(
    ("model", "thinking", "takes_schema", "takes_sampling"),
    [
        ("claude-3-haiku-20240307", "none", False, True),
        ("claude-3-5-sonnet-latest", "none", False, True),
        ("claude-3-7-sonnet-20250219", "budget", False, True),
        ("claude-opus-4-20250514", "budget", False, True),
        ("claude-opus-4-1-20250805", "budget", False, True),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "budget", False, True),
        ("claude-haiku-4-5", "budget", True, True),
        ("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "budget", True, True),
        ("claude-opus-4-6", "adaptive", True, True),
        ("claude-opus-4-7", "adaptive", True, False),
        ("claude-opus-5-5", "adaptive", True, False),
    ],
)
def test_generations(model: str, thinking: str, takes_schema: bool, takes_sampling: bool) -> None:
    traits = traits_of(model)
    told = (traits.thinking, traits.takes_schema, traits.takes_sampling)
    assert told == (thinking, takes_schema, takes_sampling)


@pytest.mark.parametrize(
    ("model", "effort", "expected"),
    [
        ("claude-haiku-4-5", "low", {"thinking": {"type": "enabled", "budget_tokens": 2048}}),
        ("claude-haiku-4-5", "none", {"temperature": 0.5}),
        ("claude-3-5-haiku-latest", "high", {"temperature": 0.5}),
        (
            "claude-opus-4-7",
            "minimal",
            {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": "low"}},
        ),
        ("claude-opus-4-7", None, {}),
    ],
)
def test_thinking_and_sampling_as_the_generation_takes_them(
    model: str, effort: str | None, expected: dict[str, Any]
) -> None:
    body = body_of(ChatRequest(model, HI, temperature=0.5, reasoning_effort=effort))
    assert {
        name: body[name] for name in ("thinking", "output_config", "temperature") if name in body
    } == expected


def test_cache_marks_instructions_and_the_last_turn() -> None:
    request = ChatRequest("m", (ChatMessage.text("system", "Be brief."), *HI))
    body = body_of(request, cache_prompts="yes")
    assert body["system"][-1]["cache_control"] == {"type": "ephemeral"}
    assert body["messages"][-1]["content"][-1]["cache_control"] == {"type": "ephemeral"}
    assert "cache_control" not in repr(body_of(request))


def test_a_file_that_no_claude_reads_is_refused_before_anything_is_sent() -> None:
    message = ChatMessage("user", (FilePart("a.zip", "application/zip", b"PK"),))
    with pytest.raises(VendorError) as caught:
        sent(ChatRequest("m", (message,)))
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.BAD_REQUEST, False)


def heard_from(answer: Answer) -> Heard:
    async def ask() -> Heard:
        heard = Heard()
        async with Server([answer]) as server:
            async for delta in Anthropic().stream(server.endpoint(), ChatRequest("asked", HI), QUICK):
                heard.add(delta)
        return heard

    return run(ask())


def test_tools_of_the_hosts_own_are_not_ours_to_run() -> None:
    searched = block(0, {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}})
    searched.insert(1, b'data: {"type":"content_block_delta","index":0,"delta":'
                       b'{"type":"input_json_delta","partial_json":"{}"}}\n\n')  # fmt: skip
    heard = heard_from(said(*searched, *block(1, {"type": "text", "text": "Found."}), *end("end_turn")))
    assert (heard.text, heard.calls) == ("Found.", {})
    assert heard.finished is not None
    assert heard.finished.reason == "stop"


def test_the_end_mark_ends_the_answer_though_the_host_keeps_the_line_open() -> None:
    held = Answer(NATIVE.text.body, ending="hang")
    assert heard_from(held).finished == Finished("stop", NATIVE.usage, NATIVE.answered_by)


def test_all_pages_of_the_list() -> None:
    pages = [
        {"data": [{"id": "claude-a", "max_input_tokens": 200000}], "has_more": True, "last_id": "claude-a"},
        {"data": [{"id": "claude-b"}], "has_more": False, "last_id": "claude-b"},
    ]

    async def ask() -> tuple[list[ListedModel], list[str]]:
        answers = [Answer([orjson.dumps(page)], content_type="application/json") for page in pages]
        async with Server(answers) as server:
            found = await Anthropic().list_models(server.endpoint())
            return found, [request.path for request in server.requests]

    found, paths = run(ask())
    assert found == [
        ListedModel("claude-a", Modality.CHAT, 200000),
        ListedModel("claude-b", Modality.CHAT),
    ]
    assert paths == ["/v1/models?limit=1000", "/v1/models?limit=1000&after_id=claude-a"]


RECORDINGS = ["llm-anthropic", "ruby_llm"]


@needs_recordings
def test_recorded_call() -> None:
    heard = heard_from(replayed(recorded("anthropic", "llm-anthropic")[0]))
    assert heard.calls == {0: ("toolu_01CzN6riCPqw4pVSuTd9Dwn7", "pelican_name_generator", "{}")}
    assert heard.finished == Finished("tool_calls", Usage(543, 40), "claude-haiku-4-5-20251001")


@needs_recordings
def test_recorded_thinking() -> None:
    heard = heard_from(replayed(recorded("anthropic", "ruby_llm")[0]))
    assert heard.reasoning.startswith("This is a clever paradox question. Let me think through it")
    assert heard.text.startswith('I\'d ask: **"What would you say if I asked you this question?"**')
    assert heard.text.endswith("What draws you to this paradox?")
    assert len(heard.signature) > 100
    usage = Usage(80, 638, reasoning_tokens=353)
    assert heard.finished == Finished("stop", usage, "claude-haiku-4-5-20251001")


@needs_recordings
@pytest.mark.parametrize("name", RECORDINGS)
def test_recordings_cut_after_every_byte_are_never_done(name: str) -> None:
    body = recorded("anthropic", name)[0].body
    stop = body.index(b'"stop_reason":"')
    for at in range(0, stop, 3):
        events, parser = MessageEvents("m", ""), EventParser()
        for data in parser.feed(body[:at]):
            events.feed(data)
        with pytest.raises(VendorError) as caught:
            events.finished()
        assert caught.value.kind is ErrorKind.INTERRUPTED
