"""Streamed chunks of /chat/completions, in every recorded dialect, to deltas."""

import json
from collections.abc import Mapping
from typing import Any

import orjson

from apps.llm.vendors.base import Delta, ErrorKind, Finished, Reason, ReasoningDelta, TextDelta, Usage
from apps.llm.vendors.errors import error, error_of_event
from apps.llm.vendors.reasoning_details import ReasoningDetails
from apps.llm.vendors.seals import WORDS, sealed
from apps.llm.vendors.tool_calls import ToolCalls
from apps.llm.vendors.usage import usage_of

_REASONS: Mapping[str, Reason] = {
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "safety": "content_filter",
    "sensitive": "content_filter",
}
_FAILURES: Mapping[str, ErrorKind] = {
    "error": ErrorKind.SERVER,
    "abort": ErrorKind.INTERRUPTED,
    "cancelled": ErrorKind.INTERRUPTED,
    "network_error": ErrorKind.INTERRUPTED,
    "insufficient_system_resource": ErrorKind.OVERLOADED,
}
_CODES = frozenset({"code", "error_code", "status"})
_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")
DETAILS = "details"
_HIGH, _LOW, _AFTER = "\ud800", "\udc00", "\ue000"


class ChatEvents:
    """State of one answer: feed it each event's data, then ask for the end.

    `owner` seals what the host wants back; without one nothing is kept for it. With `keeps_words` each run
    of unsigned thoughts ends in a seal too: the host wants the words. Of several choices the one that speaks
    first is the answer.

    `ended` is true once a finish reason came; what follows can only add usage. `gave` is true once there
    was a delta. The caller sets `marked` when the host's [DONE] came.
    """

    __slots__ = (
        "_choosing",
        "_details",
        "_half",
        "_keeps_words",
        "_loose",
        "_named",
        "_owner",
        "_secret",
        "_thinks",
        "_usage",
        "calls",
        "ended",
        "gave",
        "marked",
        "model",
        "reason",
    )

    def __init__(self, model: str, secret: str, owner: str = "", *, keeps_words: bool = False) -> None:
        self._secret = secret
        self._owner = owner
        self._keeps_words = keeps_words
        self._thinks = False
        self._choosing: object = None
        self._details = ReasoningDetails()
        self._usage: Usage | None = None
        self._half = ""
        self._loose = False
        self._named = False
        self.model = model
        self.reason: Reason | None = None
        self.calls = ToolCalls(owner)
        self.ended = False
        self.gave = False
        self.marked = False

    def feed(self, data: bytes) -> list[Delta]:
        """Deltas of one event; raises VendorError for an error object or for what is not JSON."""
        if not data.strip():
            return []
        try:
            event = orjson.loads(data)
        except orjson.JSONDecodeError:
            event = self._loosely(data)
        if not isinstance(event, dict):
            return []
        choices = event.get("choices")
        if event.get("error") or not choices:
            self._aside(event)
        if event.get("usage") or event.get("x_groq"):
            self._take_counts(event)
        if not choices or not isinstance(choices, list):
            return []
        deltas: list[Delta] = []
        for choice in choices:
            deltas += self._choice(choice, event)
        return deltas

    def finished(self) -> Finished:
        """The end; raises VendorError (interrupted) when there was no finish reason.

        Every SDK reports a stream that just stops as success; it is not (design/security.md, section 2).
        One exception: calls that are whole, counted and followed by the end mark (recorded from Novita).
        """
        if self.reason is None and self.marked and self.calls and self._usage is not None:
            self.reason = "tool_calls"
        if self.reason is None:
            raise error(ErrorKind.INTERRUPTED, detail="the stream ended without a finish reason")
        if self.reason == "tool_calls":
            self.calls.assert_whole()
        return Finished(self.reason, self._usage, self.model)

    def _choice(self, choice: Any, event: Mapping[str, Any]) -> list[Delta]:
        if not isinstance(choice, dict) or self._is_another(choice.get("index")):
            return []
        if choice.get("error") and not self.ended:
            raise error_of_event({"error": choice["error"]}, self._secret)
        if choice.get("usage"):
            self._take_usage(choice["usage"])
        if not self._named and event.get("model"):
            self.model = str(event["model"])
            self._named = True
        message = choice["delta"] if isinstance(choice.get("delta"), dict) else choice.get("message")
        deltas = self._message(message) if isinstance(message, dict) else []
        if deltas:
            self.gave = True
        if choice.get("finish_reason"):
            self._finish(str(choice["finish_reason"]))
            deltas += self._last_seals()
        return deltas

    def _last_seals(self) -> list[Delta]:
        """Of thoughts that nothing followed, and of all that was given as details."""
        seals: list[Delta] = [self._end_of_words()] if self._thinks else []
        if self._details and (kept := self._details.packed()):
            seals.append(ReasoningDelta("", sealed(self._owner, DETAILS, kept)))
        return seals

    def _is_another(self, index: object) -> bool:
        """Whether it is a choice beside the one that is the answer."""
        if self._choosing is None:
            self._choosing = index
        return index != self._choosing

    def _message(self, message: Mapping[str, Any]) -> list[Delta]:
        content = message.get("content")
        if content.__class__ is str and len(message) == 1 and not (self._loose or self._thinks):
            return [TextDelta(content)] if content else []
        deltas = self._reasoning(message)
        if isinstance(content, list):
            deltas += self._content_list(content)
        else:
            deltas += self._text(content or message.get("refusal") or _transcript(message.get("audio")))
        if message.get("tool_calls"):
            deltas += self.calls.feed(message["tool_calls"])
        elif isinstance(message.get("function_call"), dict):
            deltas += self.calls.feed([{"index": 0, "function": message["function_call"]}])
        return self._with_ends(deltas) if self._keeps_words else deltas

    def _with_ends(self, deltas: list[Delta]) -> list[Delta]:
        """The same with a seal wherever unsigned thoughts end."""
        found: list[Delta] = []
        for delta in deltas:
            if isinstance(delta, ReasoningDelta):
                self._thinks = not delta.signature
            elif self._thinks:
                found.append(self._end_of_words())
            found.append(delta)
        return found

    def _end_of_words(self) -> ReasoningDelta:
        self._thinks = False
        return ReasoningDelta("", sealed(self._owner, WORDS, ""))

    def _reasoning(self, message: Mapping[str, Any]) -> list[Delta]:
        """Reasoning under its first name that holds any: hosts repeat it under several."""
        deltas: list[Delta] = []
        for name in _REASONING_FIELDS:
            text = message.get(name)
            if text and isinstance(text, str):
                deltas.append(ReasoningDelta(text))
                break
        details = message.get("reasoning_details")
        if isinstance(details, list) and self._owner:
            said = self._details.feed(details)
            if said and not deltas:
                deltas.append(ReasoningDelta(said))
        return deltas

    def _text(self, text: object) -> list[Delta]:
        """Text with pairs of surrogates mended, also where a host cut between the two halves."""
        if not text or not isinstance(text, str):
            return []
        if self._loose:
            text = self._whole_characters(text)
        return [TextDelta(text)] if text else []

    def _whole_characters(self, text: str) -> str:
        text = self._half + text
        self._half = ""
        if _HIGH <= text[-1] < _LOW:
            self._half, text = text[-1], text[:-1]
        if any(_HIGH <= character < _AFTER for character in text):
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text

    def _finish(self, raw: str) -> None:
        word = raw.lower()
        if word in _FAILURES:
            raise error(_FAILURES[word], detail=f"finish reason {raw[:40]}")
        self.ended = True
        self.reason = _REASONS.get(word, "stop")
        if self.reason == "stop" and self.calls:
            self.reason = "tool_calls"

    def _take_counts(self, event: Mapping[str, Any]) -> None:
        """The usage; Groq has a field of its own, in which errors of a begun stream stand too."""
        groq = event.get("x_groq")
        if isinstance(groq, dict):
            if groq.get("error") and not self.ended:
                raise error_of_event({"error": groq["error"]}, self._secret)
            self._take_usage(groq.get("usage"))
        self._take_usage(event.get("usage"))

    def _take_usage(self, raw: object) -> None:
        if isinstance(raw, dict):
            self._usage = usage_of(raw)

    def _aside(self, event: Mapping[str, Any]) -> None:
        """An event without choices: an error in one of its shapes, or a ping."""
        if self.ended:
            return
        if event.get("error") or event.get("object") == "error" or event.get("type") == "error":
            raise error_of_event(event, self._secret)
        if isinstance(event.get("message"), str) and not event.keys().isdisjoint(_CODES):
            raise error_of_event(event, self._secret)

    def _loosely(self, data: bytes) -> object:
        """Some hosts send lone surrogates or bad UTF-8: orjson refuses them, the standard parser does not."""
        self._loose = True
        try:
            return json.loads(data.decode("utf-8", "replace"))
        except (ValueError, RecursionError):
            if self.ended:
                return None
            raise error(ErrorKind.PROTOCOL, detail="an event is not JSON") from None

    def _content_list(self, parts: list[Any]) -> list[Delta]:
        """Content as a list: Mistral's thinking, Databricks' reasoning summaries, plain text items."""
        deltas: list[Delta] = []
        for part in parts:
            if not isinstance(part, dict):
                continue
            if part.get("type") in {"thinking", "reasoning"}:
                deltas += self._thoughts(part)
            elif isinstance(part.get("text"), str) and part["text"]:
                deltas.append(TextDelta(part["text"]))
        return deltas

    def _thoughts(self, part: Mapping[str, Any]) -> list[Delta]:
        """A thought, and the seal of a signed one."""
        inner = part.get("thinking") or part.get("summary")
        items = inner if isinstance(inner, list) else [{"text": inner}]
        deltas: list[Delta] = []
        for item in [*items, {"signature": part.get("signature")}]:
            if not isinstance(item, dict):
                continue
            text, token = item.get("text"), item.get("signature")
            if text and isinstance(text, str):
                deltas.append(ReasoningDelta(text))
            if token and isinstance(token, str) and self._owner:
                deltas.append(ReasoningDelta("", sealed(self._owner, str(part["type"]), token)))
        return deltas


def _transcript(audio: object) -> object:
    """The words of an answer that is spoken."""
    return audio.get("transcript") if isinstance(audio, dict) else None
