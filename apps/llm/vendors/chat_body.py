"""A ChatRequest as the JSON of /chat/completions."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from apps.llm.vendors.reasoning_details import details_of
from apps.llm.vendors.seals import opened
from apps.llm.vendors.tool_calls import EXTRA

SUMMARY = "reasoning"
_RESERVED = frozenset({"model", "messages", "stream", "stream_options", "n"})


def _refuses_nothing(request: ChatRequest) -> frozenset[str]:
    del request
    return frozenset()


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where OpenAI-shaped hosts differ in what they accept.

    `refused` names the settings that would fail this very request, by the family of its model.
    `purpose_field` is where an embedding says whether it is of a query or of a passage. `reasoning_field` is
    where a host wants back what its model thought; elsewhere only what the host sealed is sent back.
    """

    auth_header: str = "Authorization"
    auth_prefix: str = "Bearer "
    max_tokens_field: str = "max_tokens"
    usage_option: bool = True
    refused: Callable[[ChatRequest], frozenset[str]] = _refuses_nothing
    image_format: str = "b64_json"
    purpose_field: str = ""
    reasoning_field: str = ""


STANDARD = Dialect()


def chat_body(request: ChatRequest, dialect: Dialect, owner: str = "") -> bytes:
    """The body of a streamed call; `extra` goes out as it is, but never replaces model or messages.

    `owner` is whose seals go back.
    """
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [
            wire for message in request.messages for wire in _wire_messages(message, dialect, owner)
        ],
        "stream": True,
    }
    if dialect.usage_option:
        body["stream_options"] = {"include_usage": True}
    body |= _tools(request)
    body |= _settings(request, dialect)
    body |= {name: value for name, value in request.extra.items() if name not in _RESERVED}
    return orjson.dumps(body, default=dict)


def _settings(request: ChatRequest, dialect: Dialect) -> dict[str, Any]:
    settings = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        dialect.max_tokens_field: request.max_tokens,
        "stop": list(request.stop) or None,
        "seed": request.seed,
        "reasoning_effort": request.reasoning_effort,
        "response_format": request.response_format,
    }
    refused = dialect.refused(request)
    return {name: value for name, value in settings.items() if value is not None and name not in refused}


def _tools(request: ChatRequest) -> dict[str, Any]:
    if not request.tools:
        return {}
    tools = [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
        }
        for tool in request.tools
    ]
    choice: str | Mapping[str, Any] | None = request.tool_choice
    if choice is None:
        return {"tools": tools}
    if choice not in {"auto", "none", "required"}:
        choice = {"type": "function", "function": {"name": choice}}
    return {"tools": tools, "tool_choice": choice}


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
