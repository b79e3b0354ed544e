"""Bedrock's ConverseStream (AWS, Bedrock API reference) in Amazon's binary framing."""

import json
from struct import pack
from typing import Any
from zlib import crc32

from apps.llm.vendors.base import ErrorKind, Usage
from apps.llm.vendors.bedrock import Bedrock
from tests.wire.dialects.dialect import CALLS, REASONING, SCHEMA, Dialect, Failure
from tests.wire.replay import Answer

MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
BINARY = "application/vnd.amazon.eventstream"
COUNTED = {
    "inputTokens": 10,
    "outputTokens": 9,
    "totalTokens": 42,
    "cacheReadInputTokens": 20,
    "cacheWriteInputTokens": 3,
}


def framed(headers: dict[str, str], payload: bytes) -> bytes:
    raw = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + pack(">H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = pack(">II", 16 + len(raw) + len(payload), len(raw))
    message = prelude + pack(">I", crc32(prelude)) + raw + payload
    return message + pack(">I", crc32(message))


def event(name: str, **payload: Any) -> bytes:
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    return framed(headers, json.dumps({**payload, "p": "abcdef"}).encode())


def raised(name: str) -> bytes:
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return framed(headers, b'{"message": "the host\'s own words"}')


def deltas(index: int, *contents: dict[str, Any]) -> list[bytes]:
    return [
        *(event("contentBlockDelta", contentBlockIndex=index, delta=content) for content in contents),
        event("contentBlockStop", contentBlockIndex=index),
    ]


def words(index: int, *texts: str) -> list[bytes]:
    return deltas(index, *({"text": text} for text in texts))


def tool(index: int, name: str, *arguments: str) -> list[bytes]:
    start = {"toolUse": {"toolUseId": f"tooluse_{name}", "name": name}}
    begun = event("contentBlockStart", contentBlockIndex=index, start=start)
    return [begun, *deltas(index, *({"toolUse": {"input": part}} for part in arguments))]


def answer(*pieces: bytes) -> Answer:
    return Answer([event("messageStart", role="assistant"), *pieces], content_type=BINARY)


def end(reason: str) -> list[bytes]:
    return [
        event("messageStop", stopReason=reason),
        event("metadata", usage=COUNTED, metrics={"latencyMs": 5}),
    ]


def finish(reason: str) -> Answer:
    return answer(*words(0, "Half"), *end(reason))


def refusal(status: int, kind: str, message: str = "the host's own words", **headers: str) -> Answer:
    named = ("x-amzn-ErrorType", f"{kind}:http://internal.amazon.com/coral/com.amazon.bedrock/")
    sent = (named, *((name.replace("_", "-"), value) for name, value in headers.items()))
    return Answer([json.dumps({"message": message}).encode()], status, "application/json", sent)


def in_stream(name: str) -> Answer:
    return answer(*words(0, "Half")[:-1], raised(name))


def replayed(body: dict[str, Any]) -> None:
    thinking = {"type": "enabled", "budget_tokens": 2048}
    assert body["additionalModelRequestFields"] == {"thinking": thinking}
    assert body["messages"][1]["content"] == [
        {"reasoningContent": {"reasoningText": {"text": REASONING, "signature": "c2ln"}}},
        {"reasoningContent": {"redactedContent": "aGlkZGVu"}},
        {"toolUse": {"toolUseId": "tooluse_weather", "name": "weather", "input": CALLS[0][1]}},
    ]
    result = {"toolUseId": "tooluse_weather", "content": [{"text": "rain"}]}
    assert body["messages"][2] == {"role": "user", "content": [{"toolResult": result}]}


def asks_schema(body: dict[str, Any]) -> None:
    form = body["outputConfig"]["textFormat"]
    assert form["type"] == "json_schema"
    assert json.loads(form["structure"]["jsonSchema"]["schema"]) == SCHEMA


def asks_schema_by_tool(body: dict[str, Any]) -> None:
    (spec,) = [tool["toolSpec"] for tool in body["toolConfig"]["tools"]]
    assert (spec["name"], spec["inputSchema"]) == ("place", {"json": SCHEMA})
    assert body["toolConfig"]["toolChoice"] == {"tool": {"name": "place"}}


def shows_image(body: dict[str, Any]) -> None:
    shown = {"image": {"format": "png", "source": {"bytes": "iVBORw=="}}}
    assert body["messages"][0]["content"][1] == shown


def shows_document(body: dict[str, Any]) -> None:
    shown = {"document": {"format": "pdf", "name": "a b", "source": {"bytes": "JVBERi0x"}}}
    assert body["messages"][0]["content"][1] == shown


THOUGHT = deltas(
    0,
    {"reasoningContent": {"text": "Let me "}},
    {"reasoningContent": {"text": "think."}},
    {"reasoningContent": {"signature": "c2ln"}},
) + deltas(1, {"reasoningContent": {"redactedContent": "aGlkZGVu"}})
CLAUDE = Dialect(
    name="bedrock",
    vendor=Bedrock(),
    model=MODEL,
    text=answer(*words(0, "Grüße", ", 🌍", "!"), *end("end_turn")),
    end_mark=b'"stopReason"',
    usage=Usage(33, 9, cached_tokens=20),
    answered_by=MODEL,
    finishes={
        "stop": finish("stop_sequence"),
        "stop:unknown": finish("a_later_reason"),
        "length": finish("max_tokens"),
        "length:window": finish("model_context_window_exceeded"),
        "content_filter": finish("content_filtered"),
        "content_filter:guardrail": finish("guardrail_intervened"),
    },
    failures=(
        Failure("key", refusal(403, "UnrecognizedClientException"), ErrorKind.AUTHENTICATION),
        Failure("signature", refusal(403, "InvalidSignatureException"), ErrorKind.AUTHENTICATION),
        Failure("access", refusal(403, "AccessDeniedException"), ErrorKind.AUTHENTICATION),
        Failure("expired", refusal(403, "ExpiredTokenException"), ErrorKind.AUTHENTICATION),
        Failure("model", refusal(404, "ResourceNotFoundException"), ErrorKind.NOT_FOUND),
        Failure(
            "identifier",
            refusal(400, "ValidationException", "The provided model identifier is invalid."),
            ErrorKind.NOT_FOUND,
        ),
        Failure("rate", refusal(429, "ThrottlingException", retry_after="7"), ErrorKind.RATE_LIMIT, 7.0),
        Failure("quota", refusal(400, "ServiceQuotaExceededException"), ErrorKind.RATE_LIMIT),
        Failure("not-ready", refusal(429, "ModelNotReadyException"), ErrorKind.OVERLOADED),
        Failure("unavailable", refusal(503, "ServiceUnavailableException"), ErrorKind.UNAVAILABLE),
        Failure("late", refusal(408, "ModelTimeoutException"), ErrorKind.TIMEOUT),
        Failure("model-error", refusal(424, "ModelErrorException"), ErrorKind.SERVER),
        Failure("broken", refusal(500, "InternalServerException"), ErrorKind.SERVER),
        Failure("bad", refusal(400, "ValidationException"), ErrorKind.BAD_REQUEST),
        Failure(
            "long",
            refusal(400, "ValidationException", "Input is too long for requested model."),
            ErrorKind.CONTEXT_OVERFLOW,
        ),
    ),
    stream_failures=(
        Failure("throttled", in_stream("throttlingException"), ErrorKind.RATE_LIMIT),
        Failure("broken", in_stream("internalServerException"), ErrorKind.SERVER),
        Failure("model", in_stream("modelStreamErrorException"), ErrorKind.SERVER),
        Failure("late", in_stream("modelTimeoutException"), ErrorKind.TIMEOUT),
        Failure("unavailable", in_stream("serviceUnavailableException"), ErrorKind.UNAVAILABLE),
        Failure("bad", in_stream("validationException"), ErrorKind.BAD_REQUEST),
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
NOVA = Dialect(
    name="bedrock-schema-by-tool",
    vendor=Bedrock(),
    model="eu.amazon.nova-lite-v1:0",
    text=CLAUDE.text,
    end_mark=CLAUDE.end_mark,
    usage=CLAUDE.usage,
    answered_by="eu.amazon.nova-lite-v1:0",
    finishes={},
    failures=(),
    schema_answer=answer(*tool(0, "place", '{"city":', ' "Köln"}'), *end("tool_use")),
    asks_schema=asks_schema_by_tool,
    key="AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
)
DIALECTS = (CLAUDE, NOVA)
