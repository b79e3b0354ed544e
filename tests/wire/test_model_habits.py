"""What a model's generation refuses beside what it is asked: left out, so that the call stands."""

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from apps.llm.vendors.anthropic.body import message_body
from apps.llm.vendors.base import ChatMessage, ChatRequest, ToolSpec
from apps.llm.vendors.bedrock.body import converse_body
from apps.llm.vendors.google.body import generate_body

HI = (ChatMessage.text("user", "Hi"),)
LOOK = ToolSpec("look", "Looks.", {"type": "object", "properties": {"at": {"type": "string"}}})
SCHEMA = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
OBJECT = {"type": "json_object"}
EVERY: Mapping[str, Any] = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 50, "stop": ("END",)}


@pytest.mark.parametrize(
    ("model", "choice", "extra", "expected"),
    [
        ("claude-opus-5", "required", {}, {"type": "any"}),
        ("claude-opus-5-5", "required", {}, {"type": "auto"}),
        ("claude-fable-5-1", "look", {}, {"type": "auto"}),
        (
            "claude-opus-5-5",
            "look",
            {"parallel_tool_calls": False},
            {"type": "auto", "disable_parallel_tool_use": True},
        ),
        ("claude-opus-5-5", "none", {}, {"type": "none"}),
    ],
)
def test_a_call_that_claude_cannot_be_forced_to_is_left_to_it(
    model: str, choice: str, extra: dict[str, Any], expected: dict[str, Any]
) -> None:
    request = ChatRequest(model, HI, tools=(LOOK,), tool_choice=choice, extra=extra)
    assert orjson.loads(message_body(request).data)["tool_choice"] == expected


@pytest.mark.parametrize(("model", "is_forced"), [("claude-opus-5-5", False), ("claude-opus-5", True)])
def test_an_object_without_a_schema_is_asked_for_by_a_tool(model: str, is_forced: bool) -> None:
    forced: dict[str, Any] = {"type": "tool", "name": "answer"}
    body = message_body(ChatRequest(model, HI, response_format=OBJECT))
    assert (orjson.loads(body.data)["tool_choice"], body.answer_tool) == (
        forced if is_forced else {"type": "auto"},
        "answer",
    )


@pytest.mark.parametrize(
    ("model", "choice"), [("us.anthropic.claude-opus-5-5", "auto"), ("anthropic.claude-sonnet-5", "any")]
)
def test_the_same_at_bedrock(model: str, choice: str) -> None:
    request = ChatRequest(model, HI, tools=(LOOK,), tool_choice="required")
    assert orjson.loads(converse_body(request).data)["toolConfig"]["toolChoice"] == {choice: {}}


@pytest.mark.parametrize(
    ("model", "effort", "kept", "fields"),
    [
        ("us.amazon.nova-2-lite-v1:0", "high", {"stopSequences"}, {"reasoningConfig"}),
        (
            "us.amazon.nova-2-lite-v1:0",
            "low",
            {"maxTokens", "temperature", "topP", "stopSequences"},
            {"reasoningConfig"},
        ),
        ("us.amazon.nova-2-lite-v1:0", None, {"maxTokens", "temperature", "topP", "stopSequences"}, set()),
        ("openai.gpt-oss-120b-1:0", "low", {"maxTokens", "temperature", "topP"}, {"reasoning_effort"}),
        ("us.openai.gpt-5.6-sol", "low", {"maxTokens"}, set()),
        ("meta.llama4-v1:0", "low", {"maxTokens", "temperature", "topP", "stopSequences"}, set()),
    ],
)
def test_settings_that_a_model_at_bedrock_takes_beside_its_effort(
    model: str, effort: str | None, kept: set[str], fields: set[str]
) -> None:
    body = orjson.loads(converse_body(ChatRequest(model, HI, reasoning_effort=effort, **EVERY)).data)
    assert set(body["inferenceConfig"]) == kept
    assert set(body.get("additionalModelRequestFields", {})) == fields


@pytest.mark.parametrize(
    ("choice", "is_asked"), [("required", False), ("look", False), ("auto", True), (None, True)]
)
def test_gemini_is_asked_for_json_only_where_no_call_is_forced(choice: str | None, is_asked: bool) -> None:
    request = ChatRequest("gemini-3-flash", HI, tools=(LOOK,), tool_choice=choice, response_format=SCHEMA)
    config = orjson.loads(generate_body(request))["generationConfig"]
    assert ("responseMimeType" in config) is is_asked
