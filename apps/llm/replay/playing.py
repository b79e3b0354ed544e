"""What an adapter makes of a recorded answer: the same code path as for a real host."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps import egress
from apps.llm.replay.invoked import unwrapped
from apps.llm.replay.recognising import Recognised, recognised
from apps.llm.replay.recordings import Exchange, UnreadableError
from apps.llm.replay.serving import RecordedHost
from apps.llm.vendors.base import (
    ChatMessage,
    ChatRequest,
    Delta,
    EmbeddingRequest,
    ErrorKind,
    Finished,
    ImageRequest,
    ReasoningDelta,
    RerankRequest,
    TextDelta,
    ToolCallDelta,
    Usage,
    VendorError,
)
from apps.llm.vendors.interface import Endpoint
from apps.llm.vendors.seals import token_of

NOBODY = UUID(int=0)
KEY = "replayed-key"
UNREADABLE = "unreadable"
_NOT_OURS = "No adapter makes such a request: nothing was played."


@dataclass(slots=True)
class Played:
    """Everything that came out of one exchange; what does not apply stays empty or None."""

    vendor: str
    operation: str
    status: int
    model: str = ""
    text: str = ""
    reasoning: str = ""
    signature: str = ""
    tool_calls: list[dict[str, str]] = field(default_factory=list)
    usage: Usage | None = None
    finish: str | None = None
    error_kind: str | None = None
    error_detail: str = ""
    retry_after: float | None = None
    interrupted: bool = False
    models: list[str] | None = None
    vectors: int | None = None
    dimensions: int | None = None
    scores: list[tuple[int, float]] | None = None
    images: int | None = None

    def add(self, delta: Delta) -> None:
        """Put the next delta to what came before."""
        match delta:
            case TextDelta(text):
                self.text += text
            case ReasoningDelta(text, signature):
                self.reasoning += text
                self.signature += token_of(signature)
            case ToolCallDelta(index, ident, name, arguments):
                while len(self.tool_calls) <= index:
                    self.tool_calls.append({"id": "", "name": "", "arguments": ""})
                call = self.tool_calls[index]
                call |= {"id": ident, "name": name, "arguments": call["arguments"] + arguments}
            case Finished(reason, usage, model):
                self.finish, self.usage, self.model = reason, usage, model

    def fail(self, error: VendorError) -> None:
        """Note the error beside what had come before it."""
        self.error_kind = error.kind.value
        self.error_detail = error.detail
        self.retry_after = error.retry_after
        self.interrupted = error.kind is ErrorKind.INTERRUPTED


async def play(exchanges: Iterable[Exchange | UnreadableError]) -> AsyncIterator[Played]:
    """Each exchange in turn, over loopback, `unreadable` for what is none; closes its sockets at the end."""
    try:
        async with RecordedHost() as host:
            for exchange in exchanges:
                if isinstance(exchange, UnreadableError):
                    yield Played("", UNREADABLE, 0, error_kind=UNREADABLE, error_detail=str(exchange))
                else:
                    yield await _played(host, exchange)
    finally:
        await egress.close_sessions()


async def _played(host: RecordedHost, exchange: Exchange) -> Played:
    exchange = unwrapped(exchange)
    what = recognised(exchange)
    played = Played(what.vendor.slug, what.operation, exchange.status, what.model)
    host.play(exchange, is_list=what.operation == "models")
    allowed = frozenset({("127.0.0.1", host.port)})
    endpoint = Endpoint(f"http://127.0.0.1:{host.port}/v1", KEY, what.settings, NOBODY, allowed)
    try:
        if what.operation in {"unknown", "token"}:
            played.error_detail = _NOT_OURS
        elif what.operation == "chat":
            await _chat(what, endpoint, played)
        else:
            await _other(what, endpoint, exchange.asked, played)
    except VendorError as error:
        played.fail(error)
    return played


async def _chat(what: Recognised, endpoint: Endpoint, played: Played) -> None:
    request = ChatRequest(what.model, (ChatMessage.text("user", "recorded"),))
    async for delta in what.vendor.stream(endpoint, request):
        played.add(delta)


async def _other(what: Recognised, endpoint: Endpoint, asked: dict[str, Any], played: Played) -> None:
    match what.operation:
        case "embed":
            embedded = await what.vendor.embed(endpoint, EmbeddingRequest(what.model, _texts(asked)))
            played.vectors, played.dimensions = len(embedded.vectors), len(embedded.vectors[0])
            played.usage, played.model = embedded.usage, embedded.model
        case "models":
            played.models = [model.id for model in await what.vendor.list_models(endpoint)]
        case "rerank":
            documents = tuple(
                str(document) for document in asked.get("documents") or asked.get("texts") or []
            )
            ranked = RerankRequest(what.model, str(asked.get("query", "")), documents, asked.get("top_n"))
            result = await what.vendor.rerank(endpoint, ranked)
            played.scores, played.usage, played.model = result.scores, result.usage, result.model
        case "images":
            painted = ImageRequest(what.model, str(asked.get("prompt", "recorded")))
            made = await what.vendor.generate_images(endpoint, painted)
            played.images, played.usage = len(made.images), made.usage


def _texts(asked: dict[str, Any]) -> tuple[str, ...]:
    """As many texts as the recorded request had; a list of numbers is one text in tokens."""
    for name in ("input", "texts", "inputs", "inputText", "requests", "instances", "content"):
        value = asked.get(name)
        if isinstance(value, list) and value and not isinstance(value[0], int):
            return tuple(text if isinstance(text, str) else "recorded" for text in value)
        if value:
            return (value if isinstance(value, str) else "recorded",)
    return ("recorded",)
