"""Cohere's chat of API v2 (docs.cohere.com/reference/chat-stream, /reference/errors)."""

import json
from typing import Any

from apps.llm.vendors.base import ErrorKind, Usage
from apps.llm.vendors.cohere.vendor import Cohere
from tests.wire.dialects.dialect import CALLS, SCHEMA, Dialect, Failure
from tests.wire.replay import Answer

MODEL = "command-a-plus-05-2026"
COUNTED = {
    "billed_units": {"input_tokens": 12, "output_tokens": 5},
    "tokens": {"input_tokens": 30, "output_tokens": 9, "reasoning_tokens": 4},
    "cached_tokens": 20,
}
DONE = b"data: [DONE]\n\n"
K = ErrorKind


def event(kind: str, **fields: Any) -> bytes:
    data = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def message(kind: str, index: int, **fields: Any) -> bytes:
    return event(kind, index=index, delta={"message": fields})


BEGIN = event("message-start", id="1", delta={"message": {"role": "assistant", "content": []}})


def words(index: int, name: str, *texts: str) -> list[bytes]:
    return [
        message("content-start", index, content={"type": name, name: ""}),
        *(message("content-delta", index, content={name: text}) for text in texts),
        event("content-end", index=index),
    ]


def plan(*texts: str) -> list[bytes]:
    return [event("tool-plan-delta", delta={"message": {"tool_plan": text}}) for text in texts]


def call(index: int, name: str) -> list[bytes]:
    written = json.dumps(dict(CALLS)[name])
    function = {"name": name, "arguments": ""}
    begun = {"id": f"{name}_dg5wwc00d8v5", "type": "function", "function": function}
    return [
        message("tool-call-start", index, tool_calls=begun),
        *(
            message("tool-call-delta", index, tool_calls={"function": {"arguments": part}})
            for part in (written[:5], written[5:])
        ),
        event("tool-call-end", index=index),
    ]


def end(reason: str, **more: Any) -> bytes:
    return event("message-end", delta={"finish_reason": reason, "usage": COUNTED} | more)


def answer(*pieces: bytes) -> Answer:
    return Answer([BEGIN, *pieces, DONE])


def text(*said: str, finish: str = "COMPLETE") -> Answer:
    return answer(*words(0, "text", *said), end(finish))


def refusal(status: int, said: str = "the host's own words", **headers: str) -> Answer:
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer([json.dumps({"id": "1", "message": said}).encode()], status, "application/json", sent)


def replayed(body: dict[str, Any]) -> None:
    asked, result = body["messages"][1:]
    function = {"name": "weather", "arguments": json.dumps(CALLS[0][1])}
    call = {"id": "weather_dg5wwc00d8v5", "type": "function", "function": function}
    assert asked == {"role": "assistant", "tool_calls": [call]}
    assert result == {"role": "tool", "tool_call_id": "weather_dg5wwc00d8v5", "content": "rain"}
    assert body["thinking"] == {"type": "enabled"}


def asks_schema(body: dict[str, Any]) -> None:
    assert body["response_format"] == {"type": "json_object", "json_schema": SCHEMA}


def shows_image(body: dict[str, Any]) -> None:
    shown = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}}
    assert body["messages"][0]["content"] == [{"type": "text", "text": "What is this?"}, shown]


TRIAL = "You are using a Trial key, which is limited to {}. You can continue to use the Trial key for free."
NO_MODEL = (
    "model 'x' not found, make sure the correct model ID was used and that you have access to the model."
)
DIALECTS = (
    Dialect(
        name="cohere",
        vendor=Cohere(),
        model=MODEL,
        text=text("Grüße", ", 🌍", "!"),
        end_mark=b'"finish_reason"',
        usage=Usage(30, 9, cached_tokens=20, reasoning_tokens=4, billed=(12, 5)),
        answered_by=MODEL,
        finishes={
            "stop": text("Half"),
            "stop:sequence": text("Half", finish="STOP_SEQUENCE"),
            "stop:unknown": text("Half", finish="A_LATER_REASON"),
            "length": text("Half", finish="MAX_TOKENS"),
            "tool_calls": answer(*call(0, "weather"), end("TOOL_CALL")),
        },
        failures=(
            Failure("key", refusal(401, "invalid api token"), K.AUTHENTICATION),
            Failure("permission", refusal(403), K.AUTHENTICATION),
            Failure("credit", refusal(402, "Please add or update your payment method"), K.QUOTA),
            Failure("model", refusal(404, NO_MODEL), K.NOT_FOUND),
            Failure(
                "rate",
                refusal(429, TRIAL.format("20 API calls / minute"), retry_after="9"),
                K.RATE_LIMIT,
                9.0,
            ),
            Failure("month", refusal(429, TRIAL.format("1000 API calls / month")), K.QUOTA),
            Failure("long", refusal(400, "too many tokens: size limit exceeded by 9"), K.CONTEXT_OVERFLOW),
            Failure("bad", refusal(400), K.BAD_REQUEST),
            Failure("form", refusal(422), K.BAD_REQUEST),
            Failure("broken", refusal(500), K.SERVER),
            Failure("down", refusal(503), K.UNAVAILABLE),
            Failure("late", refusal(504), K.TIMEOUT),
            Failure("at-once", answer(end("ERROR", error="the host's own words")), K.SERVER),
        ),
        stream_failures=(
            Failure("broken", text("Half", finish="ERROR"), K.SERVER),
            Failure("late", text("Half", finish="TIMEOUT"), K.TIMEOUT),
            Failure("said", answer(*words(0, "text", "Half"), event("error", message="the words")), K.SERVER),
        ),
        tools=answer(*plan("I will", " look."), *call(0, "weather"), *call(1, "clock"), end("TOOL_CALL")),
        reasoning=answer(*words(0, "thinking", "Let me ", "think."), *call(0, "weather"), end("TOOL_CALL")),
        replayed=replayed,
        schema_answer=text('{"city":', ' "Köln"}'),
        asks_schema=asks_schema,
        shows_image=shows_image,
    ),
)
