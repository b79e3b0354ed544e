"""A ChatRequest as the JSON of Anthropic's /v1/messages."""

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from apps.llm.vendors.anthropic.traits import Traits, thinking_of, traits_of
from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    ErrorKind,
    FilePart,
    ImagePart,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from apps.llm.vendors.errors import error
from apps.llm.vendors.openai_words import PARALLEL, extra_of
from apps.llm.vendors.seals import REDACTED, opened, owner_of
from apps.llm.vendors.structured import Schema, schema_of

VENDOR = "anthropic"
_RESERVED = frozenset({"model", "messages", "stream", "system"})
_FORCED = frozenset({"any", "tool"})
_CACHED = {"type": "ephemeral"}
_UNREADABLE = (
    "This model cannot read the file's type. Nothing was sent. Attach a PDF, a picture or a text file."
)


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent; `answer_tool` names the tool whose arguments are the answer, where a schema needs one."""

    data: bytes
    answer_tool: str = ""


def message_body(request: ChatRequest, *, cache: bool = False) -> Body:
    """The body of a streamed call; raises VendorError (bad request) for a file that no model there reads.

    With `cache` the prompt so far is marked for the host's cache. Settings that the model's generation
    refuses are left out; `extra` goes out as it is, but never replaces the model or the messages.
    """
    traits = traits_of(request.model)
    schema = schema_of(request.response_format)
    answer_tool = schema.name if schema and not (traits.takes_schema and schema.is_given) else ""
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens or traits.output_tokens,
        "stream": True,
        "messages": wire_messages(request.messages, owner_of(VENDOR, request.model)),
    }
    system = [text_block(part.text) for part in system_parts(request.messages)]
    if system:
        body["system"] = system
    body |= _tools(request, schema if answer_tool else None)
    if not traits.takes_forced:
        _leave_choice(body)
    if traits.thinking == "budget" and not _goes_on_thinking(body["messages"]):
        request = replace(request, reasoning_effort=None)
    body |= _settings(request, traits, body)
    if schema and not answer_tool:
        body.setdefault("output_config", {})["format"] = {"type": "json_schema", "schema": schema.schema}
    if cache:
        _mark_for_cache(body)
    body |= extra_of(request, _RESERVED)
    return Body(orjson.dumps(body, default=dict), answer_tool)


def system_parts(messages: Iterable[ChatMessage]) -> list[TextPart]:
    """Every word of a system message, wherever it stands: there is one place for them."""
    return [
        part
        for message in messages
        if message.role == "system"
        for part in message.parts
        if isinstance(part, TextPart) and part.text.strip()
    ]


def turns_of(
    messages: Iterable[ChatMessage], block_of: Callable[[Part], dict[str, Any] | None]
) -> list[dict[str, Any]]:
    """Turns of user and assistant in alternation, with the blocks that parts become; no system messages."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = [block for part in message.parts if (block := block_of(part)) is not None]
        if not blocks:
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    return turns


def wire_messages(messages: Iterable[ChatMessage], owner: str) -> list[dict[str, Any]]:
    """Turns of user and assistant in alternation; results of tools are the user's, first in their turn.

    Thinking goes back only as `owner` sealed it: the host refuses any other.
    """
    turns = turns_of(messages, lambda part: _block(part, owner))
    for turn in turns:
        turn["content"].sort(key=lambda block: block["type"] != "tool_result")
    return turns


def _goes_on_thinking(turns: list[dict[str, Any]]) -> bool:
    """Whether thinking may be asked for: not between a call and its result when the thoughts are lost."""
    if len(turns) < len(("call", "result")) or turns[-1]["content"][0]["type"] != "tool_result":
        return True
    return turns[-2]["content"][0]["type"] in {"thinking", "redacted_thinking"}


def text_block(text: str) -> dict[str, Any]:
    """Words."""
    return {"type": "text", "text": text}


def _block(part: Part, owner: str) -> dict[str, Any] | None:
    match part:
        case TextPart(text):
            return text_block(text) if text.strip() else None
        case ReasoningPart(text, signature):
            return _thought(text, opened(signature, owner))
        case ImagePart(media_type, data):
            return {"type": "image", "source": _base64(media_type, data)}
        case FilePart():
            return _document(part)
        case ToolCallPart(ident, name, arguments):
            return {"type": "tool_use", "id": ident, "name": name, "input": arguments_of(arguments)}
        case ToolResultPart(ident, content, is_error):
            result = {"type": "tool_result", "tool_use_id": ident, "content": content or "(empty)"}
            return {**result, "is_error": True} if is_error else result


