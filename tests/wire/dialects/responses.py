"""The Responses API of OpenAI, xAI and Azure (platform.openai.com/docs/api-reference/responses-streaming)."""

import json
from typing import Any

from apps.llm.vendors.base import ErrorKind, Usage
from apps.llm.vendors.registry import vendor_for
from tests.wire.dialects.dialect import CALLS, REASONING, SCHEMA, Dialect, Failure
from tests.wire.replay import Answer

ANSWERED = "gpt-5.5-2026-04-23"
USAGE = {
    "input_tokens": 30,
    "input_tokens_details": {"cached_tokens": 20},
    "output_tokens": 9,
    "output_tokens_details": {"reasoning_tokens": 4},
    "total_tokens": 39,
}


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def whole(status: str, **more: Any) -> dict[str, Any]:
    return {"id": "resp_1", "object": "response", "status": status, "model": ANSWERED, "output": []} | more


def words(index: int, *texts: str) -> list[bytes]:
    item = {"id": f"msg_{index}", "type": "message", "role": "assistant", "content": []}
    part = {"type": "output_text", "text": "".join(texts)}
    return [
        event("response.output_item.added", output_index=index, item=item),
        *(event("response.output_text.delta", output_index=index, delta=text) for text in texts),
        event("response.output_text.done", output_index=index, text="".join(texts)),
        event("response.output_item.done", output_index=index, item=item | {"content": [part]}),
    ]


def call(index: int, name: str, *arguments: str) -> list[bytes]:
    item = {"id": f"fc_{index}", "type": "function_call", "call_id": f"call_{name}", "name": name}
    delta, done = "response.function_call_arguments.delta", "response.function_call_arguments.done"
    return [
        event("response.output_item.added", output_index=index, item=item | {"arguments": ""}),
        *(event(delta, output_index=index, delta=text) for text in arguments),
        event(done, output_index=index, arguments="".join(arguments)),
        event("response.output_item.done", output_index=index, item=item | {"arguments": "".join(arguments)}),
    ]


def thought(index: int) -> list[bytes]:
    item = {"id": "rs_1", "type": "reasoning", "summary": []}
    summary = [{"type": "summary_text", "text": REASONING}]
    pieces = (REASONING[:6], REASONING[6:])
    delta = "response.reasoning_summary_text.delta"
    return [
        event("response.output_item.added", output_index=index, item=item),
        event("response.reasoning_summary_part.added", output_index=index, summary_index=0),
        *(event(delta, output_index=index, summary_index=0, delta=text) for text in pieces),
        event(
            "response.output_item.done",
            output_index=index,
            item=item | {"summary": summary, "encrypted_content": "c2VhbGVk"},
        ),
    ]


def end(status: str = "completed", **more: Any) -> bytes:
    return event(f"response.{status}", response=whole(status, usage=USAGE, **more))


def answer(*pieces: bytes) -> Answer:
    begun = whole("in_progress", usage=None)
    return Answer(
        [event("response.created", response=begun), event("response.in_progress", response=begun), *pieces]
    )


def incomplete(reason: str) -> Answer:
    return answer(*words(0, "Half"), end("incomplete", incomplete_details={"reason": reason}))


def refusal(status: int, body: Any, **headers: str) -> Answer:
    sent = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Answer([json.dumps(body).encode()], status, "application/json", sent)


def told(code: str | None, kind: str = "invalid_request_error", message: str = "") -> dict[str, Any]:
    return {"error": {"message": message or "the host's own words", "type": kind, "code": code}}


def failed(code: str) -> Answer:
    fault = {"code": code, "message": "the host's own words"}
    failure = event("response.failed", response=whole("failed", error=fault))
    return answer(*words(0, "Half")[:-2], failure)


def replayed(body: dict[str, Any]) -> None:
    assert (body["store"], body["include"]) == (False, ["reasoning.encrypted_content"])
    assert body["reasoning"] == {"effort": "low"}
    assert body["input"][1:] == [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": REASONING}],
            "encrypted_content": "c2VhbGVk",
        },
        {
            "type": "function_call",
            "call_id": "call_weather",
            "name": "weather",
            "arguments": json.dumps(CALLS[0][1], ensure_ascii=False),
        },
        {"type": "function_call_output", "call_id": "call_weather", "output": "rain"},
    ]


def shows_image(body: dict[str, Any]) -> None:
    assert body["input"][0]["content"][1] == {
        "type": "input_image",
        "image_url": "data:image/png;base64,iVBORw==",
        "detail": "auto",
    }


