"""Chat completions in OpenAI's shape, and where DeepSeek, OpenRouter and Perplexity differ from it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apps.llm.vendors.base import ErrorKind, Usage
from apps.llm.vendors.registry import vendor_for
from tests.wire.dialects.dialect import CALLS, REASONING, SCHEMA, Dialect, Failure
from tests.wire.replay import Answer

MODEL = "model-2026"
DONE = b"data: [DONE]\n\n"
USAGE = {
    "prompt_tokens": 30,
    "completion_tokens": 9,
    "total_tokens": 39,
    "prompt_tokens_details": {"cached_tokens": 20},
    "completion_tokens_details": {"reasoning_tokens": 4},
}


def event(**fields: Any) -> bytes:
    chunk = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, **fields}
    return f"data: {json.dumps(chunk)}\n\n".encode()


def delta(finish: str | None = None, usage: Any = None, **fields: Any) -> bytes:
    return event(choices=[{"index": 0, "delta": fields, "finish_reason": finish}], usage=usage)


def answer(*pieces: bytes, finish: str = "stop") -> Answer:
    counted = event(choices=[], usage=USAGE)
    return Answer([delta(role="assistant", content=""), *pieces, delta(finish), counted, DONE])


def words(*texts: str) -> list[bytes]:
    return [delta(content=text) for text in texts]


def call(index: int) -> list[bytes]:
    name, arguments = CALLS[index]
    text = json.dumps(arguments, ensure_ascii=False)
    begun = {"index": index, "id": f"call_{name}", "type": "function"}
    return [
        delta(tool_calls=[begun | {"function": {"name": name, "arguments": ""}}]),
        delta(tool_calls=[{"index": index, "function": {"arguments": text[:4]}}]),
        delta(tool_calls=[{"index": index, "function": {"arguments": text[4:]}}]),
    ]


def counted_at_every_step(*texts: str) -> Answer:
    """Perplexity: no event of its own for the count, which grows from chunk to chunk."""
    steps = [delta(content=text, usage=USAGE | {"completion_tokens": at}) for at, text in enumerate(texts)]
    return Answer([*steps, delta("stop", USAGE, content="")])


def refusal(status: int, code: str | None, kind: str = "", words: str = "", **headers: str) -> Answer:
    body = {"error": {"message": words or "the host's own words", "type": kind, "param": None, "code": code}}
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer([json.dumps(body).encode()], status, "application/json", sent)


def in_stream(**fault: Any) -> Answer:
    return Answer([delta(role="assistant", content="Half"), event(choices=[], error=fault)])


def shows_image(body: dict[str, Any]) -> None:
    url = "data:image/png;base64,iVBORw=="
    assert body["messages"][0]["content"][1] == {"type": "image_url", "image_url": {"url": url}}


def shows_document(body: dict[str, Any]) -> None:
    file = {"filename": "a b.pdf", "file_data": "data:application/pdf;base64,JVBERi0x"}
    assert body["messages"][0]["content"][1] == {"type": "file", "file": file}


def asks_schema(body: dict[str, Any]) -> None:
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA


def asks_object(body: dict[str, Any]) -> None:
    """Where the host takes no schema, the instructions hold it."""
    assert body["response_format"] == {"type": "json_object"}
    assert body["messages"][0]["content"].endswith(json.dumps(SCHEMA, separators=(",", ":")))


def replayed(body: dict[str, Any], thoughts: Mapping[str, str]) -> None:
    arguments = json.dumps(CALLS[0][1], ensure_ascii=False)
    function = {"name": "weather", "arguments": arguments}
    calls = [{"id": "call_weather", "type": "function", "function": function}]
    assert body["reasoning_effort"] == "low"
    assert body["messages"][1:] == [
        {"role": "assistant", "content": None, "tool_calls": calls, **thoughts},
        {"role": "tool", "tool_call_id": "call_weather", "content": "rain"},
    ]


FAILURES = (
    Failure("key", refusal(401, "invalid_api_key"), ErrorKind.AUTHENTICATION),
    Failure("model", refusal(404, "model_not_found"), ErrorKind.NOT_FOUND),
    Failure("rate", refusal(429, "rate_limit_exceeded", retry_after="7"), ErrorKind.RATE_LIMIT, 7.0),
    Failure("quota", refusal(402, None, words="Insufficient Balance"), ErrorKind.QUOTA),
    Failure("context", refusal(400, "context_length_exceeded"), ErrorKind.CONTEXT_OVERFLOW),
    Failure("filter", refusal(400, "content_filter"), ErrorKind.CONTENT_FILTER),
    Failure("overloaded", refusal(503, None, "overloaded_error"), ErrorKind.OVERLOADED),
    Failure("unavailable", refusal(503, None), ErrorKind.UNAVAILABLE),
    Failure("server", refusal(500, None), ErrorKind.SERVER),
    Failure("timeout", refusal(504, None), ErrorKind.TIMEOUT),
    Failure("request", refusal(400, None), ErrorKind.BAD_REQUEST),
)
STREAM_FAILURES = (
    Failure("server", in_stream(code=500, message="the host's own words"), ErrorKind.SERVER),
    Failure("rate", in_stream(code=429, message="the host's own words"), ErrorKind.RATE_LIMIT),
)


def spoken(name: str, slug: str, field: str, *, back: str = "", text: Answer | None = None) -> Dialect:
    """The dialect of a row whose reasoning stands in `field` and goes back in `back`, if at all."""
    thought = [delta(**{field: part}) for part in (REASONING[:6], REASONING[6:])]
    return Dialect(
        name,
        vendor_for(slug),
        "asked-model",
        text=text or answer(*words("Grüße", ", ", "🌍", "!")),
        end_mark=b'"finish_reason": "stop"',
        usage=Usage(30, 9, 20, 4),
        answered_by=MODEL,
        finishes={
            "length": answer(*words("Half"), finish="length"),
            "content_filter": answer(*words("Half"), finish="content_filter"),
            "stop": answer(delta(refusal="I will not.")),
        },
        failures=FAILURES,
        tools=answer(*call(0), *call(1), finish="tool_calls"),
        reasoning=answer(*thought, *call(0), finish="tool_calls"),
        replayed=lambda body: replayed(body, {back: REASONING} if back else {}),
        schema_answer=answer(*words('{"city":', '"Köln"}')),
        asks_schema=asks_schema,
        shows_image=shows_image,
        shows_document=shows_document,
        stream_failures=STREAM_FAILURES,
    )


DIALECTS = (
    spoken("chat", "openai_compatible", "reasoning_content"),
    replace(
        spoken("deepseek", "deepseek", "reasoning_content", back="reasoning_content"),
        asks_schema=asks_object,
    ),
    spoken("openrouter", "openrouter", "reasoning", back="reasoning"),
    replace(
        spoken(
            "perplexity",
            "perplexity",
            "reasoning_content",
            text=counted_at_every_step("Grüße", ", ", "🌍", "!"),
        ),
        settings={"api": "chat"},
    ),
)
