"""Messages of a ConverseStream answer, or a whole Converse answer, to deltas (AWS, Bedrock API reference)."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from apps.llm.vendors.base import Delta, ErrorKind, Finished, Reason, ReasoningDelta, TextDelta, Usage
from apps.llm.vendors.bedrock.eventstream import Message, broken
from apps.llm.vendors.errors import error, error_of_event
from apps.llm.vendors.event_json import count, event_of, mapping
from apps.llm.vendors.seals import REDACTED, THINKING, owner_of, sealed
from apps.llm.vendors.tool_calls import ToolCalls

VENDOR = "bedrock"
_REASONS: Mapping[str, Reason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
_FAILURES = frozenset({"malformed_model_output", "malformed_tool_use"})


class ConverseEvents:
    """State of one answer; `answer_tool` names the tool whose arguments are the answer itself."""

    __slots__ = (
        "_answer_block",
        "_open_calls",
        "_owner",
        "_reason",
        "_secret",
        "_usage",
        "answer_tool",
        "calls",
        "ended",
        "gave",
        "marked",
        "model",
    )

    def __init__(self, model: str, secret: str, answer_tool: str = "") -> None:
        self._secret = secret
        self._owner = owner_of(VENDOR, model)
        self.answer_tool = answer_tool
        self._answer_block: int | None = None
        self._open_calls: dict[int, bool] = {}
        self._reason: str | None = None
        self._usage: Usage | None = None
        self.model = model
        self.calls = ToolCalls()
        self.ended = False
        self.gave = False
        self.marked = False

    def feed(self, data: Message | bytes) -> list[Delta]:
        """Deltas of one message; raises VendorError for an exception in the stream and a damaged one."""
        if isinstance(data, bytes):
            deltas = self._whole(mapping(event_of(data)))
        elif data.kind != "event":
            return self._exception(data)
        else:
            handler = _HANDLERS.get(data.name)
            if handler is None:
                return []
            deltas = handler(self, mapping(event_of(data.payload)))
        if deltas:
            self.gave = True
        return deltas

    def finished(self) -> Finished:
        """The end; raises VendorError (interrupted) when no stop reason came."""
        if self._reason is None:
            raise error(ErrorKind.INTERRUPTED, detail="the stream ended without a stop reason")
        if self._reason in _FAILURES:
            raise error(ErrorKind.PROTOCOL, detail=f"stop reason {self._reason}")
        said = _REASONS.get(self._reason, "stop")
        reason = self.calls.reason(said, by_tool=self._answer_block is not None)
        return Finished(reason, self._usage, self.model)

    def _exception(self, message: Message) -> list[Delta]:
        """What went wrong; once the answer has ended it changes nothing any more."""
        if self.ended:
            return []
        if message.kind == "broken":
            raise broken(message)
        try:
            said = mapping(orjson.loads(message.payload))
        except orjson.JSONDecodeError:
            said = {"message": message.payload.decode("utf-8", "replace")}
        raise error_of_event({**said, "code": message.name}, self._secret)

    def _block_start(self, event: Mapping[str, Any]) -> list[Delta]:
        index = event.get("contentBlockIndex")
        call = mapping(event.get("start")).get("toolUse")
        if not isinstance(call, dict) or not isinstance(index, int) or call.get("type") == "server_tool_use":
            return []
        self._open_calls[index] = False
        if self.answer_tool and call.get("name") == self.answer_tool:
            self._answer_block = index
            return []
        begun = {"index": index, "id": call.get("toolUseId"), "function": {"name": call.get("name")}}
        return [*self.calls.feed([begun])]

    def _block_delta(self, event: Mapping[str, Any]) -> list[Delta]:
        delta = event.get("delta")
        if delta.__class__ is not dict:
            return []
        text = delta.get("text")
        if text.__class__ is str and text:
            return [TextDelta(text)]
        if "reasoningContent" in delta:
            return self._thought(mapping(delta["reasoningContent"]))
        if "toolUse" in delta:
            return self._arguments(event.get("contentBlockIndex"), mapping(delta["toolUse"]).get("input"))
        return []

    def _arguments(self, index: object, written: object) -> list[Delta]:
        if not isinstance(index, int) or index not in self._open_calls or written in ("", None):
            return []
        self._open_calls[index] = True
        fragment = {"index": index, "function": {"arguments": written}}
        if index == self._answer_block:
            return [TextDelta(call.arguments) for call in ToolCalls().feed([fragment])]
        return [*self.calls.feed([fragment])]

    def _block_stop(self, event: Mapping[str, Any]) -> list[Delta]:
        """A call that nobody wrote arguments for has none."""
        index = event.get("contentBlockIndex")
        if not isinstance(index, int) or self._open_calls.get(index) is not False:
            return []
        return self._arguments(index, {})

    def _message_stop(self, event: Mapping[str, Any]) -> list[Delta]:
        self._reason = str(event.get("stopReason") or "end_turn")
        self.ended = True
        return []

    def _metadata(self, event: Mapping[str, Any]) -> list[Delta]:
        usage = event.get("usage")
        if isinstance(usage, dict):
            self._usage = _usage_of(usage)
        self.marked = self.ended
        return []

    def _whole(self, answer: Mapping[str, Any]) -> list[Delta]:
        """An answer that was not streamed: the same as its messages in a row."""
        message = mapping(mapping(answer.get("output")).get("message"))
        blocks = message.get("content")
        if not isinstance(blocks, list):
            raise error_of_event(answer, self._secret)
        deltas: list[Delta] = []
        for index, block in enumerate(blocks):
            deltas += self._whole_block(index, mapping(block))
        self._message_stop(answer)
        self._metadata(answer)
        return deltas

    def _thought(self, content: Mapping[str, Any]) -> list[Delta]:
        if content.get("redactedContent"):
            return [ReasoningDelta("", sealed(self._owner, REDACTED, str(content["redactedContent"])))]
        text, token = str(content.get("text") or ""), str(content.get("signature") or "")
        signature = sealed(self._owner, THINKING, token) if token else ""
        return [ReasoningDelta(text, signature)] if text or token else []

    def _whole_block(self, index: int, block: Mapping[str, Any]) -> list[Delta]:
        if "reasoningContent" in block:
            inner = mapping(block["reasoningContent"])
            return self._thought({**inner, **mapping(inner.get("reasoningText"))})
        if "toolUse" in block:
            call = mapping(block["toolUse"])
            place = {"contentBlockIndex": index}
            deltas = self._block_start({**place, "start": {"toolUse": call}})
            return [*deltas, *self._arguments(index, call.get("input") or {})]
        if "citationsContent" in block:
            parts = mapping(block["citationsContent"]).get("content")
            texts = [mapping(part).get("text") for part in parts] if isinstance(parts, list) else []
            return [TextDelta(text) for text in texts if text and isinstance(text, str)]
        return self._block_delta({"delta": block})


def _usage_of(raw: Mapping[str, Any]) -> Usage:
    """Input as all that was read: the host counts what came from and went into its cache beside it."""
    cached = count(raw.get("cacheReadInputTokens"))
    taken = count(raw.get("inputTokens")) + cached + count(raw.get("cacheWriteInputTokens"))
    return Usage(taken, count(raw.get("outputTokens")), cached_tokens=cached)


_HANDLERS: Mapping[str, Callable[[ConverseEvents, Mapping[str, Any]], list[Delta]]] = {
    "contentBlockStart": ConverseEvents._block_start,  # noqa: SLF001 - a table of the class above
    "contentBlockDelta": ConverseEvents._block_delta,  # noqa: SLF001 - as above
    "contentBlockStop": ConverseEvents._block_stop,  # noqa: SLF001 - as above
    "messageStop": ConverseEvents._message_stop,  # noqa: SLF001 - as above
    "metadata": ConverseEvents._metadata,  # noqa: SLF001 - as above
}
