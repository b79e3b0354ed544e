"""Models that do nothing but moderate, at OpenAI's POST /v1/moderations.

To the rest of the product such a model is one that answers a chat with its verdict in JSON, so that a rule
asks it as it asks any other. The host counts no tokens.
Source: https://platform.openai.com/docs/api-reference/moderations/create
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from apps.llm.vendors.base import ErrorKind, Finished, TextDelta, TextPart
from apps.llm.vendors.errors import error
from apps.llm.vendors.http import fetch_json

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from apps.llm.vendors.base import ChatRequest, Delta
    from apps.llm.vendors.http import Call
    from apps.llm.vendors.interface import Endpoint, Timeouts


def is_moderator(model: str) -> bool:
    """Whether the model only moderates: omni-moderation-latest, text-moderation-stable, …"""
    return "-moderation-" in model


def moderation_body(request: ChatRequest) -> bytes:
    """The words of the last message."""
    parts = request.messages[-1].parts if request.messages else ()
    text = "\n".join(part.text for part in parts if isinstance(part, TextPart))
    return orjson.dumps({"model": request.model, "input": text})


async def moderation_stream(
    endpoint: Endpoint, call: Callable[[], Call], request: ChatRequest, timeouts: Timeouts
) -> AsyncGenerator[Delta, None]:
    """The flagged categories by the host's names as `{"categories": […]}`, then Finished; VendorError."""
    answer = await fetch_json(endpoint, call(), timeouts.total)
    results = answer.get("results") if isinstance(answer, dict) else None
    found = results[0].get("categories") if isinstance(results, list) and results else None
    if not isinstance(answer, dict) or not isinstance(found, dict):
        raise error(ErrorKind.PROTOCOL, detail="no moderation in the answer")
    flagged = [name for name, is_flagged in found.items() if is_flagged is True]
    yield TextDelta(orjson.dumps({"categories": flagged}).decode())
    yield Finished("stop", None, str(answer.get("model") or request.model))
