"""Text completion: OpenAI's legacy shape (vLLM, GooseAI) and Aleph Alpha's (docs.aleph-alpha.com)."""

import json
from typing import Any

from apps.llm.vendors.base import ErrorKind, Usage
from apps.llm.vendors.registry import vendor_for
from tests.wire.dialects.dialect import Dialect, Failure
from tests.wire.replay import Answer

DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 10, "completion_tokens": 9, "total_tokens": 19}


def event(**fields: Any) -> bytes:
    return f"data: {json.dumps(fields)}\n\n".encode()


def chunk(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "text": text, "finish_reason": finish, "logprobs": None}
    return event(id="cmpl-1", object="text_completion", model="pythia-12b", choices=[choice])


def answer(*texts: str, finish: str = "stop") -> Answer:
    counted = event(id="cmpl-1", object="text_completion", model="pythia-12b", choices=[], usage=USAGE)
    return Answer([*(chunk(text) for text in texts), chunk("", finish), counted, DONE])


def luminous(*texts: str, finish: str = "end_of_text") -> Answer:
    return Answer(
        [
            *(event(type="stream_chunk", index=0, completion=text) for text in texts),
            event(type="stream_summary", index=0, model_version="luminous-2024", finish_reason=finish),
            event(type="completion_summary", num_tokens_prompt_total=10, num_tokens_generated=9),
        ]
    )


def refusal(status: int, body: Any, *headers: tuple[str, str]) -> Answer:
    return Answer([json.dumps(body).encode()], status, "application/json", headers)


def told(message: str, **more: Any) -> dict[str, Any]:
    return {"object": "error", "message": f"{message} (the host's own words)", **more}


FAILURES = (
    Failure("key", refusal(401, told("Unauthorized")), ErrorKind.AUTHENTICATION),
    Failure("model", refusal(404, told("The model `x` does not exist.", code=404)), ErrorKind.NOT_FOUND),
    Failure(
        "context",
        refusal(400, told("This model's maximum context length is 2048 tokens.", code=400)),
        ErrorKind.CONTEXT_OVERFLOW,
    ),
    Failure("rate", refusal(429, told("slow down"), ("retry-after", "2")), ErrorKind.RATE_LIMIT, 2.0),
    Failure("unavailable", refusal(503, told("down")), ErrorKind.UNAVAILABLE),
)
STREAM_FAILURES = (
    Failure(
        "error",
        Answer([chunk("Half"), event(error={"message": "internal", "type": "server_error", "code": 500})]),
        ErrorKind.SERVER,
    ),
)

DIALECTS = (
    Dialect(
        "completions",
        vendor_for("base_models"),
        "pythia-12b",
        text=answer("Grüße", ", ", "🌍", "!"),
        end_mark=b'"finish_reason": "stop"',
        usage=Usage(10, 9),
        answered_by="pythia-12b",
        finishes={"length": answer("Half", finish="length"), "stop": answer("Done")},
        failures=FAILURES,
        stream_failures=STREAM_FAILURES,
    ),
    Dialect(
        "luminous",
        vendor_for("aleph_alpha_luminous"),
        "luminous-base",
        text=luminous("Grüße", ", ", "🌍", "!"),
        end_mark=b'"finish_reason"',
        usage=Usage(10, 9),
        answered_by="luminous-2024",
        finishes={"length": luminous("Half", finish="maximum_tokens"), "stop": luminous("Done")},
        failures=(
            Failure(
                "key",
                refusal(401, {"error": "the host's own words", "code": "UNAUTHENTICATED"}),
                ErrorKind.AUTHENTICATION,
            ),
            Failure(
                "busy",
                refusal(503, {"error": "Sorry we had to reject your request", "code": "QUEUE_FULL"}),
                ErrorKind.OVERLOADED,
            ),
        ),
    ),
)
