"""Anthropic's Messages API (platform.claude.com/docs/en/api, streaming messages, errors)."""

import json
from typing import Any

from apps.llm.vendors.anthropic import Anthropic
from apps.llm.vendors.base import ErrorKind, Usage
from tests.wire.dialects.dialect import CALLS, REASONING, SCHEMA, Dialect, Failure
from tests.wire.replay import Answer

MODEL = "claude-haiku-4-5-20251001"
STARTED = {
    "input_tokens": 10,
    "cache_creation_input_tokens": 3,
    "cache_read_input_tokens": 20,
    "output_tokens": 1,
}
ENDED = {"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}}


def event(kind: str, **fields: Any) -> bytes:
    data = json.dumps({"type": kind, **fields})
    return f"event: {kind}\ndata: {data}\n\n".encode()


BEGIN = event("message_start", message={"model": MODEL, "content": [], "usage": STARTED})
PING = event("ping")
STOP = event("message_stop")


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[bytes]:
    return [
        event("content_block_start", index=index, content_block=start),
        *(event("content_block_delta", index=index, delta=delta) for delta in deltas),
        event("content_block_stop", index=index),
    ]


def words(index: int, *texts: str) -> list[bytes]:
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": t} for t in texts))


def tool(index: int, name: str, *arguments: str) -> list[bytes]:
    begun = {"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": {}}
    return block(index, begun, *({"type": "input_json_delta", "partial_json": part} for part in arguments))


def end(reason: str) -> list[bytes]:
    delta = {"stop_reason": reason, "stop_sequence": None}
    return [event("message_delta", delta=delta, usage=ENDED), STOP]


def answer(*pieces: bytes) -> Answer:
    return Answer([BEGIN, PING, *pieces])


def finish(reason: str) -> Answer:
    return answer(*words(0, "Half"), *end(reason))


def refusal(status: int, kind: str, message: str = "the host's own words", **headers: str) -> Answer:
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer([json.dumps(body).encode()], status, "application/json", sent)


def in_stream(kind: str) -> Answer:
    failed = event("error", error={"type": kind, "message": "the host's own words"})
    return answer(*words(0, "Half")[:-1], failed)


def replayed(body: dict[str, Any]) -> None:
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    assert body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": REASONING, "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "aGlkZGVu"},
        {"type": "tool_use", "id": "toolu_weather", "name": "weather", "input": CALLS[0][1]},
    ]
    result = {"type": "tool_result", "tool_use_id": "toolu_weather", "content": "rain"}
    assert body["messages"][2] == {"role": "user", "content": [result]}


def asks_schema(body: dict[str, Any]) -> None:
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}}


def asks_schema_by_tool(body: dict[str, Any]) -> None:
    assert [(tool["name"], tool["input_schema"]) for tool in body["tools"]] == [("place", SCHEMA)]
    assert body["tool_choice"] == {"type": "tool", "name": "place"}


def shows_image(body: dict[str, Any]) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "iVBORw=="}
    assert body["messages"][0]["content"][1] == {"type": "image", "source": source}


def shows_document(body: dict[str, Any]) -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"}
    shown = {"type": "document", "source": source, "title": "a b.pdf"}
    assert body["messages"][0]["content"][1] == shown


THOUGHT = [
    *block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "Let me "},
        {"type": "thinking_delta", "thinking": "think."},
        {"type": "signature_delta", "signature": "c2ln"},
    ),
    *block(1, {"type": "redacted_thinking", "data": "aGlkZGVu"}),
]
NATIVE = Dialect(
    name="anthropic",
    vendor=Anthropic(),
    model=MODEL,
    text=answer(*words(0, "Grüße", ", 🌍", "!"), *end("end_turn")),
    end_mark=b'"stop_reason": "end_turn"',
    usage=Usage(33, 9, cached_tokens=20, reasoning_tokens=4),
    answered_by=MODEL,
    finishes={
        "stop": finish("stop_sequence"),
        "stop:paused": finish("pause_turn"),
        "stop:unknown": finish("a_later_reason"),
        "length": finish("max_tokens"),
        "length:window": finish("model_context_window_exceeded"),
        "content_filter": finish("refusal"),
    },
    failures=(
        Failure("key", refusal(401, "authentication_error"), ErrorKind.AUTHENTICATION),
        Failure("permission", refusal(403, "permission_error"), ErrorKind.AUTHENTICATION),
        Failure("billing", refusal(402, "billing_error"), ErrorKind.QUOTA),
        Failure(
            "credit",
            refusal(400, "invalid_request_error", "Your credit balance is too low"),
            ErrorKind.QUOTA,
        ),
        Failure("model", refusal(404, "not_found_error", "model: claude-9"), ErrorKind.NOT_FOUND),
        Failure("rate", refusal(429, "rate_limit_error", retry_after="12"), ErrorKind.RATE_LIMIT, 12.0),
        Failure("busy", refusal(529, "overloaded_error", retry_after="3"), ErrorKind.OVERLOADED, 3.0),
        Failure("broken", refusal(500, "api_error"), ErrorKind.SERVER),
        Failure("late", refusal(504, "timeout_error"), ErrorKind.TIMEOUT),
        Failure("large", refusal(413, "request_too_large"), ErrorKind.CONTEXT_OVERFLOW),
        Failure("bad", refusal(400, "invalid_request_error"), ErrorKind.BAD_REQUEST),
        Failure(
            "long",
            refusal(400, "invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"),
            ErrorKind.CONTEXT_OVERFLOW,
        ),
    ),
    stream_failures=(
        Failure("busy", in_stream("overloaded_error"), ErrorKind.OVERLOADED),
        Failure("rate", in_stream("rate_limit_error"), ErrorKind.RATE_LIMIT),
        Failure("broken", in_stream("api_error"), ErrorKind.SERVER),
        Failure("late", in_stream("timeout_error"), ErrorKind.TIMEOUT),
        Failure("bad", in_stream("invalid_request_error"), ErrorKind.BAD_REQUEST),
    ),
    tools=answer(
        *words(0, "I look."),
        *tool(1, "weather", '{"ci', 'ty": "Köln"}'),
        *tool(2, "clock", '{"zone": "UTC"}'),
        *end("tool_use"),
    ),
    reasoning=answer(*THOUGHT, *tool(2, "weather", '{"city": "Köln"}'), *end("tool_use")),
    replayed=replayed,
    schema_answer=answer(*words(0, '{"city":', ' "Köln"}'), *end("end_turn")),
    asks_schema=asks_schema,
    shows_image=shows_image,
    shows_document=shows_document,
)
OLDER = Dialect(
    name="anthropic-schema-by-tool",
    vendor=Anthropic(),
    model="claude-3-5-haiku-20241022",
    text=NATIVE.text,
    end_mark=NATIVE.end_mark,
    usage=NATIVE.usage,
    answered_by=MODEL,
    finishes={},
    failures=(),
    schema_answer=answer(*tool(0, "place", '{"city":', ' "Köln"}'), *end("tool_use")),
    asks_schema=asks_schema_by_tool,
)
DIALECTS = (NATIVE, OLDER)
