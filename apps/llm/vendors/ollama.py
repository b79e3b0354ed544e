"""Ollama: OpenAI's shape by default, its native API (/api/chat, lines of JSON) by choice.

Source: github.com/ollama/ollama docs/api.md. The native API tells the model's thinking apart, takes the size
of the context and loads a model with it.
"""

from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    Delta,
    EmbeddingRequest,
    EmbeddingResult,
    ErrorKind,
    Finished,
    ImagePart,
    ReasoningDelta,
    TextDelta,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    Usage,
)
from apps.llm.vendors.efforts import FOUR, nearest
from apps.llm.vendors.embeddings import assert_fits
from apps.llm.vendors.errors import error, error_of_event
from apps.llm.vendors.event_json import count, event_of
from apps.llm.vendors.http import LONG_TOTAL_SECONDS, Call, base_of, fetch_json, stream_call
from apps.llm.vendors.interface import DEFAULT_TIMEOUTS, Endpoint, Timeouts
from apps.llm.vendors.ndjson import LineParser
from apps.llm.vendors.openai_compatible import OpenAICompatible
from apps.llm.vendors.openai_words import PENALTIES, extra_of
from apps.llm.vendors.tool_calls import ToolCalls

NATIVE = "native"
_RESERVED = frozenset({"model", "messages", "stream"})


@dataclass(frozen=True)
class Ollama(OpenAICompatible):
    """A server of Ollama; the setting `api` chooses how it is spoken to."""

    def stream(
        self, endpoint: Endpoint, request: ChatRequest, timeouts: Timeouts = DEFAULT_TIMEOUTS
    ) -> AsyncGenerator[Delta, None]:
        """Deltas of one streamed call; nothing is retried here."""
        if endpoint.settings.get("api") != NATIVE:
            return super().stream(endpoint, request, timeouts)
        body = ollama_body(request, endpoint.settings)
        events = OllamaEvents(request.model, endpoint.api_key)
        return stream_call(
            endpoint, lambda: self._native(endpoint, "chat", body), events, timeouts, LineParser()
        )

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> EmbeddingResult:
        """Vectors in the order of the texts."""
        if endpoint.settings.get("api") != NATIVE:
            return await super().embed(endpoint, request)
        body: dict[str, Any] = {"model": request.model, "input": list(request.texts)}
        if request.dimensions is not None:
            body["dimensions"] = request.dimensions
        call = self._native(endpoint, "embed", orjson.dumps(body))
        return _vectors(await fetch_json(endpoint, call, LONG_TOTAL_SECONDS), request)

    def _native(self, endpoint: Endpoint, path: str, body: bytes) -> Call:
        base = base_of(endpoint, "/chat/completions", "/v1", "/api/chat", "/api")
        return Call(f"{base}/api/{path}", self._headers(endpoint), body)


def _vectors(answer: object, request: EmbeddingRequest) -> EmbeddingResult:
    """Vectors of /api/embed, or the one of the older /api/embeddings; raises VendorError (protocol)."""
    facts = answer if isinstance(answer, dict) else {}
    rows = facts.get("embeddings") or [facts.get("embedding")]
    try:
        vectors = [[float(value) for value in row] for row in rows]
    except (TypeError, ValueError):
        raise error(ErrorKind.PROTOCOL, detail="a vector cannot be read") from None
    assert_fits(vectors, request)
    taken = facts.get("prompt_eval_count")
    usage = Usage(taken, 0) if isinstance(taken, int) else None
    return EmbeddingResult(vectors, usage, str(facts.get("model") or request.model))


def ollama_body(request: ChatRequest, settings: Mapping[str, str]) -> bytes:
    """The body of POST /api/chat; the model's settings stand under `options`."""
    options = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "num_predict": request.max_tokens,
        "stop": list(request.stop) or None,
        "seed": request.seed,
        **{name: value for name, value in request.extra.items() if name in PENALTIES},
        "num_ctx": int(window) if (window := settings.get("context", "").strip()).isdecimal() else None,
    }
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [wire for message in request.messages for wire in _messages(message)],
        "stream": True,
        "options": {name: value for name, value in options.items() if value is not None},
    }
    if request.tools:
        names = ("name", "description", "parameters")
        body["tools"] = [
            {"type": "function", "function": {name: getattr(tool, name) for name in names}}
            for tool in request.tools
        ]
    if request.reasoning_effort:
        effort = nearest(request.reasoning_effort, FOUR(request.model))
        body["think"] = False if effort == "none" else effort
    if request.response_format and (wanted := _format(request.response_format)):
        body["format"] = wanted
    body |= extra_of(request, _RESERVED)
    return orjson.dumps(body, default=dict)


