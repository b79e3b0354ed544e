"""A ChatRequest as the JSON of /chat/completions."""

from base64 import b64encode
from typing import Any

import orjson

from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from apps.llm.vendors.chat_events import DETAILS
from apps.llm.vendors.chat_settings import messages_of, settings_of
from apps.llm.vendors.dialect import Dialect
from apps.llm.vendors.reasoning_details import details_of
from apps.llm.vendors.seals import opened
from apps.llm.vendors.tool_calls import EXTRA

SUMMARY = "reasoning"


def chat_body(request: ChatRequest, dialect: Dialect, owner: str = "") -> bytes:
    """The body of a streamed call; `extra` goes out as it is, but never replaces model or messages.

    What the dialect lacks is left out. `owner` is whose seals go back.
    """
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [
            wire
            for message in messages_of(request, dialect)
            for wire in _wire_messages(message, dialect, owner)
        ],
        "stream": True,
    }
    if dialect.usage_option:
        body["stream_options"] = {"include_usage": True}
    return orjson.dumps(body | settings_of(request, dialect), default=dict)


def _wire_messages(message: ChatMessage, dialect: Dialect, owner: str) -> list[dict[str, Any]]:
    """One message of ours can be several there: each tool result stands alone."""
    results = [
        {"role": "tool", "tool_call_id": part.id, "content": part.content}
        for part in message.parts
        if isinstance(part, ToolResultPart)
    ]
    calls = [_call(part, owner) for part in message.parts if isinstance(part, ToolCallPart)]
    content = _content(message.parts, owner)
    if content is None and not calls:
        return results
    wire: dict[str, Any] = {"role": message.role, "content": content}
    if calls:
        wire["tool_calls"] = calls
    if message.role == "assistant":
        wire |= _details(message.parts, owner) or _thoughts(message.parts, dialect.reasoning_field, owner)
    return [wire, *results]


def _details(parts: tuple[Part, ...], owner: str) -> dict[str, Any]:
    """What the host gave as `reasoning_details`, item by item as it came."""
    seals = [opened(part.signature, owner) for part in parts if isinstance(part, ReasoningPart)]
    items = [item for seal in seals if seal and seal[0] == DETAILS for item in details_of(seal[1])]
    return {"reasoning_details": items} if items else {}


def _thoughts(parts: tuple[Part, ...], field: str, owner: str) -> dict[str, Any]:
    """What was thought; beside tool calls even nothing must be said (api-docs.deepseek.com, thinking)."""
    if not field:
        return {}
    thoughts = [part for part in parts if isinstance(part, ReasoningPart)]
    said = "".join(part.text for part in thoughts if not part.signature or opened(part.signature, owner))
    called = any(isinstance(part, ToolCallPart) for part in parts)
    return {field: said} if said or called else {}


def _call(part: ToolCallPart, owner: str) -> dict[str, Any]:
    function = {"name": part.name, "arguments": part.arguments or "{}"}
    wire: dict[str, Any] = {"id": part.id, "type": "function", "function": function}
    kind, token = opened(part.signature, owner) or ("", "")
    return wire | {"extra_content": orjson.loads(token)} if kind == EXTRA else wire


def _content(parts: tuple[Part, ...], owner: str) -> str | list[dict[str, Any]] | None:
    """Words alone as one string, which every host takes; a list only where there is more than words."""
    content = [wire for part in parts if (wire := _content_part(part, owner)) is not None]
    if not content:
        return None
    if all(wire["type"] == "text" for wire in content):
        return "".join(wire["text"] for wire in content)
    return content


def _content_part(part: Part, owner: str) -> dict[str, Any] | None:
    match part:
        case ReasoningPart(text, signature):
            return _summary(text, opened(signature, owner))
        case TextPart(text):
            return {"type": "text", "text": text}
        case ImagePart(media_type, data):
            return {"type": "image_url", "image_url": {"url": _data_url(media_type, data)}}
        case FilePart(name, media_type, data):
            return {"type": "file", "file": {"filename": name, "file_data": _data_url(media_type, data)}}
        case _:
            return None


def _summary(text: str, seal: tuple[str, str] | None) -> dict[str, Any] | None:
    """A signed summary as Databricks takes it back: docs.databricks.com, "Reasoning and thinking"."""
    if seal is None or seal[0] != SUMMARY:
        return None
    summary = {"type": "summary_text", "text": text, "signature": seal[1]}
    return {"type": SUMMARY, "summary": [summary]}


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{b64encode(data).decode()}"
