"""Rare shapes of Anthropic and Google, from their references."""

from typing import Any

from apps.llm.vendors.base import ErrorKind, Usage
from tests.wire.dialects import anthropic
from tests.wire.dialects.anthropic import block
from tests.wire.rare.shape import Rare, lines, refused, whole
from tests.wire.replay import Answer

K = ErrorKind
COUNTED = Usage(33, 9, 20, 4)
SEARCHED = {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"encrypted_content": "E"}]}
CITED = {"type": "citations_delta", "citation": {"type": "web_search_result_location", "url": "u"}}
ANTHROPIC = (
    Rare(
        "a search at the host",
        "anthropic",
        anthropic.answer(
            *block(
                0,
                {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
                {"type": "input_json_delta", "partial_json": '{"query": "x"}'},
            ),
            *block(1, SEARCHED),
            *block(
                2, {"type": "text", "text": "", "citations": []}, CITED, {"type": "text_delta", "text": "Hi"}
            ),
            *anthropic.end("end_turn"),
        ),
        "Hi",
        usage=COUNTED,
    ),
    Rare(
        "a tool of an MCP server at the host",
        "anthropic",
        anthropic.answer(
            *block(0, {"type": "mcp_tool_use", "id": "m", "name": "x", "server_name": "s", "input": {}}),
            *block(1, {"type": "mcp_tool_result", "tool_use_id": "m", "content": []}),
            *anthropic.words(2, "Hi"),
            *anthropic.end("pause_turn"),
        ),
        "Hi",
        usage=COUNTED,
    ),
    Rare(
        "a call without arguments",
        "anthropic",
        anthropic.answer(*anthropic.tool(0, "now", ""), *anthropic.end("tool_use")),
        calls=(("toolu_now", "now", "{}"),),
        finish="tool_calls",
        usage=COUNTED,
    ),
    Rare(
        "overloaded at once",
        "anthropic",
        anthropic.in_stream("overloaded_error"),
        "Half",
        finish=None,
        error=K.OVERLOADED,
    ),
    Rare(
        "not streamed",
        "anthropic",
        whole(
            {
                "type": "message",
                "model": "claude-x",
                "content": [
                    {"type": "thinking", "thinking": "T", "signature": "S"},
                    {"type": "text", "text": "Hi", "citations": [{"type": "char_location"}]},
                    {"type": "tool_use", "id": "t", "name": "n", "input": {"b": "ü"}},
                ],
                "stop_reason": "tool_use",
                "usage": {"input_tokens": 5, "output_tokens": 9, "cache_read_input_tokens": 3},
            },
            marked=True,
        ),
        "Hi",
        "T",
        (("t", "n", '{"b":"ü"}'),),
        finish="tool_calls",
        usage=Usage(8, 9, 3),
    ),
    refused(
        "spent",
        "anthropic",
        400,
        {
            "type": "error",
            "error": {
                "type": "invalid_request_error",
                "message": "You have reached your specified API usage limits.",
            },
        },
        K.QUOTA,
    ),
    refused("a page", "anthropic", 529, "<html>", K.OVERLOADED),
)
USAGE = {
    "promptTokenCount": 10,
    "candidatesTokenCount": 5,
    "thoughtsTokenCount": 7,
    "cachedContentTokenCount": 4,
}
TOTAL = Usage(10, 12, 4, 7)


def gemini(*parts: dict[str, Any], finish: str | None = None, index: int = 0) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": index}
    if finish is None:
        return {"candidates": [candidate]}
    return {"candidates": [candidate | {"finishReason": finish}], "usageMetadata": USAGE}


def streamed(*events: Any) -> Answer:
    return lines(*events, between="\r\n\r\n", end="")


CODE = {"executableCode": {"language": "PYTHON", "code": "print(1)"}}
RAN = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}}
PICTURE = {"inlineData": {"mimeType": "image/png", "data": "iVBO"}}
FOUND = {
    "candidates": [{"groundingMetadata": {"webSearchQueries": ["q"]}, "index": 0}],
    "usageMetadata": USAGE,
}
PIECE = {"partialArgs": [{"jsonPath": "$.a.b[0]", "stringValue": "Kö"}], "willContinue": True}
LAST_PIECE = {
    "partialArgs": [{"jsonPath": "$.a.b[0]", "stringValue": "ln"}, {"jsonPath": "$.n", "numberValue": 2}]
}
GOOGLE = (
    Rare(
        "code at the host",
        "google",
        streamed(gemini(CODE), gemini(RAN), gemini({"text": "Hi"}, finish="STOP")),
        "Hi",
        usage=TOTAL,
    ),
    Rare(
        "a picture in the answer",
        "google",
        streamed(gemini({"text": "Hi"}, PICTURE), gemini(finish="STOP")),
        "Hi",
        usage=TOTAL,
    ),
    Rare(
        "sources after the end",
        "google",
        streamed(gemini({"text": "Hi"}, finish="STOP"), FOUND),
        "Hi",
        usage=TOTAL,
    ),
    Rare(
        "counts after the end",
        "google",
        streamed(
            {"candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]},
            {"usageMetadata": USAGE},
        ),
        "Hi",
        usage=TOTAL,
    ),
    Rare(
        "two candidates in turns",
        "google",
        streamed(
            gemini({"text": "A"}),
            gemini({"text": "B"}, index=1),
            gemini({"text": "a"}, finish="STOP"),
            gemini({"text": "b"}, finish="MAX_TOKENS", index=1),
        ),
        "Aa",
        usage=TOTAL,
    ),
    Rare(
        "an array",
        "google",
        whole([gemini({"text": "H"}), gemini({"text": "i"}, finish="STOP")], marked=True),
        "Hi",
        usage=TOTAL,
    ),
    Rare(
        "arguments in pieces",
        "google",
        streamed(
            gemini({"functionCall": {"name": "f", "id": "f1", "willContinue": True}}),
            gemini({"functionCall": PIECE}),
            gemini({"functionCall": LAST_PIECE}),
            gemini(finish="STOP"),
        ),
        calls=(("f1", "f", '{"a":{"b":["Köln"]},"n":2}'),),
        finish="tool_calls",
        usage=TOTAL,
    ),
    Rare(
        "arguments cut",
        "google",
        streamed(gemini({"functionCall": {"name": "f", "willContinue": True}}), gemini(finish="STOP")),
        finish=None,
        error=K.INTERRUPTED,
    ),
    Rare(
        "blocked without candidates",
        "google",
        streamed({"candidates": [], "promptFeedback": {"blockReason": "OTHER"}}),
        finish=None,
        error=K.CONTENT_FILTER,
    ),
)
RARE = (*ANTHROPIC, *GOOGLE)
