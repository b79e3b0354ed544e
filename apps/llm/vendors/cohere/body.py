"""A ChatRequest as the JSON of Cohere's /v2/chat. https://docs.cohere.com/reference/chat-stream

Reasoning and plans are not sent back: nothing asks for them, and newer models refuse a plan.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import orjson

from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    ErrorKind,
    FilePart,
    ImagePart,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from apps.llm.vendors.errors import error
from apps.llm.vendors.openai_words import PENALTIES, extra_of
from apps.llm.vendors.structured import schema_of

Wire = dict[str, Any]
_RESERVED = frozenset({"model", "messages", "stream"})
_THOUGHTLESS = frozenset({"none", "minimal"})
_TEXTUAL = frozenset({"application/json", "application/xml", "application/yaml", "application/x-ndjson"})
_NOT_TEXT = (
    "This model reads text files only. Nothing was sent. Attach the file to the chat's documents, or choose "
    "a model that reads such files."
)


def cohere_body(request: ChatRequest) -> bytes:
    """The body of a streamed call; raises VendorError (bad_request) for a file that is not text.

    `extra` goes out as it is, but never replaces model or messages.
    """
    body: Wire = {
        "model": request.model,
        "messages": [wire for message in request.messages for wire in _messages(message)],
        "stream": True,
    }
    files = [part for message in request.messages for part in message.parts if isinstance(part, FilePart)]
    if files:
        body["documents"] = [_document(number, part) for number, part in enumerate(files)]
    body |= _tools(request) | _settings(request)
    body |= extra_of(request, _RESERVED, PENALTIES)
    return orjson.dumps(body, default=dict)


def _settings(request: ChatRequest) -> Wire:
    settings = {
        "temperature": request.temperature,
        "p": request.top_p,
        "max_tokens": request.max_tokens,
        "stop_sequences": list(request.stop) or None,
        "seed": request.seed,
        "thinking": _thinking(request.reasoning_effort),
        "response_format": _response_format(request.response_format),
    }
    return {name: value for name, value in settings.items() if value is not None}


def _thinking(effort: str | None) -> Wire | None:
    """The host knows on and off; models that reason do so unless told not to."""
    if effort is None:
        return None
    return {"type": "disabled" if effort in _THOUGHTLESS else "enabled"}


def _response_format(wanted: Mapping[str, Any] | None) -> Wire | None:
    """OpenAI's response_format in Cohere's words: a bare schema without name and strictness."""
    found = schema_of(wanted)
    if found is None:
        return None
    return {"type": "json_object"} | ({"json_schema": found.schema} if found.is_given else {})


def _tools(request: ChatRequest) -> Wire:
    """The tools; to ask for one by name is to offer that one alone."""
    choice = request.tool_choice
    is_named = choice not in {None, "auto", "none", "required"}
    tools = [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
        }
        for tool in request.tools
        if not is_named or tool.name == choice
    ]
    if not tools:
        return {}
    if choice in {None, "auto"}:
        return {"tools": tools}
    return {"tools": tools, "tool_choice": "NONE" if choice == "none" else "REQUIRED"}


def _messages(message: ChatMessage) -> list[Wire]:
    """One message of ours can be several there: each tool result stands alone."""
    results = [
        {"role": "tool", "tool_call_id": part.id, "content": part.content}
        for part in message.parts
        if isinstance(part, ToolResultPart)
    ]
    calls = [_call(part) for part in message.parts if isinstance(part, ToolCallPart)]
    content = [wire for part in message.parts if (wire := _content(part)) is not None]
    if not content and not calls:
        return results
    said: Wire = {"role": message.role}
    if content:
        said["content"] = _plain(content)
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
    return {"id": part.id, "type": "function", "function": function}


def _content(part: Part) -> Wire | None:
    match part:
        case TextPart(text) if text:
            return {"type": "text", "text": text}
        case ImagePart(media_type, data):
            address = f"data:{media_type};base64,{b64encode(data).decode()}"
            return {"type": "image_url", "image_url": {"url": address}}
        case _:
            return None


def _document(number: int, part: FilePart) -> Wire:
    if not part.media_type.startswith("text/") and part.media_type not in _TEXTUAL:
        raise error(ErrorKind.BAD_REQUEST, message=_NOT_TEXT, detail=f"a file of type {part.media_type}")
    text = part.data.decode("utf-8", "replace")
    return {"id": f"doc:{number}", "data": {"title": part.name, "text": text}}
