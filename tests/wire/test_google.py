"""What is Gemini's alone: its form, signatures, ids, thinking, code run at the host, counts."""

from typing import Any

import orjson
import pytest

from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    ErrorKind,
    Finished,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolSpec,
    Usage,
    VendorError,
)
from apps.llm.vendors.google.body import generate_body
from apps.llm.vendors.google.gemini import Gemini
from apps.llm.vendors.google.palm import Palm
from apps.llm.vendors.google.thinking import thinking_config
from tests.wire.conftest import ASKED, run
from tests.wire.dialects.google import MODEL, calls, chunk, event, text
from tests.wire.replay import Answer, Server
from tests.wire.speaking import asked

GEMINI = Gemini()


def body_of(*parts: Part, role: Any = "assistant", model: str = MODEL, **options: Any) -> dict[str, Any]:
    question = ChatMessage.text("user", "hello")
    body: dict[str, Any] = orjson.loads(
        generate_body(ChatRequest(model, (question, ChatMessage(role, parts)), **options))
    )
    return body


def test_request_has_googles_path_key_and_form() -> None:
    request = ChatRequest(
        MODEL,
        (
            ChatMessage.text("system", "Be brief."),
            ChatMessage.text("user", "Weather?"),
            ChatMessage("assistant", (TextPart("I look."), ToolCallPart("q1", "weather", '{"a": 1}'))),
            ChatMessage("tool", (ToolResultPart("q1", "no", is_error=True),)),
        ),
        tools=(
            ToolSpec("weather", "The weather.", {"type": "object", "properties": {"a": {}}}),
            ToolSpec("now", "The time.", {"type": "object", "properties": {}}),
        ),
        tool_choice="weather",
        temperature=0.5,
        top_p=0.9,
        max_tokens=99,
        stop=("END",),
        seed=7,
        extra={"generationConfig": {"topK": 3}, "safetySettings": [], "contents": "never"},
    )
    _, sent = asked(GEMINI, text("Half", "way"), request)
    assert sent.path == f"/v1/models/{MODEL}:streamGenerateContent?alt=sse"
    assert (sent.headers["x-goog-api-key"], "authorization" in sent.headers) == ("sk-test-0123456789", False)
    assert orjson.loads(sent.body) == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Weather?"}]},
            {
                "role": "model",
                "parts": [
                    {"text": "I look."},
                    {
                        "functionCall": {"name": "weather", "args": {"a": 1}, "id": "q1"},
                        "thoughtSignature": "skip_thought_signature_validator",
                    },
                ],
            },
            {
                "role": "user",
                "parts": [{"functionResponse": {"name": "weather", "response": {"error": "no"}, "id": "q1"}}],
            },
        ],
        "tools": [
            {
                "functionDeclarations": [
                    {
                        "name": "weather",
                        "description": "The weather.",
                        "parametersJsonSchema": {"type": "object", "properties": {"a": {}}},
                    },
                    {"name": "now", "description": "The time."},
                ]
            }
        ],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}},
        "generationConfig": {
            "temperature": 0.5,
            "topP": 0.9,
            "maxOutputTokens": 99,
            "stopSequences": ["END"],
            "seed": 7,
            "topK": 3,
            "thinkingConfig": {"includeThoughts": True},
        },
        "safetySettings": [],
    }


def test_signature_of_another_vendor_is_not_sent() -> None:
    body = body_of(
        ReasoningPart("Hm", "anthropic-signature"),
        TextPart("Hi"),
        ToolCallPart("a", "weather", "{}", "foreign"),
        model="gemini-2.5-flash",
    )
    assert body["contents"][1]["parts"] == [
        {"text": "Hi"},
        {"functionCall": {"name": "weather", "args": {}, "id": "a"}},
    ]


def test_signature_of_text_goes_back() -> None:
    heard, _ = asked(
        GEMINI,
        Answer([chunk({"text": "Hi"}), chunk({"text": "", "thoughtSignature": "c2ln"}, finish="STOP")]),
    )
    body = body_of(ReasoningPart(heard.reasoning, heard.signature), TextPart(heard.text))
    assert {"text": "", "thoughtSignature": "c2ln"} in body["contents"][1]["parts"]


def test_only_the_first_of_parallel_foreign_calls_gets_the_substitute() -> None:
    parts = body_of(ToolCallPart("a", "one", "{}"), ToolCallPart("b", "two", "[1"))["contents"][1]["parts"]
    assert ["thoughtSignature" in part for part in parts] == [True, False]
    assert parts[1]["functionCall"]["args"] == {"input": "[1"}


def test_the_hosts_id_of_a_call_is_kept_and_sent_back_ours_is_not() -> None:
    given = calls("weather")
    given[0]["functionCall"]["id"] = "qmyhkg2t"
    heard, _ = asked(GEMINI, Answer([chunk(*given, *calls("clock"), finish="STOP")]))
    ids = [call[0] for call in heard.calls.values()]
    assert (ids[0], len(set(ids)), heard.finished and heard.finished.reason) == ("qmyhkg2t", 2, "tool_calls")
    body = body_of(*(ToolCallPart(ident, name, text) for ident, name, text in heard.calls.values()))
    assert [part["functionCall"].get("id") for part in body["contents"][1]["parts"]] == ["qmyhkg2t", None]


