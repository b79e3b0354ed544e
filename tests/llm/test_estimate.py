"""Tokens by estimate, where no host counted."""

from __future__ import annotations

from apps.llm.gateway.estimate import bytes_of_delta, tokens_of_bytes, tokens_of_request, tokens_of_texts
from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    ImagePart,
    TextDelta,
    TextPart,
    ToolCallDelta,
    ToolCallPart,
    ToolResultPart,
    ToolSpec,
)


def test_four_bytes_are_a_token() -> None:
    assert [tokens_of_bytes(size) for size in (0, 1, 4, 5)] == [0, 1, 1, 2]
    assert tokens_of_texts(["abcd", "你好"]) == 1 + 2
    assert bytes_of_delta(TextDelta("é")) == 2
    assert bytes_of_delta(ToolCallDelta(0, "i", "n", '{"a"')) == 4


def test_lone_surrogate_is_counted() -> None:
    assert bytes_of_delta(TextDelta("\ud800")) == 3


def test_request_counts_messages_images_and_tools() -> None:
    request = ChatRequest(
        "m",
        (
            ChatMessage("user", (TextPart("abcdefgh"), ImagePart("image/png", b"x"))),
            ChatMessage("assistant", (ToolCallPart("1", "f", '{"a":1}'),)),
            ChatMessage("tool", (ToolResultPart("1", "done"),)),
        ),
        tools=(ToolSpec("f", "does", {}),),
    )
    assert tokens_of_request(request) == 3 * 4 + 2 + 800 + 2 + 1 + 2
