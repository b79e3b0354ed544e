"""A model host that streams mock answers in each native dialect: the work of a token on the other side.

The prompt's directive `[[mock n=TOKENS itl=MILLISECONDS` sets length and pace. Every token is one write.

    python bench/native_mock.py --port 9100
"""

import argparse
import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from struct import pack
from zlib import crc32

import uvloop

_DIRECTIVE = re.compile(rb"\[\[mock n=(\d+) itl=([\d.]+)")
SSE = "text/event-stream"
LINES = "application/x-ndjson"
BINARY = "application/vnd.amazon.eventstream"


@dataclass(frozen=True, slots=True)
class Stream:
    """What comes first, for each token, and last."""

    begin: bytes
    token: bytes
    end: bytes
    content_type: str = SSE


def data(value: object, name: str = "") -> bytes:
    """One server-sent event."""
    return (f"event: {name}\n" if name else "").encode() + f"data: {json.dumps(value)}\n\n".encode()


def named(kind: str, **fields: object) -> bytes:
    """One event that repeats its name in its data."""
    return data({"type": kind, **fields}, kind)


def framed(name: str, payload: object) -> bytes:
    """One message of Amazon's event stream."""
    headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    raw = b"".join(
        bytes([len(key)]) + key.encode() + b"\x07" + pack(">H", len(value)) + value.encode()
        for key, value in headers.items()
    )
    body = json.dumps(payload).encode()
    prelude = pack(">II", 16 + len(raw) + len(body), len(raw))
    message = prelude + pack(">I", crc32(prelude)) + raw + body
    return message + pack(">I", crc32(message))


def anthropic() -> Stream:
    """Messages."""
    usage = {"input_tokens": 5, "output_tokens": 1}
    message = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "mock",
        "content": [],
        "usage": usage,
    }
    block = {"type": "text", "text": ""}
    return Stream(
        named("message_start", message={**message, "stop_reason": None, "stop_sequence": None})
        + named("content_block_start", index=0, content_block=block),
        named("content_block_delta", index=0, delta={"type": "text_delta", "text": "word "}),
        named("content_block_stop", index=0)
        + named("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage=usage)
        + named("message_stop"),
    )


def bedrock() -> Stream:
    """ConverseStream."""
    usage = {"inputTokens": 5, "outputTokens": 5, "totalTokens": 10}
    return Stream(
        framed("messageStart", {"role": "assistant", "p": "abcdef"}),
        framed(
            "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "word "}, "p": "abcdefghijklmn"}
        ),
        framed("contentBlockStop", {"contentBlockIndex": 0})
        + framed("messageStop", {"stopReason": "end_turn"})
        + framed("metadata", {"usage": usage, "metrics": {"latencyMs": 5}}),
        BINARY,
    )


def google() -> Stream:
    """GenerateContent."""
    counts = {"promptTokenCount": 5, "candidatesTokenCount": 5, "totalTokenCount": 10}
    content = {"parts": [{"text": "word "}], "role": "model"}
    chunk = {
        "candidates": [{"content": content, "index": 0}],
        "usageMetadata": counts,
        "modelVersion": "mock",
    }
    last = {"candidates": [{"content": {"parts": []}, "finishReason": "STOP"}], "usageMetadata": counts}
    return Stream(b"", data(chunk), data(last))


def cohere() -> Stream:
    """Chat, version 2."""
    begun = {"type": "message-start", "id": "m", "delta": {"message": {"role": "assistant"}}}
    content = {"message": {"content": {"text": "word "}}}
    usage = {"tokens": {"input_tokens": 5, "output_tokens": 5}}
    over = {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}}
    return Stream(
        data(begun, "message-start"),
        data({"type": "content-delta", "index": 0, "delta": content}, "content-delta"),
        data(over, "message-end"),
    )


def responses() -> Stream:
    """OpenAI's Responses."""
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "content": [], "status": "in_progress"}
    usage = {"input_tokens": 5, "output_tokens": 5, "total_tokens": 10}
    over = {"id": "resp_1", "status": "completed", "model": "mock", "output": [], "usage": usage}
    begun = {"id": "resp_1", "status": "in_progress", "model": "mock", "output": []}
    return Stream(
        named("response.created", sequence_number=0, response=begun)
        + named("response.output_item.added", sequence_number=1, output_index=0, item=message),
        named("response.output_text.delta", sequence_number=4, **place, delta="word ", logprobs=[]),
        named("response.completed", sequence_number=9, response=over),
    )


def chat() -> Stream:
    """Chat completions, as Mistral and the lean adapter read them."""
    place = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "mock"}
    token = {**place, "choices": [{"index": 0, "delta": {"content": "word "}, "finish_reason": None}]}
    usage = {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10}
    last = {
        **place,
        "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}],
        "usage": usage,
    }
    return Stream(b"", data(token), data(last) + b"data: [DONE]\n\n")


def ollama() -> Stream:
    """Lines of Ollama's own API."""
    token = {"model": "mock", "message": {"role": "assistant", "content": "word "}, "done": False}
    last = {"model": "mock", "done": True, "done_reason": "stop", "prompt_eval_count": 5, "eval_count": 5}
    said, ended = (json.dumps(line).encode() + b"\n" for line in (token, last))
    return Stream(b"", said, ended, LINES)


def completions() -> Stream:
    """Text completions."""
    place = {"id": "c", "object": "text_completion", "model": "mock"}
    token = {**place, "choices": [{"index": 0, "text": "word ", "finish_reason": None}]}
    last = {**place, "choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}
    return Stream(b"", data(token), data(last) + b"data: [DONE]\n\n")


PATHS: tuple[tuple[str, Callable[[], Stream]], ...] = (
    ("/messages", anthropic),
    ("converse-stream", bedrock),
    ("streamGenerateContent", google),
    ("/responses", responses),
    ("/chat/completions", chat),
    ("/completions", completions),
    ("/api/chat", ollama),
    ("/chat", cohere),
)
STREAMS = {path: make() for path, make in PATHS}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request of one connection."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
            body = await reader.readexactly(int(length[1]) if length else 0)
            path = head.split(b" ", 2)[1].decode()
            stream = next(stream for part, stream in STREAMS.items() if part in path)
            asked = _DIRECTIVE.search(body)
            await answer(writer, stream, *((int(asked[1]), float(asked[2])) if asked else (1, 0.0)))
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def answer(writer: asyncio.StreamWriter, stream: Stream, tokens: int, interval: float) -> None:
    """Pieces as chunks, each token in a write of its own, `interval` milliseconds apart."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {stream.content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head.encode() + chunked(stream.begin))
    piece = chunked(stream.token)
    for _ in range(tokens):
        await asyncio.sleep(interval / 1000)
        writer.write(piece)
    writer.write(chunked(stream.end) + b"0\r\n\r\n")
    await writer.drain()


def chunked(piece: bytes) -> bytes:
    """One HTTP chunk, nothing for nothing."""
    return b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b""


async def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description="mock of the native dialects")
    parser.add_argument("--port", type=int, required=True)
    server = await asyncio.start_server(serve, "127.0.0.1", parser.parse_args().port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