def _format(wanted: Mapping[str, Any]) -> object:
    schema = wanted.get("json_schema")
    if isinstance(schema, Mapping):
        return schema.get("schema")
    return "json" if wanted.get("type") == "json_object" else None


def _messages(message: ChatMessage) -> list[dict[str, Any]]:
    results = [
        {"role": "tool", "content": part.content, "tool_call_id": part.id}
        for part in message.parts
        if isinstance(part, ToolResultPart)
    ]
    wire: dict[str, Any] = {
        "role": message.role,
        "content": "".join(part.text for part in message.parts if isinstance(part, TextPart)),
    }
    images = [b64encode(part.data).decode() for part in message.parts if isinstance(part, ImagePart)]
    calls = [_call(part) for part in message.parts if isinstance(part, ToolCallPart)]
    if images:
        wire["images"] = images
    if calls:
        wire["tool_calls"] = calls
    return [*([wire] if wire["content"] or images or calls or not results else []), *results]


def _call(part: ToolCallPart) -> dict[str, Any]:
    try:
        arguments = orjson.loads(part.arguments or "{}")
    except orjson.JSONDecodeError:
        arguments = {}
    return {"id": part.id, "function": {"name": part.name, "arguments": arguments}}


class OllamaEvents:
    """State of one answer: feed it each line, or a whole answer that was not streamed."""

    __slots__ = ("_calls", "_secret", "_usage", "ended", "gave", "marked", "model", "reason")

    def __init__(self, model: str, secret: str) -> None:
        self._secret = secret
        self._usage: Usage | None = None
        self._calls = ToolCalls()
        self.model = model
        self.reason: Literal["stop", "length", "tool_calls"] | None = None
        self.ended = False
        self.gave = False
        self.marked = False

    def feed(self, data: bytes) -> list[Delta]:
        """Deltas of one line, or of all of them where a proxy calls them JSON.

        Raises VendorError for an error and for what is not JSON.
        """
        try:
            event = orjson.loads(data)
        except orjson.JSONDecodeError:
            lines = data.splitlines()
            if len(lines) > 1:
                return [delta for line in lines if line.strip() for delta in self.feed(line)]
            event = event_of(data)
        return self._event(event) if isinstance(event, dict) else []

    def finished(self) -> Finished:
        """The end; raises VendorError (interrupted) when no line said `done`."""
        if self.reason is None:
            raise error(ErrorKind.INTERRUPTED, detail="the stream ended before a line said done")
        return Finished(self.reason, self._usage, self.model)

    def _event(self, event: Mapping[str, Any]) -> list[Delta]:
        if event.get("error"):
            raise error_of_event(event, self._secret)
        deltas = self._message(event.get("message"))
        if event.get("thinking") and isinstance(event["thinking"], str):
            deltas.append(ReasoningDelta(event["thinking"]))
        if event.get("response") and isinstance(event["response"], str):
            deltas.append(TextDelta(event["response"]))
        if deltas:
            self.gave = True
        if event.get("done"):
            self._end(event)
        return deltas

    def _message(self, message: object) -> list[Delta]:
        if not isinstance(message, dict):
            return []
        deltas: list[Delta] = []
        if message.get("thinking"):
            deltas.append(ReasoningDelta(str(message["thinking"])))
        if message.get("content"):
            deltas.append(TextDelta(str(message["content"])))
        if message.get("tool_calls"):
            deltas += self._calls.feed(message["tool_calls"])
        return deltas

    def _end(self, event: Mapping[str, Any]) -> None:
        taken, given = event.get("prompt_eval_count"), event.get("eval_count")
        if isinstance(taken, int) or isinstance(given, int):
            self._usage = Usage(count(taken), count(given))
        self.model = str(event.get("model") or self.model)
        self.reason = "length" if event.get("done_reason") == "length" else "stop"
        if self._calls and self.reason == "stop":
            self.reason = "tool_calls"
        self.ended = self.marked = True
