"""Settings that callers of `/v1` send in OpenAI's words and that few other hosts know by them."""

from collections.abc import Collection
from typing import Any

from apps.llm.vendors.base import ChatRequest

PENALTIES = frozenset({"frequency_penalty", "presence_penalty"})
PARALLEL = "parallel_tool_calls"
VERBOSITY = "verbosity"
WORDS = PENALTIES | {PARALLEL, VERBOSITY}
"""What the API takes from a caller and puts into `ChatRequest.extra` unread."""


def extra_of(
    request: ChatRequest, reserved: Collection[str], known: Collection[str] = frozenset()
) -> dict[str, Any]:
    """The request's `extra` without what the adapter sets itself, and of OpenAI's words only those `known`.

    A host answers 400 to a field that it does not know: the wish is dropped, the call stands.
    """
    return {
        name: value
        for name, value in request.extra.items()
        if name not in reserved and (name in known or name not in WORDS)
    }
