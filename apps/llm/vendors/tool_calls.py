"""Tool calls put together from fragments, however loosely a host numbers them."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson

from apps.llm.vendors.base import ErrorKind, ToolCallDelta
from apps.llm.vendors.errors import error
from apps.llm.vendors.seals import sealed

EXTRA = "extra"


@dataclass(slots=True)
class _Call:
    id: str
    name: str
    host_index: int | None
    arguments: list[str] = field(default_factory=list)


class ToolCalls:
    """The calls of one answer: by index, by id where there is none, else the last one goes on.

    `owner` seals what a host adds to a call (`extra_content`, where Google has its thought signature).
    """

    __slots__ = ("_calls", "_owner")

    def __init__(self, owner: str = "") -> None:
        self._owner = owner
        self._calls: list[_Call] = []

    def __bool__(self) -> bool:
        return bool(self._calls)

    def feed(self, fragments: object) -> list[ToolCallDelta]:
        """The deltas of one chunk's `tool_calls`."""
        if not isinstance(fragments, list):
            return []
        return [self._fragment(fragment) for fragment in fragments if isinstance(fragment, dict)]

    def assert_whole(self) -> None:
        """Raise VendorError (interrupted) when a call's arguments are not a complete JSON value."""
        for call in self._calls:
            written = "".join(call.arguments).strip()
            try:
                orjson.loads(written or "{}")
            except orjson.JSONDecodeError:
                raise error(ErrorKind.INTERRUPTED, detail=f"arguments of {call.name} cut") from None
            if not call.name:
                raise error(ErrorKind.PROTOCOL, detail="tool call without a name")

    def _fragment(self, raw: dict[str, Any]) -> ToolCallDelta:
        function = raw.get("function")
        function = function if isinstance(function, dict) else {}
        name = _text(function.get("name"))
        position = self._position(raw.get("index"), _text(raw.get("id")), name)
        call = self._calls[position]
        call.name = call.name or name
        arguments = _arguments(function.get("arguments"))
        call.arguments.append(arguments)
        return ToolCallDelta(position, call.id, call.name, arguments, self._signature(raw))

    def _signature(self, raw: dict[str, Any]) -> str:
        extra = raw.get("extra_content")
        if not extra or not self._owner or not isinstance(extra, dict):
            return ""
        return sealed(self._owner, EXTRA, orjson.dumps(extra).decode())

    def _position(self, host_index: object, host_id: str, name: str) -> int:
        """Where the fragment belongs; a new id with a name is a new call, even under a used index."""
        index = host_index if isinstance(host_index, int) else None
        for position in range(len(self._calls) - 1, -1, -1):
            call = self._calls[position]
            if index is None:
                same = host_id in {"", call.id} if not name else host_id == call.id != ""
            else:
                same = call.host_index == index and (not name or host_id in {"", call.id})
            if same:
                return position
        self._calls.append(_Call(host_id or f"call_{uuid4().hex[:24]}", name, index))
        return len(self._calls) - 1


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _arguments(value: object) -> str:
    """Arguments as JSON text; some hosts send the object itself."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
