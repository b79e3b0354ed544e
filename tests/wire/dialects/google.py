"""Gemini's generateContent at AI Studio and at Vertex (ai.google.dev/api/generate-content)."""

import json
from dataclasses import replace
from typing import Any

from apps.llm.vendors.base import ErrorKind, Usage
from apps.llm.vendors.google.gemini import Gemini
from apps.llm.vendors.google.vertex import Vertex
from tests.wire.dialects.dialect import CALLS, SCHEMA, Dialect, Failure
from tests.wire.replay import Answer

MODEL = "gemini-3.6-flash"
COUNTED = {
    "promptTokenCount": 30,
    "candidatesTokenCount": 5,
    "totalTokenCount": 39,
    "cachedContentTokenCount": 20,
    "thoughtsTokenCount": 4,
}
K = ErrorKind


def event(body: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\r\n\r\n"


def chunk(*parts: dict[str, Any], finish: str = "", **more: Any) -> bytes:
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    counted = COUNTED if finish else {"promptTokenCount": 30, "totalTokenCount": 30}
    return event({"candidates": [candidate], "usageMetadata": counted, "modelVersion": MODEL} | more)


def text(*words: str, finish: str = "STOP") -> Answer:
    *begun, last = words
    pieces = [chunk({"text": word}) for word in begun]
    return Answer([*pieces, chunk({"text": last}, finish=finish)])


def calls(*names: str, signature: str = "") -> list[dict[str, Any]]:
    asked: list[dict[str, Any]] = [
        {"functionCall": {"name": name, "args": dict(CALLS)[name]}} for name in names
    ]
    if signature:
        asked[0] |= {"thoughtSignature": signature}
    return asked


def refusal(status: int, word: str, message: str = "the host's own words", *details: Any) -> Answer:
    said = {"error": {"code": status, "message": message, "status": word, "details": list(details)}}
    return Answer([json.dumps(said, indent=2).encode()], status, "application/json; charset=UTF-8")


def blocked(reason: str) -> Answer:
    return Answer([event({"promptFeedback": {"blockReason": reason}, "modelVersion": MODEL})])


def in_stream(status: int, word: str) -> Answer:
    failed = {"error": {"code": status, "message": "the host's own words", "status": word}}
    return Answer([chunk({"text": "Half"}), event(failed)])


def violated(quota: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]}


def replayed(body: dict[str, Any]) -> None:
    called, answered = body["contents"][1:]
    (part,) = called["parts"]
    assert called["role"] == "model"
    assert part["thoughtSignature"] == "c2ln"
    assert part["functionCall"] == {"name": "weather", "args": CALLS[0][1]}
    result = {"functionResponse": {"name": "weather", "response": {"output": "rain"}}}
    assert answered == {"role": "user", "parts": [result]}
    assert body["generationConfig"]["thinkingConfig"] == {"includeThoughts": True, "thinkingLevel": "low"}


def asks_schema(body: dict[str, Any]) -> None:
    config = body["generationConfig"]
    assert (config["responseMimeType"], config["responseJsonSchema"]) == ("application/json", SCHEMA)


def shows_image(body: dict[str, Any]) -> None:
    shown = {"inlineData": {"mimeType": "image/png", "data": "iVBORw=="}}
    assert body["contents"] == [{"role": "user", "parts": [{"text": "What is this?"}, shown]}]


