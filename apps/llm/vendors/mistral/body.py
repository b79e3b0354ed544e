"""A ChatRequest as the JSON of Mistral's /chat/completions. https://docs.mistral.ai/api/

The host refuses fields that it does not know, so nothing of OpenAI's goes out by habit.
"""

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
from apps.llm.vendors.mistral.tool_ids import fitting_id
from apps.llm.vendors.openai_words import PARALLEL, PENALTIES, extra_of
from apps.llm.vendors.seals import opened, owner_of

Wire = dict[str, Any]
VENDOR = "mistral"
_RESERVED = frozenset({"model", "messages", "stream", "n"})
_CHOICES = {"auto": "auto", "none": "none", "required": "any"}
_THOUGHTLESS = frozenset({None, "none", "minimal"})


def mistral_body(request: ChatRequest) -> bytes:
    """The body of a streamed call; `extra` goes out as it is, but never replaces model or messages.

    Of sealed thoughts those of the model's own family go back.
    """
    owner = owner_of(VENDOR, request.model) if _thinks(request) else ""
    body: Wire = {
        "model": request.model,
        "messages": [wire for message in request.messages for wire in _messages(message, owner)],
        "stream": True,
    }
    body |= _tools(request) | _settings(request)
    body |= extra_of(request, _RESERVED, PENALTIES | {PARALLEL})
    return orjson.dumps(body, default=dict)


def _thinks(request: ChatRequest) -> bool:
    """Only a model that reasons takes its reasoning back."""
    return "magistral" in request.model or request.reasoning_effort not in _THOUGHTLESS


def _settings(request: ChatRequest) -> Wire:
    settings = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "max_tokens": request.max_tokens,
        "stop": list(request.stop) or None,
        "random_seed": request.seed,
        "reasoning_effort": _effort(request),
        "response_format": request.response_format,
    }
    return {name: value for name, value in settings.items() if value is not None}


def _effort(request: ChatRequest) -> str | None:
    """Most models know high and none, the large ones what lies between; magistral always reasons."""
    if request.reasoning_effort is None or "magistral" in request.model:
        return None
    if request.reasoning_effort in _THOUGHTLESS:
        return "none"
    return request.reasoning_effort if "large" in request.model else "high"


def _tools(request: ChatRequest) -> Wire:
    if not request.tools:
        return {}
    tools = [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
        }
        for tool in request.tools
    ]
    choice = request.tool_choice
    if choice is None:
        return {"tools": tools}
    named = {"type": "function", "function": {"name": choice}}
    return {"tools": tools, "tool_choice": _CHOICES.get(choice, named)}


def _messages(message: ChatMessage, owner: str) -> list[Wire]:
    """One message of ours can be several there: each tool result stands alone."""
    results = [
        {"role": "tool", "tool_call_id": fitting_id(part.id), "content": part.content}
        for part in message.parts
        if isinstance(part, ToolResultPart)
    ]
    calls = [_call(part) for part in message.parts if isinstance(part, ToolCallPart)]
    content = [wire for part in message.parts if (wire := _content(part, owner)) is not None]
    if not content and not calls:
        return results
    said: Wire = {"role": message.role, "content": _plain(content)}
    if calls:
        said["tool_calls"] = calls
    return [said, *results]


def _plain(content: list[Wire]) -> str | list[Wire]:
    """Words alone as one string; a list only where there is more than words."""
    if all(part["type"] == "text" for part in content):
        return "".join(part["text"] for part in content)
    return content


def _call(part: ToolCallPart) -> Wire:
    function = {"name": part.name, "arguments": part.arguments or "{}"}
    return {"id": fitting_id(part.id), "type": "function", "function": function}


def _content(part: Part, owner: str) -> Wire | None:
    match part:
        case TextPart(text) if text:
            return {"type": "text", "text": text}
        case ReasoningPart(text, signature):
            return _thought(text, signature, owner)
        case ImagePart(media_type, data):
            return {"type": "image_url", "image_url": _data_url(media_type, data)}
        case FilePart(name, media_type, data) if media_type.startswith("text/"):
            return {"type": "text", "text": f"{name}:\n{data.decode('utf-8', 'replace')}\n"}
        case FilePart(name, media_type, data):
            address = _data_url(media_type, data)
            return {"type": "document_url", "document_url": address, "document_name": name}
        case _:
            return None


def _thought(text: str, signature: str, owner: str) -> Wire | None:
    """A thought of the host's own, its signature too where it has one; nothing where `owner` is empty."""
    seal = opened(signature, owner) if signature else ("thinking", "")
    if not text or not owner or seal is None:
        return None
    wire: Wire = {"type": "thinking", "thinking": [{"type": "text", "text": text}]}
    return wire | ({"signature": seal[1]} if seal[1] else {})


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{b64encode(data).decode()}"
