"""A /v1 chat request by a route. Runs on the engine's loop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.llm.gateway.calls import callers_own
from apps.llm.gateway.estimate import tokens_of_request
from apps.llm.routes.execution import Ask, Calls, Performance, Spoken, TooLongError
from apps.llm.routes.selectors import plan_and_hour
from apps.llm.routes.switching import (
    LEAST_ANSWER,
    Wish,
    model_instead,
    needs_of,
    nobody_instead,
    switch_note,
)
from apps.llm.routes.traits import Traits, has_code, language_of
from apps.llm.vendors.base import TextPart
from apps.runs.log import STEP
from apps.runs.steps import ended_steps

if TYPE_CHECKING:
    from apps.llm.clearances.gate import Sent
    from apps.llm.errors import ClearanceRefusedError
    from apps.llm.gateway import ChatCall
    from apps.llm.routes.execution import Said
    from apps.llm.routes.planning import Offered
    from apps.llm.vendors.base import ChatRequest
    from apps.runs.context import RunContext
    from apps.runs.registry import RunEnd


async def complete_by_route(ctx: RunContext, request: ChatRequest, sent: Sent) -> None:
    """The answer into the run's log; `result` gets finish_reason, usage and what the route did.

    Raises VendorError, ModelNotFoundError, GuardrailRefusedError, RunError.
    """
    plan, hour = await ctx.db(plan_and_hour, UUID(ctx.input["route_id"]), ctx.team_id)
    calls = Calls(ctx, "api", data_class=sent.data_class, class_why=sent.why, tools=callers_own(request))
    performance = Performance(plan, calls)
    said: Said | None = None
    try:
        said = await performance.answer(_ask(ctx, request, hour), Spoken(ctx, "finish_reason"))
    finally:
        ctx.result["route"] = performance.note(said)
        if calls.spent.usage is not None:
            ctx.result["usage"] = calls.spent.usage.counts()


async def switched(ctx: RunContext, call: ChatCall, error: ClearanceRefusedError) -> ChatCall:
    """The call to a model that is cleared for what a rule found in it; `result` says which, and why.

    Raises the refusal where there is none.
    """
    request = call.request
    wish = Wish(ctx.team_id, call.model_id, needs_of(request), tokens_of_request(request))
    found = await ctx.db(model_instead, wish, error)
    if found.model is None or error.sent is None:
        raise nobody_instead(error, found)
    ctx.result["route"] = switch_note(found)
    data_class, why = error.sent
    return replace(call, model_id=found.model.id, data_class=data_class, class_why=why)


def _ask(ctx: RunContext, request: ChatRequest, hour: int) -> Ask:
    tokens = tokens_of_request(request)
    question = _question(request)
    needs = needs_of(request)
    traits = Traits(
        tokens=tokens,
        hour=hour,
        team_id=ctx.team_id,
        language=language_of(question),
        has_code=has_code(question),
        has_attachments=bool(needs & {"vision", "documents"}),
        needs=needs,
    )

    def worded(model: Offered) -> ChatRequest:
        answer = min(request.max_tokens or LEAST_ANSWER, LEAST_ANSWER)
        if model.window is not None and tokens + answer > model.window:
            raise TooLongError
        return replace(request, model="")

    return Ask(worded, traits, question)


def _question(request: ChatRequest) -> str:
    """The words of the last message that a person wrote."""
    for message in reversed(request.messages):
        if message.role == "user":
            return "\n".join(part.text for part in message.parts if isinstance(part, TextPart))
    return ""


def steps_of(end: RunEnd) -> list[dict[str, Any]]:
    """Each call of a route as a program reads it: role, model, state, time, tokens, cost, unshown words."""
    said = (event["step"] for event in end.events if event["kind"] == STEP)
    return [
        {"state": step["state"], "ms": step["ms"], **step["data"]} for step in ended_steps(said, end.state)
    ]
