"""Rare shapes of OpenAI Responses, Cohere, Mistral, Bedrock and Ollama, from their references."""

from apps.llm.vendors.base import ErrorKind, Usage
from tests.wire.dialects import bedrock, cohere, mistral, responses
from tests.wire.rare.shape import JSON, Rare, lines, named, refused, whole
from tests.wire.replay import Answer

K = ErrorKind
WEB = {"id": "ws", "type": "web_search_call", "status": "completed"}
NOTE = responses.event(
    "response.output_text.annotation.added", output_index=1, annotation={"type": "url_citation"}
)
RESPONSES = tuple(
    Rare(name, "openai", answer, text, settings={"api": "responses"}, **expected)
    for name, answer, text, expected in (
        (
            "a search at the host",
            responses.answer(
                responses.event("response.output_item.added", output_index=0, item=WEB),
                responses.event("response.web_search_call.searching", output_index=0, item_id="ws"),
                responses.event("response.output_item.done", output_index=0, item=WEB),
                *responses.words(1, "Hi"),
                NOTE,
                responses.end(),
            ),
            "Hi",
            {"usage": Usage(30, 9, 20, 4)},
        ),
        (
            "a refusal",
            responses.answer(
                responses.event("response.refusal.delta", output_index=0, delta="No."), responses.end()
            ),
            "No.",
            {"usage": Usage(30, 9, 20, 4)},
        ),
        (
            "an error of its own kind",
            responses.answer(
                named(
                    {"type": "error", "code": "rate_limit_exceeded", "message": "Please try again in 1.2s."}
                ).body[0]
            ),
            "",
            {"finish": None, "error": K.RATE_LIMIT, "retry_after": 1.2},
        ),
        (
            "not streamed, not whole",
            whole(
                {
                    "object": "response",
                    "status": "incomplete",
                    "incomplete_details": {"reason": "max_output_tokens"},
                    "output": [{"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}],
                }
            ),
            "Hi",
            {"finish": "length"},
        ),
    )
)
START = cohere.event(
    "citation-start", index=0, delta={"message": {"citations": {"text": "Hi", "sources": []}}}
)
REFERENCE = {"type": "reference", "reference_ids": [1]}
GUARDED = bedrock.answer(*bedrock.words(0, "Blocked."), *bedrock.end("guardrail_intervened"))
OTHERS = (
    Rare(
        "citations and a debug event",
        "cohere",
        cohere.answer(
            cohere.event("debug", prompt="p"),
            *cohere.words(0, "text", "Hi"),
            START,
            cohere.event("citation-end", index=0),
            cohere.end("COMPLETE"),
        ),
        "Hi",
        usage=Usage(30, 9, 20, 4, billed=(12, 5)),
    ),
    refused("a revoked token", "cohere", 498, {"message": "invalid token"}, K.AUTHENTICATION),
    refused("gone away", "cohere", 499, {"message": "request cancelled"}, K.INTERRUPTED),
    Rare(
        "references",
        "mistral",
        lines(
            *(
                {"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": reason}]}
                for content, reason in (
                    ([{"type": "text", "text": "H"}, REFERENCE], None),
                    ([{"type": "text", "text": "i"}], None),
                    ("", "stop"),
                )
            )
        ),
        "Hi",
    ),
    Rare(
        "thoughts with references",
        "mistral",
        Answer(
            [
                mistral.chunk(
                    {
                        "content": [
                            {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}, REFERENCE]}
                        ]
                    }
                ),
                mistral.chunk({"content": "Hi"}),
                mistral.chunk({}, "stop"),
                mistral.DONE,
            ]
        ),
        "Hi",
        "Hm",
        usage=Usage(30, 9, 20),
    ),
    Rare("a guardrail", "bedrock", GUARDED, "Blocked.", finish="content_filter", usage=Usage(33, 9, 20)),
    Rare(
        "a broken call",
        "bedrock",
        bedrock.answer(*bedrock.words(0, "Hi"), *bedrock.end("malformed_tool_use")),
        "Hi",
        finish=None,
        error=K.PROTOCOL,
    ),
    Rare(
        "a citation",
        "bedrock",
        bedrock.answer(
            *bedrock.deltas(0, {"text": "Hi"}, {"citation": {"title": "t"}}), *bedrock.end("end_turn")
        ),
        "Hi",
        usage=Usage(33, 9, 20),
    ),
    Rare(
        "a call's end of day",
        "bedrock",
        Answer(
            [b'{"message": "Too many tokens per day, please wait."}'],
            429,
            JSON,
            (("x-amzn-ErrorType", "ThrottlingException"),),
        ),
        finish=None,
        error=K.QUOTA,
    ),
    Rare(
        "an exception at once",
        "bedrock",
        Answer([bedrock.raised("modelStreamErrorException")], content_type=bedrock.BINARY),
        finish=None,
        error=K.SERVER,
    ),
    Rare(
        "an error line",
        "ollama",
        Answer(
            [b'{"message":{"content":"Hi"},"done":false}\n{"error":"runner stopped"}\n'],
            content_type="application/x-ndjson",
        ),
        "Hi",
        finish=None,
        error=K.SERVER,
        settings={"api": "native"},
    ),
    Rare(
        "generate, thinking",
        "ollama",
        Answer(
            [
                b'{"thinking":"Hm","response":"","done":false}\n{"response":"Hi","done":true,"done_reason":"stop"}\n'
            ],
            content_type="application/x-ndjson",
        ),
        "Hi",
        "Hm",
        settings={"api": "native"},
    ),
)
RARE = (*RESPONSES, *OTHERS)
