"""A ChatRequest as the JSON of POST /responses (platform.openai.com/docs/api-reference/responses/create)."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

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
from apps.llm.vendors.efforts import nearest
from apps.llm.vendors.openai_responses.habits import Habits
from apps.llm.vendors.openai_responses.sealed import sealed_by
from apps.llm.vendors.openai_words import PARALLEL, VERBOSITY, extra_of

LEAST_OUTPUT_TOKENS = 16
_RESERVED = frozenset({"model", "input", "instructions", "stream", "store", "n"})


def responses_body(request: ChatRequest, habits: Habits, *, summaries: bool = False) -> dict[str, Any]:
    """The body of a streamed call that the host does not keep (`store` is false).

    What the model's family rejects is left out; `extra` goes out as it is, but never replaces model or input.
    An output limit under 16 tokens, which the API refuses, becomes 16.
    """
    instructions, messages = _instructions(request, habits)
    host = habits.host if habits.seals(request.model) else ""
    body: dict[str, Any] = {
        "model": request.model,
        "input": [item for message in messages for item in _items(message, host)],
        "stream": True,
        "store": False,
    }
    if instructions:
        body["instructions"] = instructions
    if habits.seals(request.model):
        body["include"] = ["reasoning.encrypted_content"]
    body |= _reasoning(request, habits, summaries=summaries)
    body |= _tools(request)
    body |= _settings(request, habits)
    return body | extra_of(request, _RESERVED, {PARALLEL})


def _instructions(request: ChatRequest, habits: Habits) -> tuple[str, tuple[ChatMessage, ...]]:
    """The system messages at the beginning, and the rest; a later one keeps its place as a message."""
    if not habits.instructions:
        return "", request.messages
    count = next(
        (at for at, message in enumerate(request.messages) if message.role != "system"), len(request.messages)
    )
    leading = [_words(message.parts) for message in request.messages[:count]]
    return "\n\n".join(text for text in leading if text), request.messages[count:]


def _reasoning(request: ChatRequest, habits: Habits, *, summaries: bool) -> dict[str, Any]:
    reasoning: dict[str, Any] = {}
    if request.reasoning_effort and habits.takes_effort(request.model):
        reasoning["effort"] = nearest(request.reasoning_effort, habits.efforts(request.model))
    if summaries and habits.reasons(request.model):
        reasoning["summary"] = "auto"
    return {"reasoning": reasoning} if reasoning else {}


def _settings(request: ChatRequest, habits: Habits) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if request.max_tokens is not None:
        settings["max_output_tokens"] = max(request.max_tokens, LEAST_OUTPUT_TOKENS)
    if habits.samples(request.model, request.reasoning_effort):
        sampling = {"temperature": request.temperature, "top_p": request.top_p}
        settings |= {name: value for name, value in sampling.items() if value is not None}
    text = _text(request, habits)
    return settings | {"text": text} if text else settings


def _text(request: ChatRequest, habits: Habits) -> dict[str, Any]:
    """What the words must be like."""
    text: dict[str, Any] = {}
    if request.response_format is not None:
        text["format"] = _format(request.response_format)
    if request.extra.get(VERBOSITY) and habits.verbose(request.model):
        text[VERBOSITY] = request.extra[VERBOSITY]
    return text


def _format(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The flat shape that this API takes, from the nested one of chat completions."""
    schema = wanted.get("json_schema")
    if wanted.get("type") != "json_schema" or not isinstance(schema, Mapping):
        return dict(wanted)
    return {"type": "json_schema", "name": "answer", **schema}


def _tools(request: ChatRequest) -> dict[str, Any]:
    """Tools in the flat shape; strict only where asked, since that makes every parameter required."""
    if not request.tools:
        return {}
    tools = [
        {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
            "strict": tool.is_strict,
        }
        for tool in request.tools
    ]
    choice: str | Mapping[str, Any] | None = request.tool_choice
    if choice is None:
        return {"tools": tools}
    if choice not in {"auto", "none", "required"}:
        choice = {"type": "function", "name": choice}
    return {"tools": tools, "tool_choice": choice}


def _items(message: ChatMessage, host: str) -> Iterator[dict[str, Any]]:
    """One message of ours can be several items: reasoning, calls and results stand alone, in their order."""
    if message.role == "assistant":
        yield from _answer_items(message, host)
        return
    yield from _results(message.parts)
    content = [wire for part in message.parts if (wire := _input_part(part)) is not None]
    if content:
        words_only = all(wire["type"] == "input_text" for wire in content)
        yield {"role": message.role, "content": _words(message.parts) if words_only else content}


def _answer_items(message: ChatMessage, host: str) -> Iterator[dict[str, Any]]:
    for part in message.parts:
        match part:
            case ReasoningPart(text, signature):
                if sealed := sealed_by(signature, host):
                    yield sealed.item(text)
            case TextPart(text) if text:
                yield {"role": "assistant", "content": text}
            case ToolCallPart():
                yield {
                    "type": "function_call",
                    "call_id": part.id,
                    "name": part.name,
                    "arguments": part.arguments or "{}",
                }
            case _:
                pass
    yield from _results(message.parts)


def _results(parts: tuple[Part, ...]) -> Iterator[dict[str, Any]]:
    for part in parts:
        if isinstance(part, ToolResultPart):
            yield {"type": "function_call_output", "call_id": part.id, "output": part.content}


def _words(parts: tuple[Part, ...]) -> str:
    return "".join(part.text for part in parts if isinstance(part, TextPart))


def _input_part(part: Part) -> dict[str, Any] | None:
    match part:
        case TextPart(text):
            return {"type": "input_text", "text": text}
        case ImagePart(media_type, data):
            return {"type": "input_image", "image_url": _data_url(media_type, data), "detail": "auto"}
        case FilePart(name, media_type, data):
            return {"type": "input_file", "filename": name, "file_data": _data_url(media_type, data)}
        case _:
            return None


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{b64encode(data).decode()}"
