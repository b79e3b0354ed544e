"""Answers with thoughts that their vendor wants back, and how it wants them."""

from dataclasses import dataclass, field
from typing import Any

from apps.llm.vendors.base import ChatMessage
from tests.wire.dialects import anthropic, bedrock, chat, google, mistral, responses
from tests.wire.replay import Answer

ASKED = ChatMessage.text("user", "And?")


@dataclass(frozen=True)
class Case:
    """`others` are models, of the same vendor too, that must not see what was sealed."""

    slug: str
    model: str
    answer: Answer = field(repr=False)
    replayed: Any = field(repr=False)
    others: tuple[tuple[str, str], ...] = ()
    settings: dict[str, str] = field(default_factory=dict)


def summary(index: int, ident: str, *texts: str) -> list[bytes]:
    item = {"id": ident, "type": "reasoning", "summary": []}
    delta, added = "response.reasoning_summary_text.delta", "response.reasoning_summary_part.added"
    said = [{"type": "summary_text", "text": text} for text in texts]
    pieces = [
        piece
        for at, text in enumerate(texts)
        for piece in (
            responses.event(added, output_index=index, summary_index=at),
            responses.event(delta, output_index=index, summary_index=at, delta=text),
        )
    ]
    done = item | {"summary": said, "encrypted_content": f"blob-{ident}"}
    return [
        responses.event("response.output_item.added", output_index=index, item=item),
        *pieces,
        responses.event("response.output_item.done", output_index=index, item=done),
    ]


def reasoning_item(ident: str, *texts: str) -> dict[str, Any]:
    said = [{"type": "summary_text", "text": text} for text in texts]
    return {"type": "reasoning", "id": ident, "summary": said, "encrypted_content": f"blob-{ident}"}


def thinking(index: int, text: str, signature: str) -> list[bytes]:
    return anthropic.block(
        index,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": text},
        {"type": "signature_delta", "signature": signature},
    )


def detail(kind: str, index: int, **fields: Any) -> dict[str, Any]:
    return {"type": f"reasoning.{kind}", "format": "anthropic-claude-v1", "index": index, **fields}


SUMMED = [{"type": "summary_text", "text": "Hm. ", "signature": "s1"}]
CASES = (
    Case(
        "anthropic",
        "claude-haiku-4-5",
        anthropic.answer(
            *thinking(0, "First.", "c2lnMQ=="),
            *anthropic.block(1, {"type": "redacted_thinking", "data": "aGlkZGVu"}),
            *anthropic.words(2, "Half, ", "then "),
            *thinking(3, "Second.", "c2lnMg=="),
            *anthropic.words(4, "whole."),
            *anthropic.end("end_turn"),
        ),
        [
            {"type": "thinking", "thinking": "First.", "signature": "c2lnMQ=="},
            {"type": "redacted_thinking", "data": "aGlkZGVu"},
            {"type": "text", "text": "Half, then "},
            {"type": "thinking", "thinking": "Second.", "signature": "c2lnMg=="},
            {"type": "text", "text": "whole."},
        ],
    ),
    Case(
        "bedrock",
        "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
        bedrock.answer(
            *bedrock.deltas(
                0, {"reasoningContent": {"text": "First."}}, {"reasoningContent": {"signature": "c2lnMQ=="}}
            ),
            *bedrock.deltas(1, {"reasoningContent": {"redactedContent": "aGlkZGVu"}}),
            *bedrock.words(2, "Half, ", "then whole."),
            *bedrock.end("end_turn"),
        ),
        [
            {"reasoningContent": {"reasoningText": {"text": "First.", "signature": "c2lnMQ=="}}},
            {"reasoningContent": {"redactedContent": "aGlkZGVu"}},
            {"text": "Half, then whole."},
        ],
        others=(("bedrock", "eu.amazon.nova-2-lite-v1:0"),),
    ),
    Case(
        "openai",
        "gpt-5.5",
        responses.answer(
            *summary(0, "rs_1", "One.", "Two."),
            *responses.words(1, "Half, ", "then "),
            *summary(2, "rs_2"),
            *responses.words(3, "whole."),
            responses.end(),
        ),
        [
            reasoning_item("rs_1", "One.", "Two."),
            {"role": "assistant", "content": "Half, then "},
            reasoning_item("rs_2"),
            {"role": "assistant", "content": "whole."},
        ],
        others=(("openai", "gpt-4.1"), ("xai", "grok-4")),
        settings={"api": "responses"},
    ),
    Case(
        "google",
        "gemini-3-pro",
        Answer(
            [
                google.chunk({"text": "Hm.", "thought": True}),
                google.chunk({"text": "Half, "}),
                google.chunk({"text": "then whole.", "thoughtSignature": "dGV4dA=="}),
                google.chunk({"text": "", "thoughtSignature": "YWxvbmU="}, finish="STOP"),
            ]
        ),
        [
            {"text": "Half, then whole.", "thoughtSignature": "dGV4dA=="},
            {"text": "", "thoughtSignature": "YWxvbmU="},
        ],
    ),
    Case(
        "mistral",
        "magistral-medium-latest",
        Answer(
            [
                mistral.thought("First.", is_closed=True),
                mistral.chunk({"content": "Half, then "}),
                mistral.thought("Second.", is_closed=True),
                mistral.chunk({"content": "whole."}),
                mistral.chunk({"content": ""}, "stop"),
                mistral.DONE,
            ]
        ),
        [
            {"type": "thinking", "thinking": [{"type": "text", "text": "First."}]},
            {"type": "text", "text": "Half, then "},
            {"type": "thinking", "thinking": [{"type": "text", "text": "Second."}]},
            {"type": "text", "text": "whole."},
        ],
        others=(("mistral", "mistral-small-latest"),),
    ),
    Case(
        "deepseek",
        "deepseek-reasoner",
        chat.answer(chat.delta(reasoning_content="First."), *chat.words("Half, ", "then whole.")),
        {"role": "assistant", "content": "Half, then whole.", "reasoning_content": "First."},
        others=(("deepseek", "other-chat"),),
    ),
    Case(
        "openrouter",
        "anthropic/claude-haiku-4.5",
        chat.answer(
            chat.delta(reasoning="Fir", reasoning_details=[detail("text", 0, text="Fir")]),
            chat.delta(reasoning="st.", reasoning_details=[detail("text", 0, text="st.")]),
            chat.delta(reasoning_details=[detail("text", 0, signature="c2lnMQ==")]),
            chat.delta(reasoning_details=[detail("encrypted", 1, data="aGlkZGVu", id="r1")]),
            *chat.words("Half, ", "then whole."),
        ),
        {
            "role": "assistant",
            "content": "Half, then whole.",
            "reasoning_details": [
                detail("text", 0, text="First.", signature="c2lnMQ=="),
                detail("encrypted", 1, data="aGlkZGVu", id="r1"),
            ],
        },
        others=(("openrouter", "openai/gpt-5.5"), ("openrouter", "google/gemini-3-pro")),
    ),
    Case(
        "databricks",
        "databricks-claude-sonnet-4",
        chat.answer(
            chat.delta(content=[{"type": "reasoning", "summary": SUMMED}]),
            chat.delta(content=[{"type": "text", "text": "Half, then whole."}]),
        ),
        {
            "role": "assistant",
            "content": [
                {"type": "reasoning", "summary": SUMMED},
                {"type": "text", "text": "Half, then whole."},
            ],
        },
        others=(("databricks", "databricks-gpt-oss-120b"),),
    ),
)
