"""The runs behind /v1: an answer without a message, and vectors. Handlers on the engine's loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from redis.exceptions import RedisError

from apps.api.openai.requests import read_completion
from apps.api.openai.routed import complete_by_route
from apps.api.openai.vectors import leave_vectors
from apps.llm import gateway
from apps.llm.gateway import (
    Caller,
    ChatCall,
    EmbedCall,
    GuardrailRefusedError,
    ModelNotFoundError,
    RunRef,
    VendorError,
)
from apps.llm.vendors.base import Finished, ReasoningDelta, TextDelta, ToolCallDelta
from apps.runs.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.runs.context import RunContext
    from apps.runs.models import Run
    from apps.runs.registry import RunEnd

COMPLETION: Final = "completion"
EMBEDDING: Final = "embedding"


async def complete(ctx: RunContext) -> None:
    """Answers a chat request; `result` gets finish_reason, usage and, on a failure, retry_after."""
    try:
        if "route_id" in ctx.input:
            await complete_by_route(ctx, read_completion(ctx.input["body"]).request)
        else:
            await _complete_by_model(ctx)
    except (VendorError, ModelNotFoundError, GuardrailRefusedError) as error:
        raise _failed(ctx, error) from error


async def _complete_by_model(ctx: RunContext) -> None:
    stream = gateway.stream(
        ChatCall(
            who=_caller(ctx),
            model_id=UUID(ctx.input["model_id"]),
            request=read_completion(ctx.input["body"]).request,
            purpose="api",
            run=RunRef(ctx.run_id, ctx.fence),
        )
    )
    try:
        async with stream:
            await _relay(ctx, stream)
    finally:
        if stream.outcome.usage is not None:
            ctx.result["usage"] = stream.outcome.usage.counts()


async def embed(ctx: RunContext) -> None:
    """Makes vectors and leaves them in Redis for a minute."""
    call = EmbedCall(
        who=_caller(ctx),
        model_id=UUID(ctx.input["model_id"]),
        texts=tuple(ctx.input["texts"]),
        purpose="api",
        dimensions=ctx.input["dimensions"],
        run=RunRef(ctx.run_id, ctx.fence),
    )
    try:
        made = await gateway.embed(call)
    except (VendorError, ModelNotFoundError, GuardrailRefusedError) as error:
        raise _failed(ctx, error) from error
    ctx.result["usage"] = made.usage.counts() if made.usage else None
    try:
        await leave_vectors(ctx.tenant_id, ctx.run_id, made.vectors)
    except (RedisError, OSError) as error:
        raise RunError("unavailable", "The vectors could not be handed over", "Try again.") from error


def end_call(end: RunEnd) -> Mapping[str, Any]:
    """What the end event of both kinds carries."""
    return {
        name: end.result[name] for name in ("finish_reason", "retry_after", "route") if name in end.result
    }


async def _relay(ctx: RunContext, stream: gateway.ChatStream) -> None:
    """Passes deltas on: nothing else is done for each token."""
    text, reasoning = ctx.text, ctx.reasoning
    async for delta in stream:
        if isinstance(delta, TextDelta):
            text(delta.text)
        elif isinstance(delta, ReasoningDelta):
            reasoning(delta.text)
        elif isinstance(delta, ToolCallDelta):
            ctx.event(
                "tool",
                {"index": delta.index, "id": delta.id, "name": delta.name, "arguments": delta.arguments},
            )
        elif isinstance(delta, Finished):
            ctx.result["finish_reason"] = delta.reason


def _caller(ctx: RunContext) -> Caller:
    return Caller(ctx.tenant_id, ctx.team_id, ctx.user_id, ctx.api_key_id)


def _failed(ctx: RunContext, error: VendorError | ModelNotFoundError | GuardrailRefusedError) -> RunError:
    """The failure by its kind: the web process words it for the client."""
    if isinstance(error, GuardrailRefusedError):
        return RunError("content_filter", "A rule stopped this", error.message, retryable=False)
    if isinstance(error, ModelNotFoundError):
        return RunError("not_found", error.title, error.message, retryable=False)
    if error.retry_after is not None:
        ctx.result["retry_after"] = error.retry_after
    return RunError(error.kind.value, error.message, retryable=error.retryable)


def nobodys_message(run: Run) -> dict[str, None]:
    """What the REST output of such a run says about its subject: it has none."""
    del run
    return {"message_id": None, "conversation_id": None}
