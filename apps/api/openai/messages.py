"""Reads the `messages` of a chat request. Pure.

Pictures and files come as data: URLs only: no address that a request names is ever fetched.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Literal

from apps.api.openai.errors import invalid
from apps.api.openai.stated import document_named
from apps.llm.vendors.base import ChatMessage, FilePart, ImagePart, TextPart, ToolCallPart, ToolResultPart

MAX_MESSAGES = 2_048

Part = TextPart | ImagePart | FilePart | ToolCallPart | ToolResultPart
Role = Literal["system", "user", "assistant", "tool"]


def read_messages(value: object) -> tuple[ChatMessage, ...]:
    """The messages in their order; DialectError (400) names the one at fault."""
    if not isinstance(value, list) or not value:
        raise invalid("'messages' is a list of at least one message.", "messages")
    if len(value) > MAX_MESSAGES:
        raise invalid(f"'messages' holds at most {MAX_MESSAGES} messages.", "messages")
    return tuple(_message(item, f"messages[{index}]") for index, item in enumerate(value))


def _message(item: object, where: str) -> ChatMessage:
    if not isinstance(item, Mapping):
        raise invalid("A message is an object with a role and content.", where)
    match item.get("role"):
        case "system" | "developer":
            return ChatMessage("system", _texts(item.get("content"), where))
        case "user":
            return ChatMessage("user", _content(item.get("content"), where))
        case "assistant":
            return ChatMessage("assistant", _answer(item, where))
        case "tool":
            return ChatMessage("tool", (_tool_result(item, where),))
        case _:
            raise invalid("A role is system, developer, user, assistant or tool.", f"{where}.role")


def _texts(content: object, where: str) -> tuple[TextPart, ...]:
    if isinstance(content, str):
        return (TextPart(content),)
    parts = _content(content, where)
    texts = tuple(part for part in parts if isinstance(part, TextPart))
    if len(texts) != len(parts):
        raise invalid("Only text is allowed in this message.", f"{where}.content")
    return texts


def _content(content: object, where: str) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (TextPart(content),)
    if not isinstance(content, list) or not content:
        raise invalid("'content' is a string or a list of parts.", f"{where}.content")
    return tuple(_part(item, f"{where}.content[{index}]") for index, item in enumerate(content))


def _part(item: object, where: str) -> Part:
    if not isinstance(item, Mapping):
        raise invalid("A part is an object with a type.", where)
    kind = item.get("type")
    if kind == "text":
        text = item.get("text")
        if not isinstance(text, str):
            raise invalid("'text' is a string.", f"{where}.text")
        return TextPart(text)
    if kind == "image_url":
        return ImagePart(*_data_url(_inner(item, "image_url", where).get("url"), f"{where}.image_url.url"))
    if kind == "file":
        file = _inner(item, "file", where)
        if (document_id := document_named(file, f"{where}.file")) is not None:
            return TextPart(f"[document {document_id}]")
        media_type, data = _data_url(file.get("file_data"), f"{where}.file.file_data")
        return FilePart(str(file.get("filename") or "file"), media_type, data)
    raise invalid("A part has type 'text', 'image_url' or 'file'.", f"{where}.type", "unsupported_value")


def _inner(item: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    inner = item.get(name)
    if not isinstance(inner, Mapping):
        raise invalid(f"'{name}' is an object.", f"{where}.{name}")
    return inner


def _data_url(value: object, where: str) -> tuple[str, bytes]:
    """Media type and bytes of a `data:TYPE;base64,…` address."""
    if not isinstance(value, str) or not value.startswith("data:"):
        raise invalid("Send the content as a data: URL; this server fetches no addresses.", where)
    head, comma, payload = value.removeprefix("data:").partition(",")
    media_type, _, encoding = head.rpartition(";")
    if not comma or encoding != "base64" or "/" not in media_type:
        raise invalid("A data: URL looks like data:image/png;base64,…", where)
    try:
        return media_type, base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid("The data: URL is not valid base64.", where) from error


def _answer(item: Mapping[str, Any], where: str) -> tuple[Part, ...]:
    calls = item.get("tool_calls") or []
    if not isinstance(calls, list):
        raise invalid("'tool_calls' is a list.", f"{where}.tool_calls")
    content = item.get("content") if item.get("content") is not None else item.get("refusal")
    texts = _texts(content, where) if content is not None else ()
    if not texts and not calls:
        raise invalid("An assistant message has content or tool_calls.", where)
    return (*texts, *(_tool_call(call, f"{where}.tool_calls[{index}]") for index, call in enumerate(calls)))


def _tool_call(call: object, where: str) -> ToolCallPart:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(call, Mapping) or not isinstance(function, Mapping):
        raise invalid("A tool call has an id and a function with name and arguments.", where)
    values = (call.get("id"), function.get("name"), function.get("arguments"))
    if not all(isinstance(value, str) for value in values):
        raise invalid("A tool call's id, name and arguments are strings.", where)
    return ToolCallPart(*(str(value) for value in values))


def _tool_result(item: Mapping[str, Any], where: str) -> ToolResultPart:
    call_id = item.get("tool_call_id")
    if not isinstance(call_id, str) or not call_id:
        raise invalid("A tool message names its 'tool_call_id'.", f"{where}.tool_call_id")
    return ToolResultPart(call_id, "".join(part.text for part in _texts(item.get("content"), where)))
