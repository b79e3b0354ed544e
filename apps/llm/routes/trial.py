"""An administrator's trial of a route: a run of its own, counted like any other, and followed by its page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from apps.llm.gateway import GuardrailRefusedError, ModelNotFoundError, VendorError
from apps.llm.routes.execution import Ask, Calls, Performance, Spoken
from apps.llm.routes.selectors import local_hour, plan_of
from apps.llm.routes.traits import Traits, has_code, language_of
from apps.llm.vendors.base import ChatMessage, ChatRequest
from apps.runs.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.llm.routes.execution import Said
    from apps.llm.routes.planning import Plan
    from apps.runs.context import RunContext
    from apps.runs.models import Run
    from apps.runs.registry import RunEnd

TRIAL: Final = "route_trial"


async def try_out(ctx: RunContext) -> None:
    """Asks the route as the run's team; `result` gets what it did."""
    text = str(ctx.input["text"])
    try:
        plan, hour = await ctx.db(_load, UUID(ctx.input["route_id"]), ctx.team_id)
        performance = Performance(plan, Calls(ctx, "trial"))
        said: Said | None = None
        try:
            said = await performance.answer(_ask(ctx, text, hour), Spoken(ctx, "finish"))
        finally:
            ctx.result["route"] = performance.note(said)
    except VendorError as error:
        raise RunError(error.kind.value, "No answer came", error.message) from error
    except ModelNotFoundError as error:
        detail = "None of what the route needs is open to this team. Let it use the models first."
        raise RunError("not_found", "The team may not use this", detail, retryable=False) from error
    except GuardrailRefusedError as error:
        raise RunError("policy", "A rule stopped this", error.message, retryable=False) from error


def _load(route_id: UUID, team_id: UUID) -> tuple[Plan, int]:
    from django.utils import timezone

    return plan_of(route_id, team_id), local_hour(timezone.now())


def _ask(ctx: RunContext, text: str, hour: int) -> Ask:
    messages = (ChatMessage.text("user", text),)
    traits = Traits(
        tokens=len(text.encode()) // 4 + 1,
        hour=hour,
        team_id=ctx.team_id,
        language=language_of(text),
        has_code=has_code(text),
        has_attachments=False,
    )
    return Ask(lambda model: ChatRequest("", messages, max_tokens=2_048), traits, text)


def end_trial(end: RunEnd) -> Mapping[str, Any]:
    """What the end event carries."""
    return {"route": end.result.get("route")}


def of_route(run: Run) -> dict[str, None]:
    """A trial is about no message."""
    del run
    return {"message_id": None, "conversation_id": None}
