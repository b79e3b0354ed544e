"""How an exchange and its meaning are written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.llm.replay import Exchange

STREAM = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}
LINES = {"content-type": "application/x-ndjson"}


@dataclass(frozen=True, slots=True)
class Variant:
    """`expected`: fields of the played line that are not empty; `usage` as (in, out, cached, thought)."""

    name: str
    exchange: Exchange = field(repr=False)
    expected: Mapping[str, Any]


def post(
    name: str, url: str, body: Any, asked: Any = None, status: int = 200, headers: Any = JSON, **expected: Any
) -> Variant:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Variant(
        name, Exchange("POST", url, json.dumps(asked or {}).encode(), status, headers, data), expected
    )


def events(*said: dict[str, Any], named: bool = False, end: bytes = b"data: [DONE]\n\n") -> bytes:
    lines = [
        (f"event: {event['type']}\n" if named else "") + f"data: {json.dumps(event)}\n\n" for event in said
    ]
    return "".join(lines).encode() + end


def typed(*said: dict[str, Any]) -> bytes:
    """Anthropic's and Responses' events: named, without an end mark."""
    return events(*said, named=True, end=b"")


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return {"id": "c", "object": "chat.completion.chunk", "model": "m-1", "choices": [choice], **more}


def said_whole(**message: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    return {"model": "m-1", "choices": [choice]}
