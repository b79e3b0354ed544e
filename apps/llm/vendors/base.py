"""The frozen values that go into and come out of every vendor, and the one error that it raises."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

NOTHING: Mapping[str, Any] = {}


class Modality(StrEnum):
    """What a model is for."""

    CHAT = "chat"
    EMBEDDING = "embedding"
    IMAGE = "image"
    RERANK = "rerank"
    SPEECH = "speech"


class ErrorKind(StrEnum):
    """What went wrong, as the gateway, the page and the API tell it apart (design/stack.md)."""

    AUTHENTICATION = "authentication"
    NOT_FOUND = "not_found"
    RATE_LIMIT = "rate_limit"
    QUOTA = "quota"
    CONTEXT_OVERFLOW = "context_overflow"
    CONTENT_FILTER = "content_filter"
    OVERLOADED = "overloaded"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    PROTOCOL = "protocol"
    SERVER = "server"
    BAD_REQUEST = "bad_request"
    INTERRUPTED = "interrupted"


class VendorError(Exception):
    """The call failed.

    `message` is ours and may be shown to anyone. `detail` is the host's own wording, clipped and without the
    key: for admins, never for members. `retry_after` is seconds, None where the host did not say.
    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        detail: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.detail = detail
        self.retryable = retryable
        self.retry_after = retry_after

    def __repr__(self) -> str:
        return f"VendorError({self.kind.value}, retryable={self.retryable}, retry_after={self.retry_after})"


@dataclass(frozen=True, slots=True)
class TextPart:
    """Words."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningPart:
    """What a model thought, with the host's signature where it wants that back.

    The signature is opaque to all but the adapter that gave it. What a host hides ("redacted") has no text.
    """

    text: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A picture, as bytes: hosts never fetch an address of ours."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file that the model reads itself."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """A call that the model asked for; `arguments` is the JSON text that it wrote.

    `signature` is the host's own token for the call, to be sent back with it (Gemini's thoughtSignature).
    """

    id: str
    name: str
    arguments: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class ToolResultPart:
    """What the tool with that call's id gave back."""

    id: str
    content: str
    is_error: bool = False


Part = TextPart | ReasoningPart | ImagePart | FilePart | ToolCallPart | ToolResultPart
Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of the prompt."""

    role: Role
    parts: tuple[Part, ...]

    @classmethod
    def text(cls, role: Role, text: str) -> "ChatMessage":
        """A message of words only."""
        return cls(role, (TextPart(text),))


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool that the model may call; `parameters` is a JSON schema.

    `is_strict`: arguments must follow the schema, which hosts of OpenAI's protocol can hold a model to.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    is_strict: bool = False


@dataclass(frozen=True, slots=True)
class PassagePart:
    """A passage as retrieved; `number` is what a citation marker names."""

    number: int
    title: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One call for an answer; `tool_choice`: auto, none, required or a name; `extra` goes out as it is."""

    model: str
    messages: tuple[ChatMessage, ...]
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    reasoning_effort: str | None = None
    response_format: Mapping[str, Any] | None = None
    passages: tuple[PassagePart, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. Input includes what was cached, output includes what was reasoning.

    `billed`: the input and output tokens that the host charges for, where it says that they are others.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False
    billed: tuple[int, int] | None = None

    @property
    def total(self) -> int:
        """What the model took and gave together."""
        return self.input_tokens + self.output_tokens

    def counts(self) -> dict[str, Any]:
        """What the model took and gave, for those who asked; what is charged for is the ledger's matter."""
        return {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cached_tokens": self.cached_tokens,
            "reasoning_tokens": self.reasoning_tokens,
            "estimated": self.estimated,
        }


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next characters of the answer; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """The next characters of the reasoning, or the signature that ends a block of it."""

    text: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """The next fragment of a call's arguments; `id` and `name` stand in every delta of the call.

    `signature` stands in one delta of the call, where the host gave one.
    """

    index: int
    id: str
    name: str
    arguments: str
    signature: str = ""


Reason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is whole. `usage` is None where the host gave none; `model` is the one that answered."""

    reason: Reason
    usage: Usage | None
    model: str


Delta = TextDelta | ReasoningDelta | ToolCallDelta | Finished


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """Texts to turn into vectors; `dimensions` where the model can shorten them."""

    model: str
    texts: tuple[str, ...]
    dimensions: int | None = None
    purpose: Literal["query", "passage"] = "passage"


@dataclass(frozen=True, slots=True)
class EmbeddingResult:
    """One vector per text, in the order of the texts, all of one length."""

    vectors: list[list[float]]
    usage: Usage | None
    model: str


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """Words to paint; `size` as WIDTHxHEIGHT, the host's own choice where empty."""

    model: str
    prompt: str
    size: str = ""
    count: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImageResult:
    """The pictures as bytes, those that were made; `usage` is None where the host counts no tokens."""

    images: tuple[ImagePart, ...]
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class RerankRequest:
    """Documents to put in order for a query; `top` limits how many come back."""

    model: str
    query: str
    documents: tuple[str, ...]
    top: int | None = None


@dataclass(frozen=True, slots=True)
class RerankResult:
    """(index into the documents, score) from the best down; scores of two models do not compare.

    `searches`: how many the host charges for, None where it does not count them.
    """

    scores: list[tuple[int, float]]
    usage: Usage | None
    model: str
    searches: int | None = None


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model as its host lists it; `modality` is a guess from what the host says."""

    id: str
    modality: Modality
    context_window: int | None = None
