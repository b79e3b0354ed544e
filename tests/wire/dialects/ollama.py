"""Ollama's native API (github.com/ollama/ollama docs/api.md)."""

import json
from typing import Any

from apps.llm.vendors.base import ErrorKind, Usage
from apps.llm.vendors.registry import vendor_for
from tests.wire.dialects.dialect import CALLS, REASONING, SCHEMA, Dialect, Failure
from tests.wire.replay import Answer

LINES = "application/x-ndjson"
COUNTS = {"prompt_eval_count": 10, "eval_count": 9, "total_duration": 5}


def line(message: dict[str, Any], **more: Any) -> bytes:
    said = {"role": "assistant", "content": "", **message}
    return json.dumps({"model": "qwen3", "message": said, "done": False, **more}).encode() + b"\n"


def end(reason: str = "stop") -> bytes:
    return line({}, done=True, done_reason=reason, **COUNTS)


def answer(*lines: bytes) -> Answer:
    return Answer(list(lines), content_type=LINES)


def refusal(status: int, words: str) -> Answer:
    return Answer(
        [json.dumps({"error": f"{words} (the host's own words)"}).encode()], status, "application/json"
    )


def replayed(body: dict[str, Any]) -> None:
    assert body["think"] == "low"
    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {
                    "id": body["messages"][2]["tool_call_id"],
                    "function": {"name": "weather", "arguments": CALLS[0][1]},
                }
            ],
        },
        {"role": "tool", "content": "rain", "tool_call_id": body["messages"][2]["tool_call_id"]},
    ]


def asks_schema(body: dict[str, Any]) -> None:
    assert body["format"] == SCHEMA


def shows_image(body: dict[str, Any]) -> None:
    assert body["messages"][0]["images"] == ["iVBORw=="]


THOUGHT = (line({"thinking": REASONING[:6]}), line({"thinking": REASONING[6:]}))
CALLED = [{"function": {"name": name, "arguments": arguments}} for name, arguments in CALLS]

DIALECTS = (
    Dialect(
        "ollama-native",
        vendor_for("ollama"),
        "qwen3",
        text=answer(*(line({"content": text}) for text in ("Grüße", ", ", "🌍", "!")), end()),
        end_mark=b'"done": true',
        usage=Usage(10, 9),
        answered_by="qwen3",
        finishes={
            "length": answer(line({"content": "Half"}), end("length")),
            "stop": answer(line({"content": "Done"}), end()),
        },
        failures=(
            Failure("model", refusal(404, 'model "x" not found, try pulling it first'), ErrorKind.NOT_FOUND),
            Failure(
                "busy", refusal(503, "server busy, maximum pending requests exceeded"), ErrorKind.OVERLOADED
            ),
            Failure(
                "context",
                refusal(400, "the input length exceeds the context length"),
                ErrorKind.CONTEXT_OVERFLOW,
            ),
            Failure("server", refusal(500, "llama runner process has terminated"), ErrorKind.SERVER),
        ),
        tools=answer(line({"tool_calls": CALLED[:1]}), line({"tool_calls": CALLED[1:]}), end()),
        reasoning=answer(*THOUGHT, line({"tool_calls": CALLED[:1]}), end()),
        replayed=replayed,
        schema_answer=answer(line({"content": '{"city":'}), line({"content": '"Köln"}'}), end()),
        asks_schema=asks_schema,
        shows_image=shows_image,
        stream_failures=(
            Failure(
                "error",
                answer(line({"content": "Half"}), b'{"error":"unexpected EOF (the host\'s own words)"}\n'),
                ErrorKind.SERVER,
            ),
        ),
        settings={"api": "native"},
    ),
)
