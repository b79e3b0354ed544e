"""What leaves for the Responses API: items, settings by family, what goes to chat completions instead."""

from typing import Any

import orjson
import pytest

from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    FilePart,
    ImagePart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolSpec,
)
from apps.llm.vendors.openai_responses import OPENAI, XAI
from apps.llm.vendors.openai_responses.habits import grok_reasons, grok_takes_effort, openai_reasons
from apps.llm.vendors.openai_responses.sealed import Sealed
from apps.llm.vendors.registry import vendor_for
from tests.wire.conftest import ASKED, QUICK, run
from tests.wire.replay import Answer, Request, Server
from tests.wire.test_dialects import DONE, HELLO, STOP

COMPLETED = b'data: {"type":"response.completed","response":{"status":"completed","output":[]}}\n\n'


def sent_for(request: ChatRequest, slug: str = "openai", **settings: str) -> Request:
    async def ask() -> Request:
        async with Server([Answer([COMPLETED + HELLO + STOP + DONE])]) as server:
            async for _ in vendor_for(slug).stream(server.endpoint("sk-1", **settings), request, QUICK):
                pass
            return server.requests[0]

    return run(ask())


def body_for(request: ChatRequest, slug: str = "openai", **settings: str) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(sent_for(request, slug, **settings).body)
    return body


def test_body_holds_every_part_and_setting() -> None:
    sealed = Sealed("openai", "rs_1", "secret").packed()
    foreign = Sealed("xai", "rs_2", "other").packed()
    request = ChatRequest(
        "gpt-5",
        (
            ChatMessage.text("system", "Be brief."),
            ChatMessage.text("system", "Be kind."),
            ChatMessage("user", (TextPart("What is"), TextPart(" this?"))),
            ChatMessage(
                "user",
                (
                    TextPart("And?"),
                    ImagePart("image/png", b"\x89PNG"),
                    FilePart("a.pdf", "application/pdf", b"%PDF"),
                ),
            ),
            ChatMessage(
                "assistant",
                (
                    ReasoningPart("hm", sealed),
                    ReasoningPart("hm", foreign),
                    ReasoningPart("of another vendor", "EqQBCkYIARgC"),
                    TextPart("Let me see."),
                    ToolCallPart("a", "one", ""),
                    ToolCallPart("b", "two", "{}"),
                ),
            ),
            ChatMessage("tool", (ToolResultPart("a", "1"), ToolResultPart("b", "2", is_error=True))),
            ChatMessage.text("system", "Later."),
        ),
        tools=(ToolSpec("one", "First.", {"type": "object", "properties": {}}),),
        tool_choice="one",
        temperature=0.5,
        top_p=0.9,
        max_tokens=100,
        reasoning_effort="low",
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True},
        },
        extra={"metadata": {"x": "y"}, "model": "other", "input": [], "stream": False, "store": True},
    )
    sent = sent_for(request, summaries="yes")
    assert (sent.method, sent.path, sent.headers["authorization"]) == ("POST", "/v1/responses", "Bearer sk-1")
    assert orjson.loads(sent.body) == {
        "model": "gpt-5",
        "stream": True,
        "store": False,
        "instructions": "Be brief.\n\nBe kind.",
        "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "low", "summary": "auto"},
        "max_output_tokens": 100,
        "text": {
            "format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}
        },
        "tools": [
            {
                "type": "function",
                "name": "one",
                "description": "First.",
                "parameters": {"type": "object", "properties": {}},
                "strict": False,
            }
        ],
        "tool_choice": {"type": "function", "name": "one"},
        "metadata": {"x": "y"},
        "input": [
            {"role": "user", "content": "What is this?"},
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "And?"},
                    {
                        "type": "input_image",
                        "image_url": "data:image/png;base64,iVBORw==",
                        "detail": "auto",
                    },
                    {
                        "type": "input_file",
                        "filename": "a.pdf",
                        "file_data": "data:application/pdf;base64,JVBERg==",
                    },
                ],
            },
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [{"type": "summary_text", "text": "hm"}],
                "encrypted_content": "secret",
            },
            {"role": "assistant", "content": "Let me see."},
            {"type": "function_call", "call_id": "a", "name": "one", "arguments": "{}"},
            {"type": "function_call", "call_id": "b", "name": "two", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "a", "output": "1"},
            {"type": "function_call_output", "call_id": "b", "output": "2"},
            {"role": "system", "content": "Later."},
        ],
    }


SAMPLED = {"temperature": 0.5, "top_p": 0.9}


def asked(model: str, **settings: Any) -> ChatRequest:
    return ChatRequest(model, ASKED.messages, temperature=0.5, top_p=0.9, **settings)


