"""A ChatRequest as the JSON of generateContent. https://ai.google.dev/api/generate-content"""

from base64 import b64encode
from collections.abc import Iterator, Mapping
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
from apps.llm.vendors.google.calls import host_id
from apps.llm.vendors.google.signatures import TEXT, THOUGHT, for_unsigned_call, own
from apps.llm.vendors.google.thinking import thinking_config
from apps.llm.vendors.openai_words import extra_of
from apps.llm.vendors.structured import schema_of

Wire = dict[str, Any]
_RESERVED = frozenset({"contents", "model", "systemInstruction"})
_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}


def generate_body(request: ChatRequest) -> bytes:
    """The body of a call, streamed or not; `extra` goes out as it is and may refine generationConfig."""
    body: Wire = {"contents": _contents(request)}
    system = "\n\n".join(
        part.text
        for message in request.messages
        if message.role == "system"
        for part in message.parts
        if isinstance(part, TextPart)
    )
    if system:
        body["systemInstruction"] = {"parts": [{"text": system}]}
    body |= _tools(request)
    extra = extra_of(request, _RESERVED)
    config = _config(request) | dict(extra.pop("generationConfig", {}))
    if config:
        body["generationConfig"] = config
    return orjson.dumps(body | extra, default=dict)


def _contents(request: ChatRequest) -> list[Wire]:
    """Turns of user and model by turns: neighbours of one role are one, as parallel results must be."""
    names = {
        part.id: part.name
        for message in request.messages
        for part in message.parts
        if isinstance(part, ToolCallPart)
    }
    contents: list[Wire] = []
    for message in request.messages:
        if message.role == "system":
            continue
        parts = _parts(message, names, request.model)
        if not parts:
            continue
        role = "model" if message.role == "assistant" else "user"
        if contents and contents[-1]["role"] == role:
            contents[-1]["parts"] += parts
        else:
            contents.append({"role": role, "parts": parts})
    return contents


def _parts(message: ChatMessage, names: Mapping[str, str], model: str) -> list[Wire]:
    """The parts of one message; its first call bears a signature, its own or the host's substitute."""
    wires: list[Wire] = []
    is_signed = False
    for part in message.parts:
        match part:
            case ToolCallPart():
                token = own(part.signature)[1] or ("" if is_signed else for_unsigned_call(model))
                wires.append(_call(part) | ({"thoughtSignature": token} if token else {}))
                is_signed = True
            case ReasoningPart(text, signature):
                _put_signature(wires, text, *own(signature))
            case _:
                wires += _part(part, names)
    return wires


def _put_signature(wires: list[Wire], thought: str, kind: str, token: str) -> None:
    """A signature on what bore it: the text before it, a thought, or nothing; thoughts alone stay here."""
    if kind == TEXT and wires and wires[-1].keys() == {"text"}:
        wires[-1]["thoughtSignature"] = token
    elif kind == THOUGHT:
        wires.append({"text": thought, "thought": True, "thoughtSignature": token})
    elif token:
        wires.append({"text": "", "thoughtSignature": token})


def _part(part: Part, names: Mapping[str, str]) -> Iterator[Wire]:
    match part:
        case TextPart(text) if text:
            yield {"text": text}
        case ImagePart(media_type, data) | FilePart(_, media_type, data):
            yield {"inlineData": {"mimeType": media_type, "data": b64encode(data).decode()}}
        case ToolResultPart():
            yield _result(part, names.get(part.id, "tool"))


def _call(part: ToolCallPart) -> Wire:
    return {"functionCall": {"name": part.name, "args": _arguments(part.arguments)} | host_id(part.id)}


def _arguments(written: str) -> Wire:
    """Arguments as the object that the host wants; what is none goes in whole under `input`."""
    try:
        read = orjson.loads(written or "{}")
    except orjson.JSONDecodeError:
        read = written
    return read if isinstance(read, dict) else {"input": read}


def _result(part: ToolResultPart, name: str) -> Wire:
    word = "error" if part.is_error else "output"
    return {"functionResponse": {"name": name, "response": {word: part.content}} | host_id(part.id)}


def _tools(request: ChatRequest) -> Wire:
    if not request.tools:
        return {}
    declared = [_declaration(tool.name, tool.description, tool.parameters) for tool in request.tools]
    body: Wire = {"tools": [{"functionDeclarations": declared}]}
    choice = request.tool_choice
    if choice is None:
        return body
    calling: Wire = {"mode": _MODES.get(choice, "ANY")}
    if choice not in _MODES:
        calling["allowedFunctionNames"] = [choice]
    return body | {"toolConfig": {"functionCallingConfig": calling}}


def _declaration(name: str, description: str, parameters: Mapping[str, Any]) -> Wire:
    """The schema goes out as the JSON schema that it is; a tool without parameters must not have one."""
    wire: Wire = {"name": name, "description": description}
    if parameters.get("properties"):
        wire["parametersJsonSchema"] = parameters
    return wire


def _config(request: ChatRequest) -> Wire:
    settings = {
        "temperature": request.temperature,
        "topP": request.top_p,
        "maxOutputTokens": request.max_tokens,
        "stopSequences": list(request.stop) or None,
        "seed": request.seed,
        "frequencyPenalty": request.extra.get("frequency_penalty"),
        "presencePenalty": request.extra.get("presence_penalty"),
        "thinkingConfig": thinking_config(request.model, request.reasoning_effort),
    }
    kept = {name: value for name, value in settings.items() if value is not None}
    return kept if _must_call(request) else kept | _response_format(request.response_format)


def _must_call(request: ChatRequest) -> bool:
    """Whether a call is forced, beside which the host takes no response format."""
    return bool(request.tools) and request.tool_choice not in {None, "auto", "none"}


def _response_format(wanted: Mapping[str, Any] | None) -> Wire:
    """OpenAI's response_format in Gemini's words."""
    found = schema_of(wanted)
    if found is None:
        return {}
    config: Wire = {"responseMimeType": "application/json"}
    return config | ({"responseJsonSchema": found.schema} if found.is_given else {})
