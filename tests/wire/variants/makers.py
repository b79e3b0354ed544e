"""Anthropic, Google and OpenAI, and who speaks their shapes."""

from typing import Any

from tests.wire.variants.exchange import STREAM, chunk, events, post, said_whole, typed

MESSAGES = "https://api.anthropic.com/v1/messages"
START: dict[str, Any] = {
    "type": "message_start",
    "message": {
        "model": "claude-x",
        "content": [],
        "usage": {
            "input_tokens": 10,
            "cache_creation_input_tokens": 5,
            "cache_read_input_tokens": 7,
            "output_tokens": 1,
        },
    },
}


def block(index: int, content: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": content},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def ended(reason: str) -> list[dict[str, Any]]:
    last = {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 9}}
    return [last, {"type": "message_stop"}]


HALF = block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Hi"})
THOUGHT = block(
    0,
    {"type": "thinking", "thinking": "", "signature": ""},
    {"type": "thinking_delta", "thinking": "Hm"},
    {"type": "signature_delta", "signature": "sig"},
)
USED = block(
    1,
    {"type": "tool_use", "id": "t1", "name": "f", "input": {}},
    {"type": "input_json_delta", "partial_json": ""},
    {"type": "input_json_delta", "partial_json": '{"a": 1}'},
)
OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
VERTEX = "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/anthropic"
ANTHROPIC = (
    post(
        "thinking and a tool",
        MESSAGES,
        typed(START, {"type": "ping"}, *THOUGHT, *USED, *ended("tool_use")),
        headers=STREAM,
        vendor="anthropic",
        reasoning="Hm",
        signature="sig",
        calls=[("f", '{"a": 1}')],
        finish="tool_calls",
        usage=(22, 9, 7, 0),
    ),
    post(
        "overloaded after words",
        f"{MESSAGES}?beta=true",
        typed(START, *HALF, OVERLOADED),
        headers=STREAM,
        vendor="anthropic",
        text="Hi",
        error_kind="overloaded",
    ),
    *(
        post(
            reason,
            MESSAGES,
            typed(START, *HALF, *ended(reason)),
            headers=STREAM,
            vendor="anthropic",
            text="Hi",
            finish=finish,
            usage=(22, 9, 7, 0),
        )
        for reason, finish in (
            ("refusal", "content_filter"),
            ("model_context_window_exceeded", "length"),
            ("stop_sequence", "stop"),
        )
    ),
    post(
        "on Vertex",
        f"{VERTEX}/models/claude-x@20250514:streamRawPredict",
        typed(START, *HALF, *ended("end_turn")),
        headers=STREAM,
        vendor="anthropic",
        text="Hi",
        finish="stop",
        usage=(22, 9, 7, 0),
    ),
    post(
        "the old completion",
        "https://api.anthropic.com/v1/complete",
        {},
        vendor="anthropic",
        operation="unknown",
    ),
    post("a count", f"{MESSAGES}/count_tokens", {"input_tokens": 3}, vendor="anthropic", operation="unknown"),
)
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash"


def candidate(reason: str, *parts: dict[str, Any]) -> dict[str, Any]:
    found = {"content": {"role": "model", "parts": list(parts)}, "finishReason": reason, "index": 0}
    counts = {"promptTokenCount": 5, "candidatesTokenCount": 1, "thoughtsTokenCount": 7}
    return {"candidates": [found], "usageMetadata": counts}


CALL = {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"}
BLOCKED = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 5}}
GOOGLE = (
    post(
        "thoughts and a call",
        f"{GEMINI}:streamGenerateContent?alt=sse",
        events(candidate("STOP", {"text": "Hm", "thought": True}, {"text": "Hi"}, CALL), end=b""),
        headers=STREAM,
        vendor="google",
        reasoning="Hm",
        text="Hi",
        calls=[("f", '{"a":1}')],
        finish="tool_calls",
        usage=(5, 8, 0, 7),
    ),
    *(
        post(
            reason,
            f"{GEMINI}:generateContent",
            candidate(reason, {"text": "Hi"}),
            vendor="google",
            text="Hi",
            finish=finish,
            usage=(5, 8, 0, 7),
        )
        for reason, finish in (
            ("SAFETY", "content_filter"),
            ("SPII", "content_filter"),
            ("MAX_TOKENS", "length"),
        )
    ),
    post(
        "a blocked prompt", f"{GEMINI}:generateContent", BLOCKED, vendor="google", error_kind="content_filter"
    ),
    post(
        "a picture",
        GEMINI.replace("gemini-2.5-flash", "imagen-4.0-generate-001:predict"),
        {"predictions": [{"bytesBase64Encoded": "iVBO"}]},
        vendor="google",
        operation="unknown",
    ),
    post(
        "in OpenAI's shape",
        "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        said_whole(content="Hi"),
        vendor="openai_compatible",
        text="Hi",
        finish="stop",
    ),
)
RESPONSES = "https://api.openai.com/v1/responses"
RESPONSE = {
    "status": "completed",
    "model": "gpt-x",
    "output": [],
    "usage": {
        "input_tokens": 11,
        "input_tokens_details": {"cached_tokens": 3},
        "output_tokens": 12,
        "output_tokens_details": {"reasoning_tokens": 5},
    },
}
LIMITED = {"code": "rate_limit_exceeded", "message": "Please try again in 3.5s."}
TOO_LONG = {"code": "context_length_exceeded", "message": "Your input exceeds the context window"}
FILTERED = RESPONSE | {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}
WORDS = {"type": "response.output_text.delta", "output_index": 0, "delta": "Hi"}
OPENAI = (
    post(
        "failed by a limit",
        RESPONSES,
        typed({"type": "response.failed", "response": RESPONSE | {"status": "failed", "error": LIMITED}}),
        headers=STREAM,
        vendor="openai",
        error_kind="rate_limit",
        retry_after=3.5,
    ),
    post(
        "filtered",
        RESPONSES,
        typed(WORDS, {"type": "response.incomplete", "response": FILTERED}),
        headers=STREAM,
        vendor="openai",
        text="Hi",
        finish="content_filter",
        usage=(11, 12, 3, 5),
    ),
    post(
        "an error event",
        RESPONSES,
        typed({"type": "error", "error": TOO_LONG}),
        headers=STREAM,
        vendor="openai",
        error_kind="context_overflow",
    ),
    post("a compaction", f"{RESPONSES}/compact", RESPONSE, vendor="openai", operation="unknown"),
    post(
        "Azure's deployment",
        "https://res.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-10-21",
        events({"choices": [], "prompt_filter_results": []}, chunk({"content": "Hi"}), chunk({}, "stop")),
        headers=STREAM,
        vendor="azure_openai",
        text="Hi",
        finish="stop",
    ),
)
MAKERS = (*ANTHROPIC, *GOOGLE, *OPENAI)
