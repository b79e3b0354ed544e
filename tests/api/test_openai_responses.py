"""OpenAI's answers: every event is what the official client parses."""

from typing import Any

import orjson

from apps.api.openai.responses import DONE, ChunkWriter, Gathered, completion, embeddings, usage_of

USAGE = {"input_tokens": 5, "output_tokens": 2, "cached_tokens": 1, "reasoning_tokens": 0, "estimated": False}


def writer(*, include_usage: bool = False) -> ChunkWriter:
    return ChunkWriter(answer_id="chatcmpl-1", created=7, model="fast", include_usage=include_usage)


def parsed(event: bytes) -> dict[str, Any]:
    assert event.startswith(b"data: ")
    assert event.endswith(b"\n\n")
    found: dict[str, Any] = orjson.loads(event[6:])
    return found


def test_a_text_event() -> None:
    text = 'Zoë said "hi"\n🌍 \u2028'
    assert parsed(writer().text(text)) == {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 7,
        "model": "fast",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}],
    }
    assert writer().text(text).count(b"\n") == 2


def test_role_reasoning_and_tool_events() -> None:
    assert parsed(writer().role())["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert parsed(writer().reasoning("hm"))["choices"][0]["delta"] == {"reasoning_content": "hm"}
    call = {"index": 0, "id": "c1", "name": "now", "arguments": "{"}
    assert parsed(writer().tool_call(call))["choices"][0]["delta"]["tool_calls"] == [
        {"index": 0, "function": {"arguments": "{", "name": "now"}, "id": "c1", "type": "function"}
    ]


def test_the_end_without_and_with_usage() -> None:
    last, done, rest = writer().end("stop", USAGE).partition(b"data: [DONE]")
    assert parsed(last)["choices"] == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    assert "usage" not in parsed(last)
    assert done + rest == DONE
    events = writer(include_usage=True).end("length", USAGE).split(b"\n\n")
    assert orjson.loads(events[0][6:])["usage"] is None
    assert orjson.loads(events[1][6:])["choices"] == []
    assert orjson.loads(events[1][6:])["usage"]["total_tokens"] == 7
    assert events[2:] == [b"data: [DONE]", b""]


def test_a_whole_answer_with_a_tool_call() -> None:
    gathered = Gathered(thoughts=["hm"])
    gathered.add_call({"index": 0, "id": "c1", "name": "now", "arguments": "{"})
    gathered.add_call({"index": 0, "id": "", "name": "", "arguments": "}"})
    whole = orjson.loads(
        completion(
            answer_id="chatcmpl-1",
            created=7,
            model="fast",
            gathered=gathered,
            finish_reason="tool_calls",
            usage=USAGE,
        )
    )
    message = whole["choices"][0]["message"]
    assert message["content"] is None
    assert message["reasoning_content"] == "hm"
    assert message["tool_calls"] == [
        {"id": "c1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
    ]
    assert whole["usage"]["prompt_tokens_details"] == {"cached_tokens": 1}


def test_unknown_usage_is_none_and_not_zero() -> None:
    assert usage_of(None) is None


def test_vectors_keep_their_order() -> None:
    found = orjson.loads(embeddings(model="e", vectors=[[1.0], "AACAPw=="], usage=USAGE))
    assert [row["embedding"] for row in found["data"]] == [[1.0], "AACAPw=="]
    assert found["usage"] == {"prompt_tokens": 5, "total_tokens": 5}
