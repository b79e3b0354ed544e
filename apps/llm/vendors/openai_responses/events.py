"""Events of the Responses API to deltas (platform.openai.com/docs/api-reference/responses-streaming)."""

import json
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
    Usage,
)
from apps.llm.vendors.errors import error, error_of_event
from apps.llm.vendors.openai_responses.sealed import BETWEEN, Sealed
from apps.llm.vendors.tool_calls import ToolCalls

_TEXT = frozenset({"response.output_text.delta", "response.refusal.delta"})
_REASONING = frozenset({"response.reasoning_summary_text.delta", "response.reasoning_text.delta"})
_ARGUMENTS = frozenset({"response.function_call_arguments.delta", "response.custom_tool_call_input.delta"})
_ARGUMENTS_DONE = "response.function_call_arguments.done"
_CALLS = {"function_call": "function", "custom_tool_call": "custom"}
_ITEM_ADDED, _ITEM_DONE = "response.output_item.added", "response.output_item.done"
_NEXT_SUMMARY = "response.reasoning_summary_part.added"
_ENDS = frozenset({"response.completed", "response.done", "response.incomplete"})
_FAILED = "response.failed"
_CANCELLED = frozenset({"response.cancelled", "response.canceled"})


class ResponsesEvents:
    """State of one answer: feed it each event's data, or a whole answer that was not streamed.

    `host` names whose encrypted reasoning it is. What a host sends only whole, at an item's end or in the
    last event, is given then; nothing is given twice.
    """

    __slots__ = (
        "_host",
        "_named",
        "_secret",
        "_told",
        "_usage",
        "calls",
        "ended",
        "gave",
        "marked",
        "model",
        "reason",
    )

    def __init__(self, model: str, secret: str, host: str) -> None:
        self._host = host
        self._secret = secret
        self._usage: Usage | None = None
        self._told: set[tuple[str, int | str]] = set()
        self._named = False
        self.model = model
        self.reason: Reason | None = None
        self.calls = ToolCalls()
        self.ended = False
        self.gave = False
        self.marked = False

    def feed(self, data: bytes) -> list[Delta]:
        """Deltas of one event; raises VendorError for a failed answer or for what is not JSON."""
        if not data.strip():
            return []
        event = _decoded(data)
        if not isinstance(event, dict) or self.ended:
            return []
        kind = event.get("type")
        deltas = self._said(event) if kind in _TEXT else self._other(str(kind or ""), event)
        if deltas:
            self.gave = True
        return deltas

    def finished(self) -> Finished:
        """The end; raises VendorError (interrupted) when the host never said that the answer is whole."""
        if self.reason is None:
            raise error(ErrorKind.INTERRUPTED, detail="the stream ended without response.completed")
        if self.reason == "tool_calls":
            self.calls.assert_whole()
        return Finished(self.reason, self._usage, self.model)

    def _said(self, event: Mapping[str, Any]) -> list[Delta]:
        text = event.get("delta")
        self._told.add(("text", _number(event, "output_index")))
        return [TextDelta(text)] if isinstance(text, str) and text else []

    def _other(self, kind: str, event: Mapping[str, Any]) -> list[Delta]:
        index = _number(event, "output_index")
        match kind:
            case _ if kind in _REASONING:
                return self._thought(event, index)
            case _ if kind in _ARGUMENTS:
                return self._arguments(event.get("delta"), index)
            case _ if kind == _ARGUMENTS_DONE:
                return self._rest_of_call(event, index)
            case _ if kind in {_ITEM_ADDED, _ITEM_DONE}:
                return self._item(event.get("item"), index, whole=kind == _ITEM_DONE)
            case _ if kind == _NEXT_SUMMARY:
                return [ReasoningDelta(BETWEEN)] if _number(event, "summary_index") else []
            case _:
                return self._answer(kind, event)

    def _thought(self, event: Mapping[str, Any], index: int) -> list[Delta]:
        text = event.get("delta")
        self._told.add(("reasoning", index))
        return [ReasoningDelta(text)] if isinstance(text, str) and text else []

    def _arguments(self, text: object, index: int) -> list[Delta]:
        self._told.add(("arguments", index))
        return self._call({"index": index, "function": {"arguments": text}})

    def _rest_of_call(self, event: Mapping[str, Any], index: int) -> list[Delta]:
        """All arguments at once, where none came in pieces."""
        if ("arguments", index) in self._told:
            return []
        return self._arguments(event.get("arguments", event.get("input")), index)

    def _call(self, fragment: dict[str, Any]) -> list[Delta]:
        found: list[ToolCallDelta] = self.calls.feed([fragment])
        return list(found)

    def _item(self, item: object, index: int, *, whole: bool) -> list[Delta]:
        if not isinstance(item, dict):
            return []
        match item.get("type"):
            case kind if kind in _CALLS:
                return self._call_item(item, index, whole=whole)
            case "reasoning" if whole:
                return self._reasoning_item(item, index)
            case "message" if whole:
                return self._message_item(item, index)
            case _:
                return []

    def _call_item(self, item: Mapping[str, Any], index: int, *, whole: bool) -> list[Delta]:
        ident = str(item.get("call_id") or item.get("id") or index)
        deltas: list[Delta] = []
        if ("call", ident) not in self._told:
            self._told.add(("call", ident))
            name = {"name": item.get("name"), "arguments": ""}
            deltas = self._call({"index": index, "id": ident, _CALLS[item["type"]]: name})
        return deltas + (self._rest_of_call(item, index) if whole else [])

    def _reasoning_item(self, item: Mapping[str, Any], index: int) -> list[Delta]:
        deltas: list[Delta] = []
        if ("reasoning", index) not in self._told:
            said = BETWEEN.join(_texts(item.get("summary")) or _texts(item.get("content")))
            deltas = [ReasoningDelta(said)] if said else []
        ident = str(item.get("id", ""))
        if item.get("encrypted_content") and ("sealed", ident) not in self._told:
            self._told.add(("sealed", ident))
            lengths = tuple(len(text) for text in _texts(item.get("summary")))
            kept = lengths if len(lengths) > 1 else ()
            sealed = Sealed(self._host, ident, str(item["encrypted_content"]), kept)
            deltas.append(ReasoningDelta("", sealed.packed()))
        self._told.add(("reasoning", index))
        return deltas

    def _message_item(self, item: Mapping[str, Any], index: int) -> list[Delta]:
        if ("text", index) in self._told:
            return []
        self._told.add(("text", index))
        return [TextDelta(text) for text in _texts(item.get("content"))]

    def _answer(self, kind: str, event: Mapping[str, Any]) -> list[Delta]:
        """Events of the answer as a whole, errors among them; an answer that was not streamed has no type."""
        if event.get("object") == "response":
            return self._whole_answer(event)
        answer = event.get("response")
        if kind == "error" or (event.get("error") and not isinstance(answer, dict)):
            raise error_of_event(event, self._secret)
        if not isinstance(answer, dict):
            return []
        if not self._named and answer.get("model"):
            self.model = str(answer["model"])
            self._named = True
        if kind == _FAILED:
            raise _failure(answer, self._secret)
        if kind in _CANCELLED:
            raise error(ErrorKind.INTERRUPTED, detail="the host cancelled the answer")
        return self._end(answer) if kind in _ENDS else []

    def _whole_answer(self, answer: Mapping[str, Any]) -> list[Delta]:
        self.model = str(answer.get("model") or self.model)
        match answer.get("status"):
            case "failed":
                raise _failure(answer, self._secret)
            case "completed" | "incomplete" | None:
                return self._end(answer)
            case status:
                raise error(ErrorKind.INTERRUPTED, detail=f"the answer's status is {str(status)[:40]}")

    def _end(self, answer: Mapping[str, Any]) -> list[Delta]:
        """The reason and the count, and of the output what had not come in pieces."""
        output = answer["output"] if isinstance(answer.get("output"), list) else []
        in_pieces = {name for name, _ in self._told} & {"text", "reasoning", "arguments"}
        self._told |= {(name, index) for name in in_pieces for index in range(len(output))}
        deltas: list[Delta] = []
        for index, item in enumerate(output):
            deltas += self._item(item, index, whole=True)
        if isinstance(answer.get("usage"), dict):
            self._usage = _usage(answer["usage"])
        self.reason = _reason(answer, called=bool(self.calls))
        self.ended = True
        return deltas


