"""Mistral's chat completions (docs.mistral.ai/api): near OpenAI's, errors without an envelope."""

import json
from typing import Any

from apps.llm.vendors.base import ErrorKind, Usage
from apps.llm.vendors.mistral.vendor import Mistral
from tests.wire.dialects.dialect import CALLS, REASONING, SCHEMA, Dialect, Failure
from tests.wire.replay import Answer

MODEL = "mistral-small-latest"
COUNTED = {
    "prompt_tokens": 30,
    "completion_tokens": 9,
    "total_tokens": 39,
    "prompt_tokens_details": {"cached_tokens": 20},
}
DONE = b"data: [DONE]\n\n"
K = ErrorKind


def event(body: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\n\n"


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "1", "object": "chat.completion.chunk", "model": MODEL, "choices": [choice], "p": "abc"}
    return event(body | ({"usage": COUNTED} if finish else {}))


def text(*words: str, finish: str = "stop") -> Answer:
    begun = chunk({"role": "assistant", "content": ""})
    said = [chunk({"content": word}) for word in words]
    return Answer([begun, *said, chunk({"content": ""}, finish), DONE])


def thought(text: str, *, is_closed: bool) -> bytes:
    part = {"type": "thinking", "thinking": [{"type": "text", "text": text}], "closed": is_closed}
    return chunk({"content": [part]})


def called(*names: str) -> bytes:
    asked = [
        {
            "id": f"{name}0000"[:9],
            "function": {"name": name, "arguments": json.dumps(dict(CALLS)[name])},
            "index": index,
        }
        for index, name in enumerate(names)
    ]
    return chunk({"content": "", "tool_calls": asked}, "tool_calls")


def refusal(status: int, body: Any, **headers: str) -> Answer:
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer([json.dumps(body).encode()], status, "application/json", sent)


def said(kind: str, code: str, message: Any = "the host's own words") -> dict[str, Any]:
    return {"object": "error", "message": message, "type": kind, "param": None, "code": code}


def in_stream(body: dict[str, Any]) -> Answer:
    return Answer([chunk({"content": "Half"}), event(body)])


def replayed(body: dict[str, Any]) -> None:
    asked, result = body["messages"][1:]
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": REASONING}]}
    function = {"name": "weather", "arguments": json.dumps(CALLS[0][1])}
    call = {"id": "weather00", "type": "function", "function": function}
    assert asked == {"role": "assistant", "content": [thinking], "tool_calls": [call]}
    assert result == {"role": "tool", "tool_call_id": "weather00", "content": "rain"}
    assert body["reasoning_effort"] == "high"


def asks_schema(body: dict[str, Any]) -> None:
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA


def shows_image(body: dict[str, Any]) -> None:
    shown = {"type": "image_url", "image_url": "data:image/png;base64,iVBORw=="}
    assert body["messages"][0]["content"] == [{"type": "text", "text": "What is this?"}, shown]


def shows_document(body: dict[str, Any]) -> None:
    address = "data:application/pdf;base64,JVBERi0x"
    shown = {"type": "document_url", "document_url": address, "document_name": "a b.pdf"}
    assert body["messages"][0]["content"][1] == shown


EXTRA = [{"type": "extra_forbidden", "loc": ["body", "x"], "msg": "Extra inputs are not permitted"}]
LONG = (
    "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length"
)
DIALECTS = (
    Dialect(
        name="mistral",
        vendor=Mistral(),
        model=MODEL,
        text=text("Grüße", ", 🌍", "!"),
        end_mark=b'"finish_reason": "stop"',
        usage=Usage(30, 9, cached_tokens=20),
        answered_by=MODEL,
        finishes={
            "stop": text("Half"),
            "length": text("Half", finish="length"),
            "length:model": text("Half", finish="model_length"),
            "tool_calls": Answer([called("weather"), DONE]),
        },
        failures=(
            Failure("key", refusal(401, {"message": "Unauthorized", "request_id": "1"}), K.AUTHENTICATION),
            Failure("key-in-detail", refusal(401, {"detail": "Unauthorized"}), K.AUTHENTICATION),
            Failure("model", refusal(400, said("invalid_model", "1500", "Invalid model: x")), K.NOT_FOUND),
            Failure(
                "rate",
                refusal(429, said("rate_limited", "1300", "Rate limit exceeded"), retry_after="7"),
                K.RATE_LIMIT,
                7.0,
            ),
            Failure("tier", refusal(429, said("service_tier_capacity_exceeded", "3505")), K.RATE_LIMIT),
            Failure("credit", refusal(402, {"message": "Payment required"}), K.QUOTA),
            Failure("extra", refusal(422, {"detail": EXTRA}), K.BAD_REQUEST),
            Failure(
                "extra-in-message",
                refusal(422, said("invalid_request_error", "0", {"detail": EXTRA})),
                K.BAD_REQUEST,
            ),
            Failure("long", refusal(400, said("invalid_request_error", "3051", LONG)), K.CONTEXT_OVERFLOW),
            Failure(
                "long-in-message",
                refusal(422, said("invalid_request_error", "0", {"detail": [{"msg": LONG}]})),
                K.CONTEXT_OVERFLOW,
            ),
            Failure("broken", refusal(500, said("internal_server_error", "1000")), K.SERVER),
            Failure("down", refusal(503, said("unreachable_backend", "1800")), K.UNAVAILABLE),
        ),
        stream_failures=(
            Failure("broken", in_stream(said("internal_server_error", "1000")), K.SERVER),
            Failure("finish", text("Half", finish="error"), K.SERVER),
        ),
        tools=Answer([chunk({"content": "I look."}), called("weather", "clock"), DONE]),
        reasoning=Answer(
            [
                chunk({"role": "assistant", "content": ""}),
                thought("Let me ", is_closed=False),
                thought("think.", is_closed=True),
                called("weather"),
                DONE,
            ]
        ),
        replayed=replayed,
        schema_answer=text('{"city":', ' "Köln"}'),
        asks_schema=asks_schema,
        shows_image=shows_image,
        shows_document=shows_document,
    ),
)
