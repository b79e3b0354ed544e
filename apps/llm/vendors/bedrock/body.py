"""A ChatRequest as the JSON of Bedrock's Converse."""

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import orjson

from apps.llm.vendors.anthropic.body import Body, arguments_of, system_parts, turns_of
from apps.llm.vendors.anthropic.traits import thinking_of, traits_of
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
from apps.llm.vendors.bedrock.events import VENDOR
from apps.llm.vendors.errors import error
from apps.llm.vendors.openai_words import WORDS
from apps.llm.vendors.seals import REDACTED, opened, owner_of
from apps.llm.vendors.structured import Schema, schema_of

_OWN_FIELDS = frozenset(
    {
        "additionalModelResponseFieldPaths",
        "guardrailConfig",
        "performanceConfig",
        "promptVariables",
        "requestMetadata",
        "serviceTier",
    }
)
_MODEL_FIELDS = "additionalModelRequestFields"
_NOT_THE_MODELS = _OWN_FIELDS | WORDS | {_MODEL_FIELDS, "model", "messages", "stream", "system"}
_OPEN_WEIGHTS = "openai.gpt-oss"
_CACHE_POINT = {"cachePoint": {"type": "default"}}
_FORMATS = {
    "application/pdf": "pdf",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/csv": "csv",
    "text/html": "html",
    "text/markdown": "md",
    "application/json": "txt",
    "application/xml": "txt",
}
_NO_SCHEMA = re.compile(r"(?:^|[./])(?:amazon|meta|ai21|cohere)\.")
_ID = re.compile(r"[^a-zA-Z0-9_.:-]")
_NAME = re.compile(r"[^a-zA-Z0-9\s\-()\[\]]+")
_UNREADABLE = (
    "This model cannot read the file's type. Nothing was sent. Attach a PDF, a picture or an office file."
)


def converse_body(request: ChatRequest, *, cache: bool = False) -> Body:
    """The body of a call; raises VendorError (bad request) for a file that Converse does not take.

    With `cache` the prompt so far is marked for the host's cache. Of `extra`, Converse's own fields go out
    as they are, all others to the model as additionalModelRequestFields.
    """
    schema = schema_of(request.response_format)
    answer_tool = schema.name if schema and not (schema.is_given and _takes_schema(request.model)) else ""
    body: dict[str, Any] = {"messages": _turns(request.messages, owner_of(VENDOR, request.model))}
    system = [{"text": part.text} for part in system_parts(request.messages)]
    if system:
        body["system"] = system
    tools = _tools(request, schema if answer_tool else None)
    if tools:
        body["toolConfig"] = tools
        _leave_choice(tools, request.model)
    _put_settings(body, request)
    if schema and not answer_tool:
        body.setdefault("outputConfig", {})["textFormat"] = _text_format(schema)
    if cache:
        _mark_for_cache(body)
    _put_extra(body, request.extra)
    return Body(orjson.dumps(body, default=dict), answer_tool)


def _turns(messages: tuple[ChatMessage, ...], owner: str) -> list[dict[str, Any]]:
    """Turns of user and assistant in alternation; a turn with a file also has words, as the host demands."""
    turns = turns_of(messages, lambda part: _block(part, owner))
    for turn in turns:
        content = turn["content"]
        content.sort(key=lambda block: "toolResult" not in block)
        files = [block["document"] for block in content if "document" in block]
        for number, file in enumerate(files[1:], start=2):
            file["name"] = f"{file['name']} ({number})"
        if files and not any("text" in block for block in content):
            content.append({"text": "Read the attached file."})
    return turns


def _block(part: Part, owner: str) -> dict[str, Any] | None:
    match part:
        case TextPart(text):
            return {"text": text} if text.strip() else None
        case ReasoningPart(text, signature):
            return _thought(text, opened(signature, owner))
        case ImagePart(media_type, data):
            return _image(media_type, data)
        case FilePart():
            return _document(part)
        case ToolCallPart(ident, name, arguments):
            call = {"toolUseId": _ID.sub("_", ident), "name": name, "input": arguments_of(arguments)}
            return {"toolUse": call}
        case ToolResultPart(ident, content, is_error):
            result = {"toolUseId": _ID.sub("_", ident), "content": [{"text": content or "(empty)"}]}
            return {"toolResult": {**result, "status": "error"} if is_error else result}


def _thought(text: str, seal: tuple[str, str] | None) -> dict[str, Any] | None:
    """Thinking goes back only as signed: the models that want it back refuse any other."""
    match seal:
        case (kind, token) if kind == REDACTED:
            return {"reasoningContent": {"redactedContent": token}}
        case (_, token):
            return {"reasoningContent": {"reasoningText": {"text": text, "signature": token}}}
    return None


def _image(media_type: str, data: bytes) -> dict[str, Any]:
    kind = media_type.partition(";")[0].strip().lower().removeprefix("image/")
    source = {"bytes": b64encode(data).decode()}
    return {"image": {"format": "jpeg" if kind == "jpg" else kind, "source": source}}


def _document(part: FilePart) -> dict[str, Any]:
    kind = part.media_type.partition(";")[0].strip().lower()
    if kind.startswith("image/"):
        return _image(kind, part.data)
    form = _FORMATS.get(kind, "txt" if kind.startswith("text/") else "")
    if not form:
        raise error(ErrorKind.BAD_REQUEST, message=_UNREADABLE, detail=f"file of type {kind}")
    name = " ".join(_NAME.sub(" ", part.name.rpartition(".")[0] or part.name).split())[:180] or "file"
    source = {"bytes": b64encode(part.data).decode()}
    return {"document": {"format": form, "name": name, "source": source}}