def shows_document(body: dict[str, Any]) -> None:
    assert body["input"][0]["content"][1] == {
        "type": "input_file",
        "filename": "a b.pdf",
        "file_data": "data:application/pdf;base64,JVBERi0x",
    }


def asks_schema(body: dict[str, Any]) -> None:
    assert body["text"] == {
        "format": {"type": "json_schema", "name": "place", "schema": SCHEMA, "strict": True}
    }


def arguments_of(index: int) -> tuple[str, str]:
    text = json.dumps(CALLS[index][1], ensure_ascii=False)
    return text[:4], text[4:]


FAILURES = (
    Failure("key", refusal(401, told("invalid_api_key")), ErrorKind.AUTHENTICATION),
    Failure("model", refusal(404, told("model_not_found")), ErrorKind.NOT_FOUND),
    Failure("rate", refusal(429, told("rate_limit_exceeded"), retry_after="7"), ErrorKind.RATE_LIMIT, 7.0),
    Failure("quota", refusal(429, told("insufficient_quota")), ErrorKind.QUOTA),
    Failure("context", refusal(400, told("context_length_exceeded")), ErrorKind.CONTEXT_OVERFLOW),
    Failure("filter", refusal(400, told("content_policy_violation")), ErrorKind.CONTENT_FILTER),
    Failure("overloaded", refusal(503, told(None, "server_error", "overloaded")), ErrorKind.OVERLOADED),
    Failure("unavailable", refusal(503, told(None, "server_error")), ErrorKind.UNAVAILABLE),
    Failure("server", refusal(500, told(None, "server_error")), ErrorKind.SERVER),
    Failure("timeout", refusal(504, told(None)), ErrorKind.TIMEOUT),
    Failure("request", refusal(400, told("unsupported_parameter")), ErrorKind.BAD_REQUEST),
)
XAI_FAILURES = (
    Failure(
        "key as 400",
        refusal(
            400, {"code": "invalid-argument", "error": "Incorrect API key provided: the host's own words"}
        ),
        ErrorKind.AUTHENTICATION,
    ),
    Failure(
        "model",
        refusal(404, {"code": "not-found", "error": "The model x does not exist"}),
        ErrorKind.NOT_FOUND,
    ),
    Failure(
        "credits",
        refusal(429, {"code": "resource-exhausted", "error": "Your team is out of credits"}),
        ErrorKind.QUOTA,
    ),
    Failure("rate", refusal(429, {"error": "Too many requests"}, retry_after="3"), ErrorKind.RATE_LIMIT, 3.0),
)
STREAM_FAILURES = (
    Failure("failed", failed("server_error"), ErrorKind.SERVER),
    Failure("rate", failed("rate_limit_exceeded"), ErrorKind.RATE_LIMIT),
    Failure(
        "error event",
        answer(*words(0, "Half")[:-2], event("error", code="server_error", message="x", param=None)),
        ErrorKind.SERVER,
    ),
)


def spoken(name: str, slug: str, model: str, **more: Any) -> Dialect:
    return Dialect(
        name,
        vendor_for(slug),
        model,
        text=answer(*words(0, "Grüße", ", ", "🌍", "!"), end()),
        end_mark=b"event: response.completed",
        usage=Usage(30, 9, 20, 4),
        answered_by=ANSWERED,
        finishes={
            "length": incomplete("max_output_tokens"),
            "content_filter": incomplete("content_filter"),
            "stop": answer(*words(0, "I will not."), end()),
        },
        tools=answer(*call(0, "weather", *arguments_of(0)), *call(1, "clock", *arguments_of(1)), end()),
        reasoning=answer(*thought(0), *call(1, "weather", *arguments_of(0)), end()),
        replayed=replayed,
        schema_answer=answer(*words(0, '{"city":', '"Köln"}'), end()),
        asks_schema=asks_schema,
        shows_image=shows_image,
        shows_document=shows_document,
        stream_failures=STREAM_FAILURES,
        settings={"api": "responses"},
        **more,
    )


DIALECTS = (
    spoken("openai", "openai", "gpt-5.5", failures=FAILURES),
    spoken("azure-responses", "azure_openai", "gpt-5", failures=FAILURES),
    spoken("xai", "xai", "grok-4.3", failures=(*FAILURES[:3], *XAI_FAILURES)),
)