@pytest.mark.parametrize(
    ("slug", "model", "effort", "expected"),
    [
        ("openai", "gpt-4o", "low", SAMPLED),
        ("openai", "gpt-5-chat-latest", None, SAMPLED),
        ("openai", "gpt-5.2", "none", SAMPLED | {"reasoning": {"effort": "none"}}),
        ("openai", "gpt-5.2", "high", {"reasoning": {"effort": "high"}}),
        ("openai", "o4-mini", None, {}),
        ("xai", "grok-4.3", "low", SAMPLED | {"reasoning": {"effort": "low"}}),
        ("xai", "grok-4-0709", "low", SAMPLED),
        ("xai", "grok-4.20-0309-reasoning", "low", SAMPLED),
        ("xai", "grok-3-mini", "high", SAMPLED | {"reasoning": {"effort": "high"}}),
    ],
)
def test_what_a_family_rejects_is_left_out(
    slug: str, model: str, effort: str | None, expected: dict[str, Any]
) -> None:
    body = body_for(asked(model, reasoning_effort=effort), slug)
    assert {name: body[name] for name in ("temperature", "top_p", "reasoning") if name in body} == expected
    assert ("include" in body) is (OPENAI.seals(model) if slug == "openai" else XAI.seals(model))


def test_xai_takes_system_words_as_a_message() -> None:
    request = ChatRequest("grok-4", (ChatMessage.text("system", "Be brief."), *ASKED.messages))
    body = body_for(request, "xai")
    assert "instructions" not in body
    assert body["input"][0] == {"role": "system", "content": "Be brief."}


def test_a_limit_under_the_least_is_the_least() -> None:
    assert body_for(ChatRequest("gpt-5", ASKED.messages, max_tokens=1))["max_output_tokens"] == 16


@pytest.mark.parametrize(
    ("request_", "settings", "path"),
    [
        (ChatRequest("gpt-4o", ASKED.messages), {}, "/v1/responses"),
        (ChatRequest("gpt-4o", ASKED.messages), {"api": "chat"}, "/v1/chat/completions"),
        (ChatRequest("gpt-4o", ASKED.messages, stop=("END",)), {}, "/v1/chat/completions"),
        (ChatRequest("gpt-4o", ASKED.messages, seed=7), {}, "/v1/chat/completions"),
        (ChatRequest("gpt-5", ASKED.messages, stop=("END",)), {}, "/v1/responses"),
    ],
)
def test_chat_completions_stay_selectable_and_serve_what_responses_lacks(
    request_: ChatRequest, settings: dict[str, str], path: str
) -> None:
    assert sent_for(request_, **settings).path == path


def test_chat_completions_leave_out_what_reasoning_models_reject() -> None:
    body = body_for(asked("gpt-5", stop=("END",), max_tokens=5), api="chat")
    assert {"temperature", "top_p", "stop"}.isdisjoint(body)
    assert body["max_completion_tokens"] == 5
    assert body_for(asked("gpt-4o", stop=("END",)), api="chat")["stop"] == ["END"]


@pytest.mark.parametrize(
    ("settings", "path", "header"),
    [
        ({}, "/v1/chat/completions", ("api-key", "sk-1")),
        ({"api": "responses"}, "/v1/responses", ("api-key", "sk-1")),
        ({"api": "responses", "auth": "entra"}, "/v1/responses", ("authorization", "Bearer sk-1")),
        (
            {"api": "responses", "api_version": "2025-03-01-preview"},
            "/v1/responses?api-version=2025-03-01-preview",
            ("api-key", "sk-1"),
        ),
    ],
)
def test_azure_speaks_both_with_both_kinds_of_key(
    settings: dict[str, str], path: str, header: tuple[str, str]
) -> None:
    sent = sent_for(ChatRequest("deployment", ASKED.messages), "azure_openai", **settings)
    assert sent.path == path
    assert {name: sent.headers.get(name) for name in ("api-key", "authorization")} == {
        "api-key": None,
        "authorization": None,
        **dict([header]),
    }


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize(("family", "kept"), [("reasoning", set()), ("plain", {"temperature", "top_p"})])
def test_azure_is_told_the_family_that_a_deployments_name_hides(
    api: str, family: str, kept: set[str]
) -> None:
    body = body_for(asked("my-deployment", reasoning_effort="low"), "azure_openai", api=api, family=family)
    assert {"temperature", "top_p"} & set(body) == kept
    assert bool({"reasoning", "reasoning_effort"} & set(body)) is (family == "reasoning")


def test_organisation_and_project_are_headers() -> None:
    sent = sent_for(ASKED, organization="org-1", project="proj_1")
    assert (sent.headers["openai-organization"], sent.headers["openai-project"]) == ("org-1", "proj_1")


@pytest.mark.parametrize(
    ("model", "reasons"),
    [("o1", True), ("o3-mini", True), ("gpt-5.5-2026-04-23", True), ("gpt-6", True), ("ft:gpt-4o:x", False),
     ("gpt-4.1", False), ("gpt-5.1-chat-latest", False), ("openai/o3", True), ("phi-4", False)],
)  # fmt: skip
def test_reasoning_families_of_openai(model: str, reasons: bool) -> None:
    assert openai_reasons(model) is reasons


def test_reasoning_families_of_xai() -> None:
    assert [grok_reasons(name) for name in ("grok-4", "grok-3-mini", "grok-code-fast-1")] == [True] * 3
    assert not any(grok_reasons(name) for name in ("grok-3", "grok-2-1212", "grok-4-1-fast-non-reasoning"))
    assert not any(grok_takes_effort(name) for name in ("grok-4", "grok-4-1-fast", "grok-4.20", "grok-3"))
