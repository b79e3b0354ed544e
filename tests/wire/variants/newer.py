"""Newer models and odd relays, in the shapes that their hosts' own clients are tested with (2026-11-23)."""

import json
from typing import Any

from tests.wire.variants.exchange import JSON, STREAM, chunk, events, post, said_whole, typed
from tests.wire.variants.hosts import COUNTED
from tests.wire.variants.makers import GEMINI, HALF, MESSAGES, RESPONSE, RESPONSES, START, candidate, ended

OPENAI = "https://api.openai.com/v1/chat/completions"
GEMINI_AS_OPENAI = "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions"
MISTRAL = "https://api.mistral.ai/v1/chat/completions"
DATABRICKS = "https://adb-1.2.azuredatabricks.net/serving-endpoints/chat/completions"
TGI = "https://router.huggingface.co/v1/chat/completions"
OLLAMA = "http://127.0.0.1:11434/api/chat"


def call(name: str | None, arguments: str, ident: str = "", **more: Any) -> dict[str, Any]:
    return {"id": ident, "function": {"name": name, "arguments": arguments}, **more}


def calling(*calls: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return chunk({"tool_calls": list(calls)}, finish)


def custom(**fields: Any) -> dict[str, Any]:
    return {"index": 0, "type": "custom", "custom": fields}


TWICE: dict[str, Any] = {"calls": [("f", '{"x": 1}'), ("f", '{"x": 2}')], "finish": "tool_calls"}
FREE_CALL = {"type": "custom_tool_call", "call_id": "c1", "name": "sql", "input": "SELECT 1;"}
FREE: dict[str, Any] = {"calls": [("sql", "SELECT 1;")], "finish": "tool_calls"}
CALLS = (
    post(
        "calls without ids under one index",
        GEMINI_AS_OPENAI,
        events(*(calling(call("f", f'{{"x": {number}}}', index=0)) for number in (1, 2)), chunk({}, "stop")),
        headers=STREAM,
        vendor="openai_compatible",
        **TWICE,
    ),
    post(
        "a name in each fragment of one call",
        OPENAI,
        events(
            calling(call("f", '{"x": {}', index=0)), calling(call("f", "}", index=0)), calling(finish="stop")
        ),
        headers=STREAM,
        calls=[("f", '{"x": {}}')],
        finish="tool_calls",
    ),
    post(
        "ids that are no ids",
        MISTRAL,
        events(
            calling(call("f", '{"x"', "D681PevKs")), calling(call("", ": 1}", "null"), finish="tool_calls")
        ),
        headers=STREAM,
        vendor="mistral",
        calls=[("f", '{"x": 1}')],
        finish="tool_calls",
    ),
    post(
        "a fragment in no list",
        TGI,
        events(
            chunk({"tool_calls": call("f", '{"x"', index=0)}),
            chunk({"tool_calls": call(None, ": 1}", index=0)}),
            chunk({}, "stop"),
        ),
        headers=STREAM,
        vendor="huggingface",
        calls=[("f", '{"x": 1}')],
        finish="tool_calls",
    ),
    post(
        "free text to a tool",
        OPENAI,
        events(
            calling(custom(name="sql", input="") | {"id": "c1"}),
            calling(custom(input="SELECT")),
            calling(custom(input=" 1;")),
            chunk({}, "tool_calls"),
        ),
        headers=STREAM,
        vendor="openai",
        **FREE,
    ),
    *(
        post(
            f"free text to a tool, {name}",
            RESPONSES,
            body,
            headers=headers,
            vendor="openai",
            usage=(11, 12, 3, 5),
            **FREE,
        )
        for name, body, headers in (
            (
                "in pieces",
                typed(
                    {"type": "response.output_item.added", "output_index": 1,
                     "item": FREE_CALL | {"input": ""}},
                    {"type": "response.custom_tool_call_input.delta", "output_index": 1, "delta": "SELECT"},
                    {"type": "response.custom_tool_call_input.delta", "output_index": 1, "delta": " 1;"},
                    {"type": "response.output_item.done", "output_index": 1,
                     "item": FREE_CALL},
                    {"type": "response.completed", "response": RESPONSE},
                ),
                STREAM,
            ),
            (
                "whole",
                RESPONSE | {"object": "response", "output": [
                    FREE_CALL
                ]},
                JSON,
            ),
        )
    ),
    post(
        "a call that code at the host made",
        MESSAGES,
        typed(
            {
                "type": "message_start",
                "message": START["message"]
                | {
                    "stop_reason": "tool_use",
                    "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}],
                },
            },
            {"type": "message_stop"},
        ),
        headers=STREAM,
        vendor="anthropic",
        calls=[("f", '{"a":1}')],
        finish="tool_calls",
        usage=(22, 1, 7, 0),
    ),
)  # fmt: skip
CODE = {"executableCode": {"language": "PYTHON", "code": "print(1)"}}
RAN = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}}
OPEN = {"name": "f", "willContinue": True}
PIECE = {"partialArgs": [{"jsonPath": "$.x", "numberValue": 1}], "willContinue": True}
GOOGLE = (
    *(
        post(
            f"code that has run, {name}",
            f"{GEMINI}:generateContent",
            candidate("STOP", *parts),
            vendor="google",
            text="Hi",
            finish="stop",
            usage=(5, 8, 0, 7),
        )
        for name, parts in (
            ("then words", (CODE, RAN, {"text": "Hi"})),
            ("last", ({"text": "Hi"}, CODE, RAN)),
        )
    ),
    post(
        "arguments in pieces, two calls",
        f"{GEMINI}:streamGenerateContent?alt=sse",
        events(
            *({"candidates": [{"content": {"parts": [{"functionCall": piece}]}}]} for piece in (OPEN, PIECE)),
            {"candidates": [{"content": {"parts": [{"functionCall": {"name": "g"}}]}}]},
            candidate("STOP", {"functionCall": {"name": "f", "partialArgs": PIECE["partialArgs"]}}),
            end=b"",
        ),
        headers=STREAM,
        vendor="google",
        calls=[("f", '{"x":1}'), ("g", "{}"), ("f", '{"x":1}')],
        finish="tool_calls",
        usage=(5, 8, 0, 7),
    ),
)
RELAYS = (
    post(
        "counts that come to nothing",
        MESSAGES,
        typed(START, *HALF, ended("end_turn")[0] | {"usage": {"input_tokens": 0, "output_tokens": 9}}),
        headers=STREAM,
        vendor="anthropic",
        text="Hi",
        finish="stop",
        usage=(22, 9, 7, 0),
    ),
    post(
        "an error with a code of its own name",
        DATABRICKS,
        events(chunk({"content": "Hi"}), {"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "Exceeded"}),
        headers=STREAM,
        vendor="databricks",
        text="Hi",
        error_kind="rate_limit",
    ),
    post(
        "OpenAI's shape",
        "https://api.cohere.ai/compatibility/v1/chat/completions",
        said_whole(content="Hi"),
        vendor="openai_compatible",
        text="Hi",
        finish="stop",
    ),
    post(
        "lines that are called JSON",
        OLLAMA,
        b'{"message": {"content": "H\xff"}, "done": false}\n'
        + json.dumps({"message": {"content": "i"}, "done": True, "eval_count": 2}).encode(),
        headers=JSON,
        vendor="ollama",
        text="H\ufffdi",
        finish="stop",
        usage=(0, 2, 0, 0),
    ),
    post(
        "cached under another name",
        MISTRAL,
        events(chunk({"content": "Hi"}, "stop", usage=COUNTED | {"num_cached_tokens": 2})),
        headers=STREAM,
        vendor="mistral",
        text="Hi",
        finish="stop",
        usage=(3, 2, 2, 0),
    ),
)
ERRORS = (
    post("a limit by size", MISTRAL, {"message": "Rate limit exceeded"}, status=429, vendor="mistral",
         headers=JSON | {"ratelimitbysize-reset": "37", "ratelimitbysize-remaining": "0"},
         error_kind="rate_limit", retry_after=37.0),
    *(
        post(f"{kind}: {name}", url, {"error": told}, status=status, error_kind=kind, vendor=vendor)
        for name, url, vendor, status, told, kind in (
            ("no such model", "https://api.deepseek.com/chat/completions", "deepseek", 400,
             {"message": "Model Not Exist"}, "not_found"),
            ("a blocked account", "https://api.groq.com/openai/v1/chat/completions", "groq", 400,
             {"message": "Organization has been restricted", "code": "organization_restricted"},
             "authentication"),
            ("a busy model", TGI, "huggingface", 503, "Model too busy, unable to get response", "overloaded"),
            ("a long body", f"{GEMINI}:generateContent", "google", 400,
             {"code": 400, "message": "Request payload size exceeds the limit: 20971520 bytes."},
             "context_overflow"),
            ("a long text", OPENAI, "openai", 400, {"message": "too long", "code": "string_above_max_length"},
             "context_overflow"),
            ("a rise too steep", OPENAI, "openai", 503, {"message": "Slow down", "code": "slow_down"},
             "rate_limit"),
        )
    ),
    post(
        "a picture that it cannot read",
        RESPONSES,
        typed({"type": "response.failed", "response": RESPONSE | {"status": "failed",
               "error": {"code": "invalid_base64_image", "message": "bad"}}}),
        headers=STREAM,
        vendor="openai",
        error_kind="bad_request",
    ),
    post(
        "a guardrail",
        DATABRICKS,
        {"error_code": "BAD_REQUEST", "message": '{"finish_reason": "input_guardrail_triggered"}'},
        status=400,
        vendor="databricks",
        error_kind="content_filter",
    ),
)  # fmt: skip
NEWER = (*CALLS, *GOOGLE, *RELAYS, *ERRORS)
