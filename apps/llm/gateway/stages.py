"""The stage between a call and its vendor that decides which text may be sent: guardrails.

Whether the model may receive it at all is decided before (apps.llm.clearances.gate).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from apps.guardrails.policy import PASS_ALL
from apps.llm.vendors.base import ChatMessage, Finished, ReasoningDelta, TextDelta, TextPart

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from apps.guardrails.policy import Incoming, Policy
    from apps.llm.gateway.loading import Target
    from apps.llm.vendors.base import ChatRequest, Delta, Part


def policy_for(target: Target) -> Policy:
    """The policy that holds for the call: none has a rule yet."""
    del target
    return PASS_ALL


def guard_request(policy: Policy, request: ChatRequest) -> tuple[ChatRequest, Incoming | None]:
    """The request with its texts as the policy lets them out, and what follows the answer.

    Raises GuardrailRefusedError. A policy without rules gives the same request back.
    """
    if policy.is_empty:
        return request, None
    texts = [
        part.text for message in request.messages for part in message.parts if isinstance(part, TextPart)
    ]
    outgoing = policy.outgoing(texts)
    remaining = iter(outgoing.texts)

    def passed(part: Part) -> Part:
        return TextPart(next(remaining)) if isinstance(part, TextPart) else part

    messages = tuple(ChatMessage(m.role, tuple(passed(part) for part in m.parts)) for m in request.messages)
    return replace(request, messages=messages), outgoing.incoming


def guard_texts(policy: Policy, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The texts as the policy lets them out; raises GuardrailRefusedError."""
    return texts if policy.is_empty else tuple(policy.outgoing(texts).texts)


async def guard_answer(
    source: AsyncGenerator[Delta, None], incoming: Incoming
) -> AsyncGenerator[Delta, None]:
    """The answer with its text and reasoning as the policy lets them in; raises GuardrailRefusedError."""
    async for delta in source:
        if isinstance(delta, TextDelta):
            if text := incoming.feed("text", delta.text):
                yield TextDelta(text)
        elif isinstance(delta, ReasoningDelta):
            yield ReasoningDelta(incoming.feed("reasoning", delta.text), delta.signature)
        elif isinstance(delta, Finished):
            if text := incoming.finish("reasoning"):
                yield ReasoningDelta(text)
            if text := incoming.finish("text"):
                yield TextDelta(text)
            yield delta
        else:
            yield delta
