"""Every text of a request, wherever it stands: what rules read, and may change, before it leaves.

Words, tool results and definitions, arguments of earlier calls, names and contents of files, passages, stop
words, schemas and whatever else goes out as it is. Names (of tools and their calls, of a schema's properties,
of media types) are read and stay; pictures and files of other than text can not be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from apps.guardrails.guarding import Sent
from apps.llm.vendors.base import (
    ChatMessage,
    FilePart,
    ImagePart,
    PassagePart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    ToolSpec,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.llm.vendors.base import ChatRequest, Part

_READABLE: Final = (
    "text/",
    "application/json",
    "application/xml",
    "application/x-ndjson",
    "application/yaml",
)
_LONG_NUMBER: Final = 6
"""Digits from which on a number of a JSON value may be somebody's."""

Swap = Callable[[str], str]


class _Walk:
    """Goes through a request in one order; `swap` gets each text, names and the unreadable are gathered."""

    def __init__(self, swap: Swap) -> None:
        self.swap = swap
        self.names: list[str] = []
        self.unread = 0

    def request(self, request: ChatRequest) -> ChatRequest:
        swap = self.swap
        self.names.append(request.tool_choice or "")
        return replace(
            request,
            messages=tuple(ChatMessage(m.role, tuple(map(self._part, m.parts))) for m in request.messages),
            tools=tuple(map(self._tool, request.tools)),
            stop=tuple(map(swap, request.stop)),
            response_format=self._json(request.response_format),
            passages=tuple(
                PassagePart(each.number, swap(each.title), swap(each.place), swap(each.text))
                for each in request.passages
            ),
            extra=self._json(request.extra),
        )

    def _part(self, part: Part) -> Part:
        match part:
            case TextPart(text):
                return TextPart(self.swap(text))
            case ReasoningPart(text, signature):
                return ReasoningPart(self.swap(text), signature)
            case ToolResultPart(call_id, content, is_error):
                self.names.append(call_id)
                return ToolResultPart(call_id, self.swap(content), is_error)
            case ToolCallPart():
                self.names += (part.id, part.name)
                return replace(part, arguments=self._arguments(part.arguments))
            case FilePart():
                return self._file(part)
            case ImagePart():
                self.unread += 1
                return part

    def _file(self, part: FilePart) -> FilePart:
        name = self.swap(part.name)
        self.names.append(part.media_type)
        text = _text_of(part)
        if text is None:
            self.unread += 1
            return replace(part, name=name)
        return replace(part, name=name, data=self.swap(text).encode("utf-8", "surrogatepass"))

    def _tool(self, tool: ToolSpec) -> ToolSpec:
        self.names.append(tool.name)
        return replace(tool, description=self.swap(tool.description), parameters=self._json(tool.parameters))

    def _arguments(self, arguments: str) -> str:
        """The arguments with their values swapped; the same bytes where nothing was."""
        try:
            value = orjson.loads(arguments)
        except orjson.JSONDecodeError:
            return self.swap(arguments)
        swapped = self._json(value)
        return arguments if swapped == value else orjson.dumps(swapped).decode()

    def _json(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.swap(value)
        if isinstance(value, Mapping):
            self.names.extend(map(str, value))
            return {key: self._json(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._json(inner) for inner in value]
        if isinstance(value, int) and not isinstance(value, bool) and len(said := str(value)) >= _LONG_NUMBER:
            swapped = self.swap(said)
            return value if swapped == said else swapped
        return value


def _text_of(part: FilePart) -> str | None:
    """What stands in a text file; None where it may stand there in another encoding, or is no text."""
    if not part.media_type.startswith(_READABLE) or b"\0" in part.data:
        return None
    try:
        return part.data.decode()
    except UnicodeDecodeError:
        return None


def texts_of(request: ChatRequest) -> Sent:
    """All that the request holds of text, in the order in which `rewritten` takes it back."""
    texts: list[str] = []

    def keep(text: str) -> str:
        texts.append(text)
        return text

    walk = _Walk(keep)
    walk.request(request)
    return Sent(texts, list(dict.fromkeys(filter(None, walk.names))), walk.unread)


def rewritten(request: ChatRequest, texts: Sequence[str]) -> ChatRequest:
    """The request with these texts in the place of its own."""
    remaining = iter(texts)
    return _Walk(lambda _: next(remaining)).request(request)
