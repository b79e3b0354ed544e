"""The only door to a model, for workers only: a web process never speaks to one.

Answers come as a stream; vectors, rankings and pictures come whole. Per attempt: load → clearance →
guardrails → reserve (a call id, committed, and the run told that a call was opened) → vendor → guardrails →
settle or release. Two short transactions for each attempt; per token nothing but passing it on. What a
handler needs to fall back on another model is in VendorError.kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.guardrails.policy import GuardrailRefusedError
from apps.llm.errors import ModelNotFoundError, RefusedError
from apps.llm.gateway.calls import Caller, ChatCall, EmbedCall, ImageCall, Outcome, RerankCall, RunRef
from apps.llm.gateway.chat import ChatStream
from apps.llm.gateway.embed import embed, embed_sync
from apps.llm.gateway.images import generate_images
from apps.llm.gateway.rerank import rerank
from apps.llm.vendors.base import ErrorKind, VendorError

if TYPE_CHECKING:
    from typing import Final

UNREACHABLE: Final = frozenset(
    {
        ErrorKind.AUTHENTICATION,
        ErrorKind.QUOTA,
        ErrorKind.OVERLOADED,
        ErrorKind.UNAVAILABLE,
        ErrorKind.TIMEOUT,
        ErrorKind.CONNECTION,
        ErrorKind.SERVER,
        ErrorKind.RATE_LIMIT,
        ErrorKind.NOT_FOUND,
    }
)
"""Kinds that say the model can not be reached now, so that another may answer in its place."""


def stream(call: ChatCall) -> ChatStream:
    """One streamed answer; see ChatStream."""
    return ChatStream(call)


__all__ = [
    "UNREACHABLE",
    "Caller",
    "ChatCall",
    "ChatStream",
    "EmbedCall",
    "ErrorKind",
    "GuardrailRefusedError",
    "ImageCall",
    "ModelNotFoundError",
    "Outcome",
    "RefusedError",
    "RerankCall",
    "RunRef",
    "VendorError",
    "embed",
    "embed_sync",
    "generate_images",
    "rerank",
    "stream",
]