def _reason(answer: Mapping[str, Any], *, called: bool) -> Reason:
    details = answer.get("incomplete_details")
    if answer.get("status") == "incomplete" or isinstance(details, dict):
        why = details.get("reason") if isinstance(details, dict) else ""
        return "content_filter" if why == "content_filter" else "length"
    return "tool_calls" if called else "stop"


def _failure(answer: Mapping[str, Any], secret: str) -> Exception:
    told = answer.get("error")
    return error_of_event({"error": told if isinstance(told, dict) else {"message": str(told or "")}}, secret)


def _usage(raw: Mapping[str, Any]) -> Usage:
    """Counts of `usage`: input includes what was cached, output includes reasoning."""
    taken, given = _number(raw, "input_tokens"), _number(raw, "output_tokens")
    cached = _number(_mapping(raw.get("input_tokens_details")), "cached_tokens")
    reasoning = _number(_mapping(raw.get("output_tokens_details")), "reasoning_tokens")
    if reasoning and _number(raw, "total_tokens") == taken + given + reasoning:
        given += reasoning
    return Usage(taken, given, cached_tokens=cached, reasoning_tokens=reasoning)


def _decoded(data: bytes) -> object:
    """The event; lone surrogates and bad UTF-8, which orjson refuses, are replaced."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        event = json.loads(data.decode("utf-8", "replace"))
        return orjson.loads(json.dumps(event, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise error(ErrorKind.PROTOCOL, detail="an event is not JSON") from None


def _texts(parts: object) -> list[str]:
    found = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    texts = [part.get("text") or part.get("refusal") for part in found]
    return [text for text in texts if isinstance(text, str) and text]


def _number(source: Mapping[str, Any], name: str) -> int:
    value = source.get(name)
    return int(value) if isinstance(value, int | float) and value > 0 else 0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
