"""Events of /v2/chat, or its whole answer, to deltas.

A plan for tools is reasoning. Citations of the host are left out: the product makes and checks its own.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from apps.llm.vendors.base import (
    Delta,
    ErrorKind,
    Finished,
    Reason,
    ReasoningDelta,
    TextDelta,
    Usage,
    VendorError,
)
from apps.llm.vendors.cohere.usage import usage_of
from apps.llm.vendors.errors import clipped, error, error_of_event
from apps.llm.vendors.json_events import objects_of
from apps.llm.vendors.tool_calls import ToolCalls

_REASONS: Mapping[str, Reason] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR_TOXIC": "content_filter",
}
_FAILURES: Mapping[str, ErrorKind] = {
    "ERROR": ErrorKind.SERVER,
    "ERROR_LIMIT": ErrorKind.CONTEXT_OVERFLOW,
    "USER_CANCEL": ErrorKind.INTERRUPTED,
    "TIMEOUT": ErrorKind.TIMEOUT,
}
_SPEAKING = frozenset({"content-delta", "content-start"})
_CALLING = frozenset({"tool-call-start", "tool-call-delta"})


class CohereEvents:
    """State of one answer; `ended` is true once message-end came."""

    __slots__ = ("_calls", "_failure", "_secret", "_usage", "ended", "gave", "marked", "model", "reason")

    def __init__(self, model: str, secret: str) -> None:
        self._secret = secret
        self._usage: Usage | None = None
        self._failure: VendorError | None = None
        self._calls = ToolCalls()
        self.model = model
        self.reason: Reason | None = None
        self.ended = False
        self.gave = False
        self.marked = False

    def feed(self, data: bytes) -> list[Delta]:
        """Deltas of one event, or of a whole answer; raises VendorError for an error object and for what
        is not JSON."""
        try:
            event = orjson.loads(data)
        except orjson.JSONDecodeError:
            return [delta for item in objects_of(data) for delta in self._event(item)]
        return self._event(event) if isinstance(event, dict) else []

    def finished(self) -> Finished:
        """The end; raises VendorError (interrupted) when no finish reason came, or what it stands for."""
        if self._failure is not None:
            raise self._failure
        if self.reason is None:
            raise error(ErrorKind.INTERRUPTED, detail="the stream ended without a finish reason")
        if self.reason == "stop" and self._calls:
            self.reason = "tool_calls"
        if self.reason == "tool_calls":
            self._calls.assert_whole()
        return Finished(self.reason, self._usage, self.model)

    def _event(self, event: Mapping[str, Any]) -> list[Delta]:
        kind = event.get("type")
        delta = event.get("delta")
        if delta.__class__ is not dict or not isinstance(kind, str):
            return self._whole(event)
        if kind == "message-end":
            self._finish(delta)
            return []
        message = delta.get("message")
        deltas = self._message(kind, event.get("index"), message) if isinstance(message, dict) else []
        if deltas:
            self.gave = True
        return deltas

    def _message(self, kind: str, index: object, message: Mapping[str, Any]) -> list[Delta]:
        if kind in _SPEAKING:
            return _content(message.get("content"))
        if kind in _CALLING:
            call = message.get("tool_calls")
            fragments = call if isinstance(call, list) else [call]
            return [*self._calls.feed([_at(index, fragment) for fragment in fragments])]
        plan = message.get("tool_plan") if kind == "tool-plan-delta" else None
        return [ReasoningDelta(plan)] if plan and isinstance(plan, str) else []

    def _whole(self, event: Mapping[str, Any]) -> list[Delta]:
        """An answer in one piece, an error, or an event of no concern (the end of a part)."""
        message = event.get("message")
        if isinstance(message, str) or event.get("error"):
            raise error_of_event(event, self._secret)
        if not isinstance(message, dict):
            return []
        content, plan = message.get("content"), message.get("tool_plan")
        deltas: list[Delta] = [ReasoningDelta(plan)] if plan and isinstance(plan, str) else []
        for part in content if isinstance(content, list) else [{"text": content}]:
            deltas += _content(part)
        calls = message.get("tool_calls")
        if isinstance(calls, list):
            deltas += self._calls.feed([_at(at, call) for at, call in enumerate(calls)])
        self.gave = self.gave or bool(deltas)
        self._finish(event)
        return deltas

    def _finish(self, end: Mapping[str, Any]) -> None:
        """A reason that is a failure waits for the end, so that what came with it stands."""
        self._usage = usage_of(end.get("usage")) or self._usage
        word = end.get("finish_reason")
        if not word or not isinstance(word, str):
            return
        if word in _FAILURES:
            said = f"finish reason {word}: {end.get('error', '')}"
            self._failure = error(_FAILURES[word], detail=clipped(said, self._secret))
        self.reason = _REASONS.get(word, "stop")
        self.ended = True


def _content(part: object) -> list[Delta]:
    if not isinstance(part, dict):
        return []
    text = part.get("text")
    if text and isinstance(text, str):
        return [TextDelta(text)]
    thought = part.get("thinking")
    return [ReasoningDelta(thought)] if thought and isinstance(thought, str) else []


def _at(index: object, fragment: object) -> object:
    return fragment | {"index": index} if isinstance(fragment, dict) else fragment
