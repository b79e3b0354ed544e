"""What the contract test needs to know of one vendor: its answers on the wire, and what it must be sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.llm.vendors.base import ErrorKind, ToolSpec, Usage
from apps.llm.vendors.interface import Vendor
from tests.wire.replay import Answer

TEXT = "Grüße, 🌍!"
REASONING = "Let me think."
CALLS = [("weather", {"city": "Köln"}), ("clock", {"zone": "UTC"})]
TOOLS = tuple(ToolSpec(name, f"The {name}.", {"type": "object", "properties": {}}) for name, _ in CALLS)
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
Check = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is an error; in a stream it comes after the words "Half"."""

    name: str
    answer: Answer = field(repr=False)
    kind: ErrorKind
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """One adapter's dialect. Each answer is what the vendor really sends, in its own framing.

    `text` says TEXT in two pieces or more and ends with `usage` (cached and reasoning tokens in it where the
    vendor counts them). `end_mark` is a piece of bytes in `text`: a body cut before it is no whole answer.
    `tools` asks for CALLS at once. `reasoning` thinks REASONING, then says TEXT or calls the first of CALLS;
    `replayed` asserts what of it the next request's body must hold. `schema_answer` is the vendor's answer to
    a request with SCHEMA, saying {"city":"Köln"}. `None` stands for what the vendor does not offer.
    """

    name: str
    vendor: Vendor
    model: str
    text: Answer = field(repr=False)
    end_mark: bytes
    usage: Usage | None
    answered_by: str
    finishes: Mapping[str, Answer] = field(repr=False)
    failures: tuple[Failure, ...] = field(repr=False)
    tools: Answer | None = field(default=None, repr=False)
    reasoning: Answer | None = field(default=None, repr=False)
    replayed: Check | None = None
    schema_answer: Answer | None = field(default=None, repr=False)
    asks_schema: Check | None = None
    shows_image: Check | None = None
    shows_document: Check | None = None
    stream_failures: tuple[Failure, ...] = field(default=(), repr=False)
    key: str = "test-key-0123456789"
    settings: Mapping[str, str] = field(default_factory=dict)
