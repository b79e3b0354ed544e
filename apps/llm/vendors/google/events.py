"""Chunks of streamGenerateContent, as events or as one JSON array, to deltas."""

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
    ToolCallDelta,
    VendorError,
)
from apps.llm.vendors.errors import clipped, error, error_of_event
from apps.llm.vendors.google.calls import call_id
from apps.llm.vendors.google.signatures import ALONE, CALL, TEXT, THOUGHT, marked
from apps.llm.vendors.google.streamed_calls import StreamedCall
from apps.llm.vendors.google.usage import usage_of
from apps.llm.vendors.json_events import objects_of

_REASONS: Mapping[str, Reason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
}
_FAILURES: Mapping[str, ErrorKind] = {
    "OTHER": ErrorKind.INTERRUPTED,
    "FINISH_REASON_UNSPECIFIED": ErrorKind.INTERRUPTED,
    "MALFORMED_FUNCTION_CALL": ErrorKind.SERVER,
    "MALFORMED_RESPONSE": ErrorKind.SERVER,
    "UNEXPECTED_TOOL_CALL": ErrorKind.SERVER,
    "TOO_MANY_TOOL_CALLS": ErrorKind.SERVER,
    "MISSING_THOUGHT_SIGNATURE": ErrorKind.BAD_REQUEST,
}


