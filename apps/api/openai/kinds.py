"""The runs behind /v1: an answer without a message, vectors, pictures, scores. On the engine's loop."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

import orjson
from redis.exceptions import RedisError

from apps.api.openai.classed import class_sent
from apps.api.openai.confirming import CONFIRM
from apps.api.openai.handover import leave
from apps.api.openai.inputs import read_picture, read_rerank
from apps.api.openai.requests import read_completion
from apps.api.openai.routed import complete_by_route, steps_of, switched
from apps.api.openai.stated import may_have_class, stated_class
from apps.api.openai.vectors import packed_vectors
from apps.guardrails.policy import GuardrailAskError
from apps.llm import gateway
from apps.llm.clearances.gate import Sent
from apps.llm.errors import ClearanceRefusedError
from apps.llm.gateway import (
    Caller,
    ChatCall,
    EmbedCall,
    GuardrailRefusedError,
    ImageCall,
    ModelNotFoundError,
    RefusedError,
    RerankCall,
    RunRef,
    VendorError,
)
from apps.llm.gateway.calls import callers_own
from apps.llm.vendors.base import Finished, ReasoningDelta, TextDelta, ToolCallDelta
from apps.runs.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from apps.llm.vendors.base import ChatRequest, Usage
    from apps.runs.context import RunContext
    from apps.runs.models import Run
    from apps.runs.registry import RunEnd

COMPLETION: Final = "completion"
EMBEDDING: Final = "embedding"
PICTURE: Final = "picture"
RERANK: Final = "rerank"
MOST_PICTURE_BYTES: Final = 32 * 1024 * 1024

R = TypeVar("R")


async def complete(ctx: RunContext) -> None:
    """Answers a chat request; `result` gets finish_reason, usage and, on a failure, retry_after."""
    body, sent = await _classed(ctx)
    request = read_completion(body).request
    try:
        if "route_id" in ctx.input:
            await complete_by_route(ctx, request, sent)
        else:
            await _complete_by_model(ctx, request, sent)
    except (VendorError, ModelNotFoundError, GuardrailRefusedError) as error:
        raise _failed(ctx, error) from error


async def _classed(ctx: RunContext) -> tuple[Mapping[str, Any], Sent]:
    """The body with the texts of its documents, and its data class; no scope where it has neither."""
    body = ctx.input["body"]
    if not may_have_class(body):
        return body, Sent(None)
    classed = await ctx.db(class_sent, body, ctx.user_id)
    return classed.body, classed.sent


async def _complete_by_model(ctx: RunContext, request: ChatRequest, sent: Sent) -> None:
    call = ChatCall(
        who=_caller(ctx),
        model_id=UUID(ctx.input["model_id"]),
        request=request,
        purpose="api",
        run=RunRef(ctx.run_id, ctx.fence),
        data_class=sent.data_class,
        class_why=sent.why,
        instructed=True,
        tools=callers_own(request),
    )
    try:
        await _streamed(ctx, call)
    except ClearanceRefusedError as error:
        if not error.by_rule:
            raise
        await _streamed(ctx, await switched(ctx, call, error))


async def _streamed(ctx: RunContext, call: ChatCall) -> None:
    stream = gateway.stream(call)
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
        data_class=stated_class(ctx.input),
    )
    made = await _asked(ctx, gateway.embed(call))
    await _hand_over(ctx, made.usage, packed_vectors(made.vectors))


async def paint(ctx: RunContext) -> None:
    """Makes pictures and leaves them in Redis for a minute, as OpenAI's `data`; 32 MB at most."""
    call = ImageCall(
        who=_caller(ctx),
        model_id=UUID(ctx.input["model_id"]),
        request=read_picture(ctx.input["body"]).request,
        purpose="api",
        run=RunRef(ctx.run_id, ctx.fence),
        data_class=stated_class(ctx.input["body"]),
    )
    made = await _asked(ctx, gateway.generate_images(call))
    if sum(len(image.data) for image in made.images) > MOST_PICTURE_BYTES:
        raise RunError("too_large", "The pictures are too large", "Ask for fewer or smaller ones.")
    data = [{"b64_json": b64encode(image.data).decode()} for image in made.images]
    await _hand_over(ctx, made.usage, orjson.dumps(data))


async def rerank(ctx: RunContext) -> None:
    """Orders documents and leaves in Redis for a minute: pairs of index and score, searches counted."""
    call = RerankCall(
        who=_caller(ctx),
        model_id=UUID(ctx.input["model_id"]),
        request=read_rerank(ctx.input["body"]).request,
        purpose="api",
        run=RunRef(ctx.run_id, ctx.fence),
        data_class=stated_class(ctx.input["body"]),
    )
    made = await _asked(ctx, gateway.rerank(call))
    await _hand_over(ctx, made.usage, orjson.dumps({"scores": made.scores, "searches": made.searches}))


def end_call(end: RunEnd) -> Mapping[str, Any]:
    """What the end event of both kinds carries."""
    told = {name: end.result[name] for name in ("finish_reason", "retry_after") if name in end.result}
    return told | ({"route": end.result["route"] | {"steps": steps_of(end)}} if "route" in end.result else {})


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


async def _asked(ctx: RunContext, answering: Awaitable[R]) -> R:
    try:
        return await answering
    except (VendorError, ModelNotFoundError, GuardrailRefusedError) as error:
        raise _failed(ctx, error) from error


async def _hand_over(ctx: RunContext, usage: Usage | None, made: bytes) -> None:
    """To the web process that waits for it."""
    ctx.result["usage"] = usage.counts() if usage else None
    try:
        await leave(ctx.tenant_id, ctx.run_id, made)
    except (RedisError, OSError) as error:
        raise RunError("unavailable", "What was made could not be handed over", "Try again.") from error


def _caller(ctx: RunContext) -> Caller:
    return Caller(ctx.tenant_id, ctx.team_id, ctx.user_id, ctx.api_key_id)


def _failed(ctx: RunContext, error: VendorError | ModelNotFoundError | GuardrailRefusedError) -> RunError:
    """The failure by its kind: the web process words it for the client."""
    if isinstance(error, GuardrailRefusedError):
        return _ruled(ctx, error)
    if isinstance(error, RefusedError):
        if error.retry_after is not None:
            ctx.result["retry_after"] = error.retry_after
        return RunError(error.kind, error.title, error.message, retryable=False, more=error.shown)
    if isinstance(error, ModelNotFoundError):
        return RunError("not_found", error.title, error.message, retryable=False)
    if error.retry_after is not None:
        ctx.result["retry_after"] = error.retry_after
    return RunError(error.kind.value, error.message, retryable=error.retryable)


def _ruled(ctx: RunContext, error: GuardrailRefusedError) -> RunError:
    """A rule's refusal; of an answer that had begun, nothing stays in the run."""
    if isinstance(error, GuardrailAskError):
        how = f"To send it all the same, repeat the request with the header {CONFIRM}: "
        detail = f"{error.message} Nothing was sent. {how}{', '.join(error.rule_ids)}"
        return RunError("policy_ask", "A rule asks first", detail, retryable=False, more=error.data())
    if ctx.has_begun:
        ctx.withdraw(error.message)
    return RunError("policy", "A rule of the organisation stopped this", error.message, retryable=False)


def nobodys_message(run: Run) -> dict[str, None]:
    """What the REST output of such a run says about its subject: it has none."""
    del run
    return {"message_id": None, "conversation_id": None}
