"""How many tokens a text has, where no host counted them.

One token per four bytes of UTF-8, rounded up: close for English, and not too low for other scripts, whose
letters take two to four bytes. Each message adds four tokens, each image 800. Counts made so are marked
`estimated` in the ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from apps.llm.vendors.base import (
    ChatRequest,
    FilePart,
    ImagePart,
    Part,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    ToolResultPart,
)
from apps.metering.prices import PICTURE, SEARCH
from apps.metering.services import Bound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from apps.llm.vendors.base import Delta, Usage

BYTES_PER_TOKEN = 4
TOKENS_PER_MESSAGE = 4
TOKENS_PER_IMAGE = 800
TOKENS_PER_PICTURE = 6_240
"""The most that hosts count for one that they paint: gpt-image-1's largest; Gemini counts 1,290 to 2,520."""
MOST_TOKENS = 2**31 - 1
"""Of one call: no model takes or gives as many, and the ledger's sums have room for them."""
TOKENS_PER_RANKED = 500
RANKED_PER_SEARCH = 100
"""As Cohere bills: each 100 documents begun are a search; a longer one, with the query, counts in parts."""


def believed(usage: Usage | None) -> Usage | None:
    """The host's count; None where it has none, or one that no call can have: then it is estimated."""
    if usage is None:
        return None
    counts = (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.reasoning_tokens)
    return usage if max(*counts, *(usage.billed or ())) <= MOST_TOKENS else None


def byte_length(text: str) -> int:
    """Bytes of the text in UTF-8; a lone surrogate counts three."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def tokens_of_bytes(size: int) -> int:
    return -(-size // BYTES_PER_TOKEN)


def tokens_of_texts(texts: Iterable[str]) -> int:
    return sum(tokens_of_bytes(byte_length(text)) for text in texts)


def bound_of_ranking(query: str, documents: Sequence[str]) -> Bound:
    """The most that a call for scores uses, and the searches that a host charges for."""
    asked = tokens_of_bytes(byte_length(query))
    sizes = (asked + tokens_of_bytes(byte_length(text)) for text in documents)
    parts = sum(max(1, -(-size // TOKENS_PER_RANKED)) for size in sizes)
    searches = max(1, -(-parts // RANKED_PER_SEARCH))
    return Bound(tokens_of_texts((query, *documents)), units=searches, unit=SEARCH)


def bound_of_pictures(prompt: str, count: int) -> Bound:
    """The most that a call for pictures uses."""
    return Bound(tokens_of_texts((prompt,)), count * TOKENS_PER_PICTURE, units=count, unit=PICTURE)


def tokens_of_request(request: ChatRequest) -> int:
    """The estimated input of a chat call."""
    total = TOKENS_PER_MESSAGE * len(request.messages)
    for message in request.messages:
        total += sum(_tokens_of_part(part) for part in message.parts)
    for tool in request.tools:
        size = (
            byte_length(tool.name) + byte_length(tool.description) + len(orjson.dumps(dict(tool.parameters)))
        )
        total += tokens_of_bytes(size)
    return total


def _tokens_of_part(part: Part) -> int:
    if isinstance(part, ImagePart):
        return TOKENS_PER_IMAGE
    if isinstance(part, FilePart):
        return tokens_of_bytes(len(part.data))
    if isinstance(part, ToolResultPart):
        return tokens_of_bytes(byte_length(part.content))
    text = getattr(part, "text", None)
    return tokens_of_bytes(byte_length(text if text is not None else part.arguments))  # type: ignore[union-attr]  # only a tool call has no text


def bytes_of_delta(delta: Delta) -> int:
    """What a delta adds to the estimated output."""
    if isinstance(delta, TextDelta | ReasoningDelta):
        return byte_length(delta.text)
    if isinstance(delta, ToolCallDelta):
        return byte_length(delta.arguments)
    return 0
