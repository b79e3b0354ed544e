"""Events of a streamed message, or a whole one, to deltas (platform.claude.com/docs, streaming messages)."""

from collections.abc import Callable, Mapping
from typing import Any

from apps.llm.vendors.anthropic.body import VENDOR
from apps.llm.vendors.base import Delta, ErrorKind, Finished, Reason, ReasoningDelta, TextDelta, Usage
from apps.llm.vendors.errors import error, error_of_event
from apps.llm.vendors.event_json import count, event_of, mapping
from apps.llm.vendors.seals import REDACTED, THINKING, owner_of, sealed
from apps.llm.vendors.tool_calls import ToolCalls

_REASONS: Mapping[str, Reason] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class MessageEvents:
    """State of one message; `answer_tool` names the tool whose arguments are the answer itself."""

    __slots__ = (
        "_answer_block",
        "_counts",
        "_open_calls",
        "_owner",
        "_reason",
        "_secret",
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
        self._open_calls: dict[int, Any] = {}
        self._counts: dict[str, Any] = {}
        self._reason: str | None = None
        self.model = model
        self.calls = ToolCalls()
        self.ended = False
        self.gave = False
        self.marked = False

    def feed(self, data: bytes) -> list[Delta]:
        """Deltas of one event; raises VendorError for an error event and for what is not JSON."""
        if not data.strip():
            return []
        event = event_of(data)
        if event.__class__ is not dict:
            return []
        kind = event.get("type")
        if kind == "content_block_delta":
            deltas = self._delta(event)
        else:
            handler = _HANDLERS.get(kind)
            if handler is None:
                self._aside(event)
                return []
            deltas = handler(self, event)
        if deltas:
            self.gave = True
        return deltas

    def finished(self) -> Finished:
        """The end; raises VendorError (interrupted) when no stop reason came."""
        if self._reason is None:
            raise error(ErrorKind.INTERRUPTED, detail="the stream ended without a stop reason")
        said = _REASONS.get(self._reason, "stop")
        reason = self.calls.reason(said, by_tool=self._answer_block is not None)
        return Finished(reason, self._usage(), self.model)

    def _delta(self, event: Mapping[str, Any]) -> list[Delta]:
        delta = event.get("delta")
        if delta.__class__ is not dict:
            return []
        kind = delta.get("type")
        if kind == "text_delta":
            text = delta.get("text")
            return [TextDelta(text)] if text.__class__ is str and text else []
        if kind == "thinking_delta":
            text = delta.get("thinking")
            return [ReasoningDelta(text)] if text.__class__ is str and text else []
        if kind == "input_json_delta":
            return self._arguments(event.get("index"), delta.get("partial_json"))
        if kind == "signature_delta" and delta.get("signature"):
            return [ReasoningDelta("", sealed(self._owner, THINKING, str(delta["signature"])))]
        return []

    def _arguments(self, index: object, text: object) -> list[Delta]:
        if not isinstance(text, str) or not text or not isinstance(index, int):
            return []
        if index == self._answer_block:
            self._open_calls[index] = None
            return [TextDelta(text)]
        if index not in self._open_calls:
            return []
        self._open_calls[index] = None
        return [*self.calls.feed([{"index": index, "function": {"arguments": text}}])]

    def _message_start(self, event: Mapping[str, Any]) -> list[Delta]:
        """Mostly nothing yet; after code that ran at the host and called a tool, the whole message."""
        message = mapping(event.get("message"))
        if message.get("content"):
            return self._whole(message)
        self.model = str(message.get("model") or self.model)
        self._count(message.get("usage"))
        return []

    def _block_start(self, event: Mapping[str, Any]) -> list[Delta]:
        block = mapping(event.get("content_block"))
        kind = block.get("type")
        if kind == "tool_use":
            return self._call(event.get("index"), block)
        if kind == "text":
            return [TextDelta(str(block["text"]))] if block.get("text") else []
        if kind == "redacted_thinking" and block.get("data"):
            return [ReasoningDelta("", sealed(self._owner, REDACTED, str(block["data"])))]
        if kind == "thinking":
            text, token = str(block.get("thinking") or ""), str(block.get("signature") or "")
            signature = sealed(self._owner, THINKING, token) if token else ""
            return [ReasoningDelta(text, signature)] if text or token else []
        return []

    def _call(self, index: object, block: Mapping[str, Any]) -> list[Delta]:
        """A call begins; what it holds already counts only where no fragments follow."""
        if not isinstance(index, int):
            return []
        self._open_calls[index] = block.get("input") or {}
        if self.answer_tool and block.get("name") == self.answer_tool:
            self._answer_block = index
            return []
        begun = {"index": index, "id": block.get("id"), "function": {"name": block.get("name")}}
        return [*self.calls.feed([begun])]

    def _block_stop(self, event: Mapping[str, Any]) -> list[Delta]:
        """A call without fragments has the arguments that it began with, mostly none."""
        index = event.get("index")
        rest = self._open_calls.pop(index, None) if isinstance(index, int) else None
        if rest is None:
            return []
        fragment = {"index": index, "function": {"arguments": rest}}
        if index == self._answer_block:
            return [TextDelta(call.arguments) for call in ToolCalls().feed([fragment])]
        return [*self.calls.feed([fragment])]

    def _message_delta(self, event: Mapping[str, Any]) -> list[Delta]:
        self._count(event.get("usage"))
        reason = mapping(event.get("delta")).get("stop_reason")
        if reason:
            self._reason = str(reason)
            self.ended = True
        return []

    def _message_stop(self, event: Mapping[str, Any]) -> list[Delta]:
        del event
        self.marked = True
        return []

    def _whole(self, message: Mapping[str, Any]) -> list[Delta]:
        """A message that was not streamed: the same as its events in a row."""
        self.model = str(message.get("model") or self.model)
        deltas: list[Delta] = []
        blocks = message.get("content")
        for index, block in enumerate(blocks if isinstance(blocks, list) else []):
            deltas += self._block_start({"index": index, "content_block": block})
            deltas += self._block_stop({"index": index})
        deltas += self._message_delta({"delta": message, "usage": message.get("usage")})
        return deltas

    def _aside(self, event: Mapping[str, Any]) -> None:
        """A ping, an event of a later version of the protocol, or an error."""
        if not self.ended and (event.get("type") == "error" or event.get("error")):
            raise error_of_event(event, self._secret)

    def _count(self, usage: object) -> None:
        """Counts are cumulative: a later one takes the place of the one before, but for none or zero."""
        for name, value in mapping(usage).items():
            if value or (value is not None and name not in self._counts):
                self._counts[name] = value

    def _usage(self) -> Usage | None:
        """Input as all that was read: the host counts what came from and went into its cache beside it."""
        counts = self._counts
        if not counts:
            return None
        cached = count(counts.get("cache_read_input_tokens"))
        written = count(counts.get("cache_creation_input_tokens"))
        return Usage(
            count(counts.get("input_tokens")) + cached + written,
            count(counts.get("output_tokens")),
            cached_tokens=cached,
            reasoning_tokens=count(mapping(counts.get("output_tokens_details")).get("thinking_tokens")),
        )


_HANDLERS: Mapping[Any, Callable[[MessageEvents, Mapping[str, Any]], list[Delta]]] = {
    "message_start": MessageEvents._message_start,  # noqa: SLF001 - a table of the class above
    "content_block_start": MessageEvents._block_start,  # noqa: SLF001 - as above
    "content_block_stop": MessageEvents._block_stop,  # noqa: SLF001 - as above
    "message_delta": MessageEvents._message_delta,  # noqa: SLF001 - as above
    "message_stop": MessageEvents._message_stop,  # noqa: SLF001 - as above
    "message": MessageEvents._whole,  # noqa: SLF001 - as above
}
