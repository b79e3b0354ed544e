"""Streamed chunks of text-completion hosts to deltas: OpenAI's legacy shape, and Aleph Alpha's."""

from collections.abc import Mapping
from typing import Any, Literal

from apps.llm.vendors.base import Delta, ErrorKind, Finished, TextDelta, Usage
from apps.llm.vendors.errors import error, error_of_event
from apps.llm.vendors.event_json import event_of
from apps.llm.vendors.usage import usage_of

Reason = Literal["stop", "length", "content_filter"]
_REASONS: Mapping[str, Reason] = {
    "length": "length",
    "max_tokens": "length",
    "maximum_tokens": "length",
    "content_filter": "content_filter",
}


class CompletionEvents:
    """State of one answer: feed it each event's data, or a whole answer that was not streamed."""

    __slots__ = ("_secret", "_usage", "ended", "gave", "marked", "model", "reason")

    def __init__(self, model: str, secret: str) -> None:
        self._secret = secret
        self._usage: Usage | None = None
        self.model = model
        self.reason: Reason | None = None
        self.ended = False
        self.gave = False
        self.marked = False

    def feed(self, data: bytes) -> list[Delta]:
        """Deltas of one event; raises VendorError for an error object or for what is not JSON."""
        if not data.strip():
            return []
        event = event_of(data)
        if not isinstance(event, dict):
            return []
        if event.get("error") or event.get("object") == "error":
            raise error_of_event(event, self._secret)
        self._take_facts(event)
        return [delta for choice in _choices(event) for delta in self._choice(choice)]

    def finished(self) -> Finished:
        """The end; raises VendorError (interrupted) when there was no finish reason."""
        if self.reason is None:
            raise error(ErrorKind.INTERRUPTED, detail="the stream ended without a finish reason")
        return Finished(self.reason, self._usage, self.model)

    def _choice(self, choice: Mapping[str, Any]) -> list[Delta]:
        text = choice.get("text", choice.get("completion"))
        if choice.get("finish_reason"):
            self.ended = True
            self.reason = _REASONS.get(str(choice["finish_reason"]).lower(), "stop")
        if not text or not isinstance(text, str):
            return []
        self.gave = True
        return [TextDelta(text)]

    def _take_facts(self, event: Mapping[str, Any]) -> None:
        self.model = str(event.get("model") or event.get("model_version") or self.model)
        if isinstance(event.get("usage"), dict):
            self._usage = usage_of(event["usage"])
        elif isinstance(event.get("num_tokens_generated"), int):
            taken = event.get("num_tokens_prompt_total")
            self._usage = Usage(taken if isinstance(taken, int) else 0, event["num_tokens_generated"])


def _choices(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """OpenAI's choices, Aleph Alpha's completions, or its stream events, which are one choice each."""
    rows = event.get("choices", event.get("completions"))
    if isinstance(rows, list):
        return [row for row in rows[:1] if isinstance(row, dict)]
    return [event] if "completion" in event or "finish_reason" in event else []