def _thought(text: str, seal: tuple[str, str] | None) -> dict[str, Any] | None:
    match seal:
        case (kind, token) if kind == REDACTED:
            return {"type": "redacted_thinking", "data": token}
        case (_, token):
            return {"type": "thinking", "thinking": text, "signature": token}
    return None


def _document(part: FilePart) -> dict[str, Any]:
    kind = part.media_type.partition(";")[0].strip().lower()
    if kind.startswith("image/"):
        return {"type": "image", "source": _base64(kind, part.data)}
    if kind == "application/pdf":
        return {"type": "document", "source": _base64(kind, part.data), "title": part.name}
    if kind.startswith("text/") or kind in {"application/json", "application/xml"}:
        text = part.data.decode("utf-8", "replace")
        source = {"type": "text", "media_type": "text/plain", "data": text}
        return {"type": "document", "source": source, "title": part.name}
    raise error(ErrorKind.BAD_REQUEST, message=_UNREADABLE, detail=f"file of type {kind}")


def _base64(media_type: str, data: bytes) -> dict[str, str]:
    return {"type": "base64", "media_type": media_type, "data": b64encode(data).decode()}


def arguments_of(written: str) -> dict[str, Any]:
    """The object that a model wrote as JSON; what is none is kept under `input`, so that nothing is lost."""
    try:
        value = orjson.loads(written or "{}")
    except orjson.JSONDecodeError:
        value = written
    return value if isinstance(value, dict) else {"input": value}


def _tools(request: ChatRequest, answer: Schema | None) -> dict[str, Any]:
    """Tools and the choice among them; a schema that the model does not take itself becomes a tool."""
    tools = [
        {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
        for tool in request.tools
    ]
    if answer is not None:
        tools.append({"name": answer.name, "description": answer.description, "input_schema": answer.schema})
        choice = {"type": "any"} if request.tools else {"type": "tool", "name": answer.name}
        return {"tools": tools, "tool_choice": choice}
    if not tools:
        return {}
    choice = _choice(request)
    return {"tools": tools, "tool_choice": choice} if choice else {"tools": tools}


def _choice(request: ChatRequest) -> dict[str, Any]:
    """What is asked of the tools; that calls come one by one is said here too."""
    asked = request.tool_choice
    one_by_one = request.extra.get(PARALLEL) is False and asked != "none"
    if asked is None and not one_by_one:
        return {}
    named = {None: {"type": "auto"}, "auto": {"type": "auto"}, "none": {"type": "none"}}
    named["required"] = {"type": "any"}
    choice: dict[str, Any] = named.get(asked, {"type": "tool", "name": asked})
    return {**choice, "disable_parallel_tool_use": True} if one_by_one else choice


def _leave_choice(body: dict[str, Any]) -> None:
    """A call that cannot be forced is left to the model."""
    choice = body.get("tool_choice", {})
    if choice.get("type") in _FORCED:
        body["tool_choice"] = {"type": "auto"} | {
            name: value for name, value in choice.items() if name not in {"type", "name"}
        }


def _settings(request: ChatRequest, traits: Traits, body: dict[str, Any]) -> dict[str, Any]:
    """Thinking excludes a forced tool and sampling; of temperature and top_p newer models take one."""
    settings: dict[str, Any] = {}
    stops = [stop for stop in request.stop if stop.strip()]
    if stops:
        settings["stop_sequences"] = stops
    if body.get("tool_choice", {}).get("type") not in _FORCED:
        thinking, effort = thinking_of(traits, request.reasoning_effort, body["max_tokens"])
        settings |= {"thinking": thinking} if thinking else {}
        settings |= {"output_config": {"effort": effort}} if effort else {}
    if "thinking" in settings or not traits.takes_sampling:
        return settings
    if request.temperature is not None:
        settings["temperature"] = min(request.temperature, 1.0)
    elif request.top_p is not None:
        settings["top_p"] = request.top_p
    return settings


def _mark_for_cache(body: dict[str, Any]) -> None:
    """Two marks: after the tools and instructions, which stay, and after the last turn, which grows."""
    for blocks in (body.get("system"), body["messages"][-1]["content"] if body["messages"] else None):
        if blocks and blocks[-1]["type"] not in {"thinking", "redacted_thinking"}:
            blocks[-1] = {**blocks[-1], "cache_control": _CACHED}
