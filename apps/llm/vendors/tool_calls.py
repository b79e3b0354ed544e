"""Tool calls put together from fragments, however loosely a host numbers them."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import orjson

from apps.llm.vendors.base import ErrorKind, Reason, ToolCallDelta
from apps.llm.vendors.errors import error
from apps.llm.vendors.event_json import mapping
from apps.llm.vendors.seals import sealed

EXTRA = "extra"


@dataclass(slots=True)
class _Call:
    id: str
    name: str
    host_index: int | None
    is_free: bool = False
    arguments: list[str] = field(default_factory=list)

    def is_whole(self) -> bool:
        """Whether what was written so far is a JSON value."""
        try:
            orjson.loads("".join(self.arguments))
        except orjson.JSONDecodeError:
            return False
        return True


class ToolCalls:
    """The calls of one answer: by index, by id where there is none, else the last one goes on.

    A custom call's arguments are the free text that the model wrote, no JSON.
    `owner` seals what a host adds to a call (`extra_content`, where Google has its thought signature).
    """

    __slots__ = ("_calls", "_owner")

    def __init__(self, owner: str = "") -> None:
        self._owner = owner
        self._calls: list[_Call] = []

    def __bool__(self) -> bool:
        return bool(self._calls)

    def feed(self, fragments: object) -> list[ToolCallDelta]:
        """The deltas of one chunk's `tool_calls`, a list, or at TGI a single fragment."""
        if isinstance(fragments, dict):
            fragments = [fragments]
        if not isinstance(fragments, list):
            return []
        return [self._fragment(fragment) for fragment in fragments if isinstance(fragment, dict)]

    def reason(self, said: Reason, *, by_tool: bool) -> Reason:
        """Why the answer ended, which the calls know better; raises VendorError for a call that is cut.

        `by_tool`: the answer itself came as a tool's arguments, and that is no call.
        """
        if by_tool and said == "tool_calls" and not self:
            return "stop"
        if said == "tool_calls" or (self and said == "stop"):
            self.assert_whole()
            return "tool_calls"
        return said

    def assert_whole(self) -> None:
        """Raise VendorError (interrupted) when a call's arguments are not a complete JSON value."""
        for call in self._calls:
            is_written = any(fragment.strip() for fragment in call.arguments)
            if is_written and not call.is_free and not call.is_whole():
                raise error(ErrorKind.INTERRUPTED, detail=f"arguments of {call.name} cut")
            if not call.name:
                raise error(ErrorKind.PROTOCOL, detail="tool call without a name")

    def _fragment(self, raw: dict[str, Any]) -> ToolCallDelta:
        function, custom = mapping(raw.get("function")), mapping(raw.get("custom"))
        name = _text(function.get("name") or custom.get("name"))
        position = self._position(raw.get("index"), _id(raw.get("id")), name)
        call = self._calls[position]
        call.name = call.name or name
        call.is_free = call.is_free or bool(custom)
        arguments = _arguments(custom.get("input") if custom else function.get("arguments"))
        call.arguments.append(arguments)
        return ToolCallDelta(position, call.id, call.name, arguments, self._signature(raw))

    def _signature(self, raw: dict[str, Any]) -> str:
        extra = raw.get("extra_content")
        if not extra or not self._owner or not isinstance(extra, dict):
            return ""
        return sealed(self._owner, EXTRA, orjson.dumps(extra).decode())

    def _position(self, host_index: object, host_id: str, name: str) -> int:
        """Where the fragment belongs; a new id with a name is a new call, even under a used index.

        So is a name without an id where the call before is whole: Gemini gives each call in OpenAI's shape
        the index 0 and no id.
        """
        index = host_index if isinstance(host_index, int) else None
        for position in range(len(self._calls) - 1, -1, -1):
            call = self._calls[position]
            if index is None:
                same = host_id in {"", call.id} if not name else host_id == call.id != ""
            else:
                same = call.host_index == index and (not name or self._goes_on(call, host_id, name))
            if same:
                return position
        self._calls.append(_Call(host_id or f"call_{uuid4().hex[:24]}", name, index))
        return len(self._calls) - 1

    @staticmethod
    def _goes_on(call: _Call, host_id: str, name: str) -> bool:
        """Whether a fragment that names itself goes on with the call."""
        return host_id == call.id or (not host_id and name == call.name and not call.is_whole())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _id(value: object) -> str:
    """The call's id; Mistral writes none as `null` in quotes."""
    return "" if value == "null" else _text(value)


def _arguments(value: object) -> str:
    """Arguments as JSON text; some hosts send the object itself."""
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
