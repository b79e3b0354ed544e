"""One documented shape that no recording here holds: what the host sends, and what must come of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.llm.vendors.base import ErrorKind, Usage
from tests.wire.replay import Answer

JSON = "application/json"
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Rare:
    """`finish` and `error` exclude each other; `calls` are (id, name, arguments), the id "*" being ours."""

    name: str
    slug: str
    answer: Answer = field(repr=False)
    text: str = ""
    reasoning: str = ""
    calls: tuple[tuple[str, str, str], ...] = ()
    finish: str | None = "stop"
    usage: Usage | None = None
    error: ErrorKind | None = None
    retry_after: float | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


def refused(
    name: str, slug: str, status: int, body: Any, kind: ErrorKind, wait: float | None = None, **headers: str
) -> Rare:
    """An answer whose status says that it is none; `body` as text is sent as a page."""
    is_text = isinstance(body, str)
    data = body if is_text else json.dumps(body)
    sent = tuple((header.replace("_", "-"), value) for header, value in headers.items())
    answer = Answer([data.encode()], status, "text/html" if is_text else JSON, sent)
    return Rare(name, slug, answer, finish=None, error=kind, retry_after=wait)


def lines(*events: Any, between: str = "\n\n", end: str = "data: [DONE]\n\n") -> Answer:
    """Events without names."""
    return Answer(["".join(f"data: {json.dumps(event)}{between}" for event in events).encode(), end.encode()])


def named(*events: dict[str, Any]) -> Answer:
    """Events with their `type` as name."""
    return Answer([f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events])


def whole(body: Any, *, marked: bool = False) -> Answer:
    """A body in one piece, with a byte order mark where `marked`."""
    return Answer([(BOM if marked else b"") + json.dumps(body).encode()], content_type=JSON)
