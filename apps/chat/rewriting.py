"""A follow-up question in words that can be searched for: nobody finds "and in Germany?" by itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from apps.chat import prompting
from apps.chat.following import stands_alone, told_alone
from apps.chat.loading import Chosen
from apps.guardrails.cutting import line
from apps.llm import gateway
from apps.llm.gateway import Caller, ChatCall, GuardrailRefusedError, ModelNotFoundError, VendorError
from apps.llm.routes.selectors import plan_and_hour
from apps.llm.selectors.small import small_model
from apps.llm.vendors.base import ChatMessage, ChatRequest, TextDelta

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from apps.chat.loading import Job
    from apps.chat.prompting import Turn
    from apps.llm.models import Model
    from apps.runs.context import RunContext

SECONDS: Final = 6.0
MAX_TOKENS: Final = 160
_TURNS: Final = 6
_CHARACTERS: Final = 600
ORDER: Final = (
    "You get the end of a conversation. Write its last question so that it is understood without the rest: "
    "put in the names, things, places and years that it refers to. Keep its language. Add nothing that was "
    "not said. Do not answer it. Reply with the question only."
)


async def searched_words(ctx: RunContext, job: Job, conversation_id: UUID) -> str:
    """What to search for: the question, or a small model's words for one that does not stand alone.

    Shown as a step. Six seconds at most; without usable words it is the question after the one before.
    """
    turns = job.turns
    asked = [turn.text for turn in turns if turn.role == "user"]
    if len(asked) < 2 or stands_alone(asked[-1], asked[-2]):  # noqa: PLR2004 - the first refers to nothing
        return asked[-1].strip()
    step = ctx.step("rewrite", "Reading the question with what was said before")
    model = await ctx.db(_rewriter, Chosen.of(ctx.input["model"]), ctx.team_id)
    said = await _said(ctx, model, job, conversation_id) if model else ""
    words = told_alone(said, asked[-1], [turn.text for turn in turns])
    if words:
        step.done(label=f"Understood as “{words}”", model=model.slug if model else "")
        return words
    step.done(label="Searched with the question before it", query=prompting.search_query(turns))
    return prompting.search_query(turns)


def _rewriter(chosen: Chosen, team_id: UUID) -> Model | None:
    if not chosen.is_route:
        return small_model(team_id, {chosen.id})
    plan, _ = plan_and_hour(chosen.id, team_id)
    return small_model(team_id, plan.models.keys())


async def _said(ctx: RunContext, model: Model, job: Job, conversation_id: UUID) -> str:
    """The model's words; empty when it can not be reached in time. Not bound to the run: no answer began."""
    call = ChatCall(
        who=Caller(ctx.tenant_id, ctx.team_id, ctx.user_id, ctx.api_key_id),
        model_id=model.id,
        request=ChatRequest("", _messages(job.turns), max_tokens=MAX_TOKENS, temperature=0.0),
        purpose="rewrite",
        conversation_id=conversation_id,
        retries=False,
        data_class=job.data_class,
        class_why=job.standing.why,
        sources=job.sources(),
    )
    try:
        async with asyncio.timeout(SECONDS), gateway.stream(call) as stream:
            return "".join([delta.text async for delta in stream if isinstance(delta, TextDelta)])
    except (TimeoutError, VendorError, ModelNotFoundError, GuardrailRefusedError):
        return ""


def _messages(turns: Sequence[Turn]) -> tuple[ChatMessage, ...]:
    *earlier, question = turns[-_TURNS:]
    lines = [
        f"{'Person' if turn.role == 'user' else 'Assistant'}: {line(turn.text, _CHARACTERS)}"
        for turn in earlier
    ]
    told = "\n".join(lines)
    asked = f"Conversation:\n{told}\n\nLast question: {line(question.text, _CHARACTERS)}"
    return ChatMessage.text("system", ORDER), ChatMessage.text("user", asked)