def shows_document(body: dict[str, Any]) -> None:
    shown = {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0x"}}
    assert body["contents"][0]["parts"][1] == shown


WAIT = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.074824224s"}
WRONG_KEY = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
PER_MINUTE = violated("GenerateRequestsPerMinutePerProjectPerModel-FreeTier")
PER_DAY = violated("GenerateRequestsPerDayPerProjectPerModel-FreeTier")
QUOTA = "You exceeded your current quota, please check your plan and billing details."
FILTERED = ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY")
STUDIO = Dialect(
    name="google",
    vendor=Gemini(),
    model="gemini-flash-latest",
    text=text("Grüße", ", 🌍", "!"),
    end_mark=b'"finishReason"',
    usage=Usage(30, 9, cached_tokens=20, reasoning_tokens=4),
    answered_by=MODEL,
    finishes={
        "stop": text("Half", "way"),
        "stop:unknown": text("Half", "way", finish="A_LATER_REASON"),
        "length": text("Half", "way", finish="MAX_TOKENS"),
        "length:in_thought": Answer([event({"candidates": [{"finishReason": "MAX_TOKENS", "index": 0}]})]),
        "tool_calls": Answer([chunk(*calls("weather"), finish="STOP")]),
        **{f"content_filter:{word}": text("Half", "way", finish=word) for word in FILTERED},
    },
    failures=(
        Failure("key", refusal(400, "INVALID_ARGUMENT", "API key not valid.", WRONG_KEY), K.AUTHENTICATION),
        Failure("permission", refusal(403, "PERMISSION_DENIED"), K.AUTHENTICATION),
        Failure("unauthenticated", refusal(401, "UNAUTHENTICATED"), K.AUTHENTICATION),
        Failure("model", refusal(404, "NOT_FOUND"), K.NOT_FOUND),
        Failure(
            "rate", refusal(429, "RESOURCE_EXHAUSTED", QUOTA, PER_MINUTE, WAIT), K.RATE_LIMIT, 34.074824224
        ),
        Failure("rate-unnamed", refusal(429, "RESOURCE_EXHAUSTED"), K.RATE_LIMIT),
        Failure("day", refusal(429, "RESOURCE_EXHAUSTED", QUOTA, PER_DAY), K.QUOTA),
        Failure(
            "credit",
            refusal(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
            K.QUOTA,
        ),
        Failure("busy", refusal(503, "UNAVAILABLE", "The model is overloaded."), K.OVERLOADED),
        Failure(
            "demand",
            refusal(503, "UNAVAILABLE", "This model is currently experiencing high demand."),
            K.OVERLOADED,
        ),
        Failure("down", refusal(503, "UNAVAILABLE"), K.UNAVAILABLE),
        Failure("late", refusal(504, "DEADLINE_EXCEEDED"), K.TIMEOUT),
        Failure("broken", refusal(500, "INTERNAL"), K.SERVER),
        Failure("bad", refusal(400, "INVALID_ARGUMENT"), K.BAD_REQUEST),
        Failure(
            "long",
            refusal(
                400,
                "INVALID_ARGUMENT",
                "The input token count (1300000) exceeds the maximum number of tokens allowed (1048576).",
            ),
            K.CONTEXT_OVERFLOW,
        ),
        Failure("prompt", blocked("SAFETY"), K.CONTENT_FILTER),
        Failure("armor", blocked("MODEL_ARMOR"), K.CONTENT_FILTER),
        Failure("list", replace(refusal(400, "INVALID_ARGUMENT"), status=200), K.BAD_REQUEST),
    ),
    stream_failures=(
        Failure("busy", in_stream(503, "UNAVAILABLE"), K.UNAVAILABLE),
        Failure("rate", in_stream(429, "RESOURCE_EXHAUSTED"), K.RATE_LIMIT),
        Failure("broken", in_stream(500, "INTERNAL"), K.SERVER),
        Failure("other", text("Ha", "lf", finish="OTHER"), K.INTERRUPTED),
        Failure("call", text("Ha", "lf", finish="MALFORMED_FUNCTION_CALL"), K.SERVER),
    ),
    tools=Answer(
        [chunk({"text": "I look."}), chunk(*calls("weather", "clock", signature="c2ln"), finish="STOP")]
    ),
    reasoning=Answer(
        [
            chunk({"text": "Let me ", "thought": True}),
            chunk({"text": "think.", "thought": True}),
            chunk(*calls("weather", signature="c2ln")),
            chunk({"text": ""}, finish="STOP"),
        ]
    ),
    replayed=replayed,
    schema_answer=text('{"city":', ' "Köln"}'),
    asks_schema=asks_schema,
    shows_image=shows_image,
    shows_document=shows_document,
)
CLOUD = replace(
    STUDIO,
    name="vertex",
    vendor=Vertex(),
    model=MODEL,
    settings={"project": "acme-1", "location": "europe-west4"},
)
DIALECTS = (STUDIO, CLOUD)
