"""Reads the JSON of a chat request into our own values, or refuses it in OpenAI's words. Pure.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apps.api.openai.errors import invalid
from apps.api.openai.fields import body_object, flag, model_named, number, text, unrecognised, whole
from apps.api.openai.messages import read_messages
from apps.api.openai.stated import stated_class
from apps.llm.vendors.base import ChatRequest, ToolSpec
from apps.llm.vendors.openai_words import WORDS

IGNORED = frozenset(
    {
        "user",
        "metadata",
        "service_tier",
        "safety_identifier",
        "prompt_cache_key",
        "store",
        "prompt_cache_retention",
    }
)
PASSED = WORDS
READ = frozenset(
    {
        "model", "messages", "stream", "stream_options", "n", "temperature", "top_p", "max_tokens",
        "max_completion_tokens", "stop", "seed", "reasoning_effort", "response_format", "tools",
        "tool_choice", "data_class",
    }
)  # fmt: skip
NEUTRAL: dict[str, tuple[object, ...]] = {
    "logprobs": (False,), "top_logprobs": (0,), "logit_bias": ({},), "modalities": (["text"],),
}  # fmt: skip
MAX_TOOLS = 128
MAX_STOPS = 4


@dataclass(frozen=True, slots=True)
class Completion:
    """A chat request that was understood."""

    model: str
    body: Mapping[str, Any]
    request: ChatRequest
    stream: bool
    include_usage: bool


def read_completion(body: object) -> Completion:
    """The chat request in `body`; DialectError (400) names the parameter at fault."""
    fields = body_object(body)
    _refuse_unsupported(fields)
    stated_class(fields)
    stream = flag(fields, "stream")
    options = fields.get("stream_options")
    if options is not None and not (stream and isinstance(options, Mapping)):
        raise invalid(
            "'stream_options' is an object and is only allowed when 'stream' is true.", "stream_options"
        )
    request = ChatRequest(
        model=model_named(fields),
        messages=read_messages(fields.get("messages")),
        tools=_tools(fields.get("tools")),
        tool_choice=_tool_choice(fields.get("tool_choice")),
        temperature=number(fields, "temperature", 0, 2),
        top_p=number(fields, "top_p", 0, 1),
        max_tokens=whole(fields, "max_completion_tokens", 1) or whole(fields, "max_tokens", 1),
        stop=_stop(fields.get("stop")),
        seed=whole(fields, "seed", None),
        reasoning_effort=text(fields, "reasoning_effort"),
        response_format=_response_format(fields.get("response_format")),
        extra={name: fields[name] for name in PASSED if fields.get(name) is not None},
    )
    return Completion(request.model, fields, request, stream, bool(options and options.get("include_usage")))


def _refuse_unsupported(fields: Mapping[str, Any]) -> None:
    wanted = fields.get("n")
    if wanted is not None and (isinstance(wanted, bool) or wanted != 1):
        raise invalid(
            "Only one answer per request is given: leave 'n' out or send 1.", "n", "unsupported_value"
        )
    for name in sorted(fields.keys() - READ - IGNORED - PASSED):
        value = fields[name]
        if value is None or value in NEUTRAL.get(name, ()):
            continue
        if name in NEUTRAL or name in {
            "functions",
            "function_call",
            "audio",
            "prediction",
            "web_search_options",
        }:
            raise invalid(f"'{name}' is not supported here: leave it out.", name, "unsupported_parameter")
        raise unrecognised(name)


def _stop(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    stops = [value] if isinstance(value, str) else value
    if (
        not isinstance(stops, list)
        or len(stops) > MAX_STOPS
        or not all(isinstance(item, str) and item for item in stops)
    ):
        raise invalid(f"'stop' is a string or a list of at most {MAX_STOPS} strings.", "stop")
    return tuple(stops)


def _tools(value: object) -> tuple[ToolSpec, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_TOOLS:
        raise invalid(f"'tools' is a list of at most {MAX_TOOLS} tools.", "tools")
    return tuple(_tool(item, index) for index, item in enumerate(value))


def _tool(item: object, index: int) -> ToolSpec:
    function = item.get("function") if isinstance(item, Mapping) and item.get("type") == "function" else None
    if not isinstance(function, Mapping):
        raise invalid(
            "Only tools of type 'function', with a 'function' object, are supported.", f"tools[{index}]"
        )
    name, description = function.get("name"), function.get("description") or ""
    parameters = function.get("parameters") or {"type": "object", "properties": {}}
    if not isinstance(name, str) or not name:
        raise invalid("A function needs a name.", f"tools[{index}].function.name")
    if not isinstance(description, str) or not isinstance(parameters, Mapping):
        raise invalid(
            "A function's description is a string, its parameters a JSON schema.", f"tools[{index}].function"
        )
    return ToolSpec(name, description, parameters, is_strict=flag(function, "strict"))


def _tool_choice(value: object) -> str | None:
    if value is None or value in {"auto", "none", "required"} if isinstance(value, str | None) else False:
        return value if isinstance(value, str) else None
    function = (
        value.get("function") if isinstance(value, Mapping) and value.get("type") == "function" else None
    )
    name = function.get("name") if isinstance(function, Mapping) else None
    if not isinstance(name, str) or not name:
        raise invalid("'tool_choice' is 'auto', 'none', 'required' or one function.", "tool_choice")
    return name


def _response_format(value: object) -> Mapping[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or str(value.get("type")) not in {"text", "json_object", "json_schema"}:
        raise invalid("'response_format' has type 'text', 'json_object' or 'json_schema'.", "response_format")
    return value
