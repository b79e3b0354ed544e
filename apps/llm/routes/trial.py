"""An administrator's trial of a route or a model: a run of its own, counted like any other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from apps.guardrails.classes import DataClass
from apps.llm.gateway import GuardrailRefusedError, ModelNotFoundError, RefusedError, VendorError
from apps.llm.routes.execution import Ask, Calls, Performance, Spoken
from apps.llm.routes.selectors import local_hour, offered, plan_of
from apps.llm.routes.traits import Traits, has_code, language_of
from apps.llm.vendors.base import ChatMessage, ChatRequest
from apps.runs.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.llm.routes.execution import Said
    from apps.llm.routes.planning import Offered, Plan
    from apps.runs.context import RunContext
    from apps.runs.models import Run
    from apps.runs.registry import RunEnd

PURPOSE: Final = "trial"


async def try_out(ctx: RunContext) -> None:
    """Asks the route as the run's team; `result` gets what it did."""
    with in_words("None of what the route needs is open to this team. Let it use the models first."):
        plan, hour = await ctx.db(_load, UUID(ctx.input["route_id"]), ctx.team_id)
        performance = Performance(plan, Calls(ctx, PURPOSE, data_class=_class_of(ctx)))
        said: Said | None = None
        try:
            said = await performance.answer(_ask(ctx, hour), Spoken(ctx, "finish"))
        finally:
            ctx.result["route"] = performance.note(said)


def _class_of(ctx: RunContext) -> DataClass | None:
    slug = ctx.input.get("data_class")
    return DataClass.of(slug) if slug else None


async def try_model(ctx: RunContext) -> None:
    """Asks one model as the run's team, with its instructions and the team's parameters."""
    with in_words("This team may not use the model, or it is off. Let the team use it first."):
        model, hour = await ctx.db(_load_model, UUID(ctx.input["model_id"]))
        calls = Calls(ctx, PURPOSE)
        await calls.ask(model, _ask(ctx, hour), Spoken(ctx, "finish"), "answer", retries=True)


@contextmanager
def in_words(closed: str) -> Iterator[None]:
    """What goes wrong inside, as the page tells it; `closed` where the team may use nothing of it."""
    try:
        yield
    except VendorError as error:
        raise RunError(error.kind.value, "No answer came", error.message) from error
    except RefusedError as error:
        raise RunError(error.kind, error.title, error.message, retryable=False) from error
    except ModelNotFoundError as error:
        raise RunError("not_found", "The team may not use this", closed, retryable=False) from error
    except GuardrailRefusedError as error:
        raise RunError("policy", "A rule stopped this", error.message, retryable=False) from error


def _load(route_id: UUID, team_id: UUID) -> tuple[Plan, int]:
    from django.utils import timezone

    return plan_of(route_id, team_id), local_hour(timezone.now())


def _load_model(model_id: UUID) -> tuple[Offered, int]:
    from django.utils import timezone

    from apps.llm.models import Model

    model = Model.objects.select_related("connection").filter(pk=model_id).first()
    if model is None:
        raise ModelNotFoundError
    return offered(model), local_hour(timezone.now())


def _ask(ctx: RunContext, hour: int) -> Ask:
    text = str(ctx.input["text"])
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


def of_nothing(run: Run) -> dict[str, None]:
    """A trial is about no message."""
    del run
    return {"message_id": None, "conversation_id": None}