def test_results_of_parallel_calls_are_one_turn() -> None:
    calling = ChatMessage("assistant", (ToolCallPart("a", "one", "{}"), ToolCallPart("b", "two", "{}")))
    results = [ChatMessage("tool", (ToolResultPart(ident, "ok"),)) for ident in ("a", "b")]
    request = ChatRequest(MODEL, (ChatMessage.text("user", "hi"), calling, *results))
    contents = orjson.loads(generate_body(request))["contents"]
    assert [content["role"] for content in contents] == ["user", "model", "user"]
    assert [part["functionResponse"]["name"] for part in contents[2]["parts"]] == ["one", "two"]


def test_code_run_by_the_host_is_no_end() -> None:
    code = {"executableCode": {"language": "PYTHON", "code": "print(1)"}}
    ran = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}}
    pieces = [chunk({"text": "I run: "}), chunk(code, finish="STOP"), chunk(ran)]
    heard, _ = asked(GEMINI, Answer([*pieces, chunk({"text": "one."}, finish="STOP")]))
    assert (heard.text, heard.finished and heard.finished.reason) == ("I run: one.", "stop")
    with pytest.raises(VendorError) as caught:
        asked(GEMINI, Answer(pieces))
    assert caught.value.kind is ErrorKind.INTERRUPTED


def test_counts_of_tools_prompts_are_input_and_traffic_alone_is_no_count() -> None:
    counted = {"promptTokenCount": 46, "candidatesTokenCount": 235, "thoughtsTokenCount": 563}
    end = chunk({"text": "!"}, finish="STOP", usageMetadata=counted | {"toolUsePromptTokenCount": 1268})
    begun = chunk({"text": "Hi"}, usageMetadata={"trafficType": "ON_DEMAND"})
    assert asked(GEMINI, Answer([begun, end]))[0].finished == Finished(
        "stop", Usage(1314, 798, reasoning_tokens=563), MODEL
    )
    last = chunk({"text": "!"}, finish="STOP", usageMetadata={"trafficType": "ON_DEMAND"})
    assert asked(GEMINI, Answer([begun, last]))[0].finished == Finished("stop", None, MODEL)


@pytest.mark.parametrize(
    ("model", "effort", "config"),
    [
        ("gemini-2.5-flash", None, {"includeThoughts": True}),
        ("gemini-2.5-flash", "none", {"includeThoughts": False, "thinkingBudget": 0}),
        ("gemini-2.5-pro", "none", {"includeThoughts": True, "thinkingBudget": 128}),
        ("gemini-2.5-pro", "medium", {"includeThoughts": True, "thinkingBudget": 8192}),
        ("gemini-3.6-flash", "none", {"includeThoughts": True, "thinkingLevel": "minimal"}),
        ("gemini-3.8-flash", "none", {"includeThoughts": True, "thinkingLevel": "low"}),
        ("gemini-3.5-flash-lite", "minimal", {"includeThoughts": True, "thinkingLevel": "minimal"}),
        ("gemini-3-pro-preview", "minimal", {"includeThoughts": True, "thinkingLevel": "low"}),
        ("gemini-flash-latest", "high", {"includeThoughts": True, "thinkingLevel": "high"}),
        ("models/gemini-3-pro-preview", "xhigh", {"includeThoughts": True, "thinkingLevel": "high"}),
        ("gemini-2.0-flash", "high", None),
        ("gemini-2.5-flash-image", "high", None),
        ("gemma-3-27b-it", "high", None),
        ("tunedModels/mine", "high", None),
    ],
)
def test_reasoning_effort_in_the_words_of_each_generation(
    model: str, effort: str | None, config: dict[str, Any] | None
) -> None:
    assert thinking_config(model, effort) == config


def test_blocked_prompt_tells_nobody_the_hosts_words() -> None:
    feedback = {"blockReason": "MODEL_ARMOR", "blockReasonMessage": "The prompt violated filters."}
    with pytest.raises(VendorError) as caught:
        asked(GEMINI, Answer([event({"promptFeedback": feedback})]))
    assert (caught.value.kind, caught.value.retryable) == (ErrorKind.CONTENT_FILTER, False)
    assert ("filters" in caught.value.message, "filters" in caught.value.detail) == (False, True)


def test_palm_says_what_to_use_and_sends_nothing() -> None:
    async def ask() -> int:
        async with Server([text("x", "y")]) as server:
            endpoint = server.endpoint()
            with pytest.raises(VendorError, match="Google Gemini"):
                await anext(Palm().stream(endpoint, ASKED))
            with pytest.raises(VendorError, match="Google Gemini"):
                await Palm().check(endpoint)
            return len(server.requests)

    assert run(ask()) == 0
    assert "Gemini" in Palm().info.retired
