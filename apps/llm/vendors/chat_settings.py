"""What a ChatRequest asks beside its messages, in the words that a host takes."""

from collections.abc import Mapping
from typing import Any

import orjson

from apps.llm.vendors.base import ChatMessage, ChatRequest, TextPart, ToolSpec
from apps.llm.vendors.dialect import Dialect
from apps.llm.vendors.efforts import nearest
from apps.llm.vendors.openai_words import WORDS, extra_of
from apps.llm.vendors.structured import schema_of

_RESERVED = frozenset({"model", "messages", "stream", "stream_options", "n"})
_OBJECT, _SCHEMA, _TEXT = "json_object", "json_schema", "text"
_FORM = "Answer with one JSON object and nothing else. It must fit this JSON schema:\n{}"


def settings_of(request: ChatRequest, dialect: Dialect) -> dict[str, Any]:
    """Every setting of the request that the host takes, `extra` included."""
    settings = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        dialect.max_tokens_field: request.max_tokens,
        "stop": list(request.stop) or None,
        "seed": request.seed,
        "response_format": _format(request.response_format, dialect),
    }
    settings |= _tools(request, dialect) | _thinking(request, dialect)
    settings |= extra_of(request, _RESERVED, WORDS)
    left_out = dialect.refused(request) | dialect.lacks
    return {name: value for name, value in settings.items() if value is not None and name not in left_out}


def messages_of(request: ChatRequest, dialect: Dialect) -> tuple[ChatMessage, ...]:
    """The messages; where the host takes no schema, the instructions say what the answer must look like."""
    schema = schema_of(request.response_format)
    if schema is None or not schema.is_given or _SCHEMA in dialect.formats:
        return request.messages
    words = _FORM.format(orjson.dumps(schema.schema, default=dict).decode())
    first, *rest = request.messages
    if first.role != "system":
        return (ChatMessage.text("system", words), *request.messages)
    return (ChatMessage("system", (*first.parts, TextPart(f"\n\n{words}"))), *rest)


def _format(wanted: Mapping[str, Any] | None, dialect: Dialect) -> Mapping[str, Any] | None:
    if wanted is None or wanted.get("type") in dialect.formats:
        return wanted
    schema = schema_of(wanted)
    if schema is None:
        return None
    if _SCHEMA in dialect.formats:
        return {"type": _SCHEMA, _SCHEMA: {"name": schema.name, "schema": schema.schema}}
    return {"type": _OBJECT}


def _thinking(request: ChatRequest, dialect: Dialect) -> dict[str, Any]:
    """The effort in the host's words, or the switch that it has in place of one."""
    asked = request.reasoning_effort
    if dialect.thinks_not and (asked == "none" or (dialect.calls_unthinking and _must_call(request))):
        return dict(dialect.thinks_not)
    if asked is None:
        return {}
    effort = nearest(asked, dialect.efforts(request.model))
    return {"reasoning_effort": effort, **dialect.thinks}


def _must_call(request: ChatRequest) -> bool:
    return bool(request.tools) and request.tool_choice not in {None, "auto", "none"}


def _tools(request: ChatRequest, dialect: Dialect) -> dict[str, Any]:
    choice = request.tool_choice
    tools = [tool for tool in request.tools if dialect.names_tool or tool.name == choice] or request.tools
    if not tools:
        return {}
    return {"tools": [_tool(tool) for tool in tools], "tool_choice": _choice(choice, dialect)}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    strict = {"strict": True} if tool.is_strict else {}
    return {"type": "function", "function": function | strict}


def _choice(choice: str | None, dialect: Dialect) -> str | dict[str, Any] | None:
    if choice in {None, "auto", "none", "required"}:
        return choice
    if not dialect.names_tool:
        return "required"
    return {"type": "function", "function": {"name": choice}}