class GeminiEvents:
    """State of one answer. `ended` is true after a finish reason, until more content comes.

    A model that runs code at the host says STOP before each run: that is no end. Of several candidates the
    one that comes first is the answer.
    """

    __slots__ = (
        "_calls",
        "_chosen",
        "_counted",
        "_failure",
        "_secret",
        "_streamed",
        "ended",
        "gave",
        "marked",
        "model",
        "reason",
    )

    def __init__(self, model: str, secret: str) -> None:
        self._secret = secret
        self._counted: Mapping[str, Any] | None = None
        self._failure: VendorError | None = None
        self._calls = 0
        self._chosen: object = None
        self._streamed: StreamedCall | None = None
        self.model = model
        self.reason: Reason | None = None
        self.ended = False
        self.gave = False
        self.marked = False

    def feed(self, data: bytes) -> list[Delta]:
        """Deltas of one event, or of a whole answer as an object or a list of chunks.

        Raises VendorError for an error object, a refused prompt, and what is not JSON.
        """
        try:
            event = orjson.loads(data)
        except orjson.JSONDecodeError:
            return self._chunks(data)
        return self._event(event) if event.__class__ is dict else self._chunks(data)

    def finished(self) -> Finished:
        """The end; raises VendorError (interrupted) when no finish reason came, or what it stands for."""
        if self._failure is not None:
            raise self._failure
        if self.reason is None:
            raise error(ErrorKind.INTERRUPTED, detail="the stream ended without a finish reason")
        if self._streamed is not None and self.reason == "stop":
            raise error(ErrorKind.INTERRUPTED, detail="the arguments of a call were cut")
        if self.reason == "stop" and self._calls:
            self.reason = "tool_calls"
        usage = None if self._counted is None else usage_of(self._counted)
        return Finished(self.reason, usage, self.model)

    def _chunks(self, data: bytes) -> list[Delta]:
        """Deltas of a list; what came before an error in it stands, the error waits for the end."""
        deltas: list[Delta] = []
        try:
            for item in objects_of(data):
                deltas += self._event(item)
        except VendorError as failed:
            if not deltas:
                raise
            self._failure = failed
        return deltas

    def _event(self, event: Mapping[str, Any]) -> list[Delta]:
        counted = event.get("usageMetadata")
        if counted.__class__ is dict and "promptTokenCount" in counted:
            self._counted = counted
        model = event.get("modelVersion")
        if model and isinstance(model, str):
            self.model = model
        candidates = event.get("candidates")
        if not candidates:
            self._aside(event)
            return []
        deltas: list[Delta] = []
        for candidate in candidates if isinstance(candidates, list) else ():
            if isinstance(candidate, dict) and self._is_chosen(candidate.get("index", 0)):
                deltas += self._candidate(candidate)
        return deltas

    def _is_chosen(self, index: object) -> bool:
        if self._chosen is None:
            self._chosen = index
        return index == self._chosen

    def _candidate(self, candidate: Mapping[str, Any]) -> list[Delta]:
        content = candidate.get("content")
        parts = content.get("parts") if isinstance(content, dict) else None
        deltas: list[Delta] = []
        for part in parts if isinstance(parts, list) else []:
            if isinstance(part, dict):
                self._part(part, deltas)
        if deltas:
            self.gave = True
            self.ended = False
            self.reason = None
        word = candidate.get("finishReason")
        if word and isinstance(word, str) and not _runs_code(parts):
            self._finish(word, candidate)
        return deltas

    def _part(self, part: Mapping[str, Any], deltas: list[Delta]) -> None:
        text = part.get("text")
        if text and isinstance(text, str):
            deltas.append(ReasoningDelta(text) if part.get("thought") else TextDelta(text))
        if text is not None and len(part) == 1:
            return
        token, call = part.get("thoughtSignature"), part.get("functionCall")
        if isinstance(call, dict):
            deltas += self._call(call, marked(token, CALL))
        elif signature := marked(token, THOUGHT if part.get("thought") else TEXT if text else ALONE):
            deltas.append(ReasoningDelta("", signature))

    def _call(self, call: Mapping[str, Any], signature: str) -> list[Delta]:
        """A call that comes whole, as it does unless asked otherwise, or the last piece of one.

        Where one begins before another was closed, the other was whole.
        """
        pieces = call.get("partialArgs")
        deltas: list[Delta] = []
        if self._streamed is not None and call.get("name") and not pieces:
            deltas = self._more_of_call({})
        if self._streamed is None:
            if not call.get("willContinue") and not pieces:
                return [*deltas, self._whole_call(call, signature)]
            self._streamed = StreamedCall({**call, "signature": signature})
        return deltas + self._more_of_call(call)

    def _more_of_call(self, fragment: Mapping[str, Any]) -> list[Delta]:
        streamed = self._streamed
        if streamed is None or not streamed.take(fragment):
            return []
        self._streamed = None
        return [self._whole_call(streamed.call, streamed.call["signature"])]

    def _whole_call(self, call: Mapping[str, Any], signature: str) -> Delta:
        name = call.get("name")
        if not name or not isinstance(name, str):
            raise error(ErrorKind.PROTOCOL, detail="tool call without a name")
        arguments = call.get("args")
        written = orjson.dumps(arguments if isinstance(arguments, dict) else {}).decode()
        delta = ToolCallDelta(self._calls, call_id(call.get("id")), name, written, signature)
        self._calls += 1
        return delta

    def _finish(self, word: str, candidate: Mapping[str, Any]) -> None:
        """A reason that is a failure waits for the end, so that what came with it stands."""
        kind = _FAILURES.get(word)
        if kind is not None:
            said = f"finish reason {word}: {candidate.get('finishMessage', '')}"
            self._failure = error(kind, detail=clipped(said, self._secret))
        self.reason = _REASONS.get(word, "stop")
        self.ended = True

    def _aside(self, event: Mapping[str, Any]) -> None:
        """An event without candidates: an error, a prompt that was refused, or counts alone."""
        if event.get("error"):
            raise error_of_event(event, self._secret)
        feedback = event.get("promptFeedback")
        if isinstance(feedback, dict) and feedback.get("blockReason"):
            said = f"prompt blocked: {feedback['blockReason']} {feedback.get('blockReasonMessage', '')}"
            raise error(ErrorKind.CONTENT_FILTER, detail=clipped(said, self._secret))


def _runs_code(parts: object) -> bool:
    """True when the host still runs what the model just wrote, and lets it go on after that."""
    runs = False
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and ("executableCode" in part or "codeExecutionResult" in part):
            runs = "executableCode" in part
    return runs