def _tools(request: ChatRequest, answer: Schema | None) -> dict[str, Any]:
    """Tools and the choice among them; calls in the history need their tools even where none is offered."""
    tools = [_tool(tool.name, tool.description, tool.parameters) for tool in request.tools]
    if answer is not None:
        tools.append(_tool(answer.name, answer.description, answer.schema))
        choice: dict[str, Any] = {"any": {}} if request.tools else {"tool": {"name": answer.name}}
        return {"tools": tools, "toolChoice": choice}
    if not tools:
        used = {
            part.name: None
            for message in request.messages
            for part in message.parts
            if isinstance(part, ToolCallPart)
        }
        tools = [_tool(name, "No longer offered.", {"type": "object"}) for name in used]
        return {"tools": tools} if tools else {}
    if request.tool_choice is None or request.tool_choice == "none":
        return {"tools": tools}
    named: dict[str, dict[str, Any]] = {"auto": {"auto": {}}, "required": {"any": {}}}
    choice = named.get(request.tool_choice, {"tool": {"name": request.tool_choice}})
    return {"tools": tools, "toolChoice": choice}


def _leave_choice(tools: dict[str, Any], model: str) -> None:
    """A call that cannot be forced is left to the model."""
    if "toolChoice" in tools and _is_claude(model) and not traits_of(model).takes_forced:
        tools["toolChoice"] = {"auto": {}}


def _tool(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    tool = {"name": name, "inputSchema": {"json": schema}}
    return {"toolSpec": {**tool, "description": description} if description else tool}


def _put_settings(body: dict[str, Any], request: ChatRequest) -> None:
    """Sampling, limits and the model's own way to think; what its generation refuses is left out."""
    settings: dict[str, Any] = {
        "maxTokens": request.max_tokens,
        "temperature": request.temperature,
        "topP": request.top_p,
        "stopSequences": [stop for stop in request.stop if stop.strip()] or None,
    }
    is_forced = not {"any", "tool"}.isdisjoint(body.get("toolConfig", {}).get("toolChoice", {}))
    if _is_claude(request.model):
        _put_claude(body, settings, request, is_forced=is_forced)
    else:
        _put_effort(body, settings, request)
    kept = {name: value for name, value in settings.items() if value is not None}
    if kept:
        body["inferenceConfig"] = kept


def _put_claude(
    body: dict[str, Any], settings: dict[str, Any], request: ChatRequest, *, is_forced: bool
) -> None:
    traits = traits_of(request.model)
    settings["maxTokens"] = settings["maxTokens"] or traits.output_tokens
    thinking: dict[str, Any] = {}
    if not is_forced and (traits.thinking != "budget" or _goes_on_thinking(body["messages"])):
        thinking, effort = thinking_of(traits, request.reasoning_effort, settings["maxTokens"])
        if effort:
            body["outputConfig"] = {"effort": effort}
    if thinking:
        body[_MODEL_FIELDS] = {"thinking": thinking}
    if thinking or not traits.takes_sampling:
        settings["temperature"] = settings["topP"] = None
    elif settings["temperature"] is not None:
        settings["topP"] = None


def _goes_on_thinking(turns: list[dict[str, Any]]) -> bool:
    """Whether thinking may be asked for: not between a call and its result when the thoughts are lost."""
    if len(turns) < len(("call", "result")) or "toolResult" not in turns[-1]["content"][0]:
        return True
    return "reasoningContent" in turns[-2]["content"][0]


def _put_effort(body: dict[str, Any], settings: dict[str, Any], request: ChatRequest) -> None:
    """The effort where the model takes one, and of the settings only those that it takes beside it.

    Nova 2 takes no limit and no sampling at its highest effort; OpenAI's models take no stops, those with
    closed weights no sampling and no effort either (each a ValidationException).
    """
    effort = None if request.reasoning_effort == "none" else request.reasoning_effort
    refused: tuple[str, ...] = ()
    if "nova-2" in request.model and effort:
        level = effort if effort in {"low", "medium"} else "low" if effort == "minimal" else "high"
        body[_MODEL_FIELDS] = {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": level}}
        refused = ("maxTokens", "temperature", "topP") if level == "high" else ()
    elif _OPEN_WEIGHTS in request.model:
        refused = ("stopSequences",)
        if effort:
            body[_MODEL_FIELDS] = {"reasoning_effort": effort}
    elif "openai." in request.model:
        refused = ("stopSequences", "temperature", "topP")
    settings |= dict.fromkeys(refused)


def _put_extra(body: dict[str, Any], extra: Mapping[str, Any]) -> None:
    own = {name: value for name, value in extra.items() if name in _OWN_FIELDS}
    models = {name: value for name, value in extra.items() if name not in _NOT_THE_MODELS}
    given = extra.get(_MODEL_FIELDS)
    fields = {**body.get(_MODEL_FIELDS, {}), **models, **(given if isinstance(given, Mapping) else {})}
    body |= own | ({_MODEL_FIELDS: fields} if fields else {})


def _is_claude(model: str) -> bool:
    return "anthropic" in model or "claude" in model


def _takes_schema(model: str) -> bool:
    return traits_of(model).takes_schema if _is_claude(model) else not _NO_SCHEMA.search(model)


def _text_format(schema: Schema) -> dict[str, Any]:
    definition = {"name": schema.name, "schema": orjson.dumps(schema.schema, default=dict).decode()}
    return {"type": "json_schema", "structure": {"jsonSchema": definition}}


def _mark_for_cache(body: dict[str, Any]) -> None:
    """Two marks: after the instructions, which stay, and after the last turn, which grows."""
    if "system" in body:
        body["system"].append(_CACHE_POINT)
    if body["messages"]:
        body["messages"][-1]["content"].append(_CACHE_POINT)
