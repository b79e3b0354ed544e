"""The run behind a policy's playground: asks the models that its rules would ask. On the engine's loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from apps.guardrails.classes import DataClass
from apps.guardrails.consulting import verdict_words
from apps.guardrails.rules import Active, read_rule
from apps.llm.gateway import Caller, ChatCall, RunRef
from apps.llm.gateway.moderating import PURPOSE, verdicts
from apps.llm.vendors.base import ChatRequest

if TYPE_CHECKING:
    from apps.runs.context import RunContext

STEP: Final = "policy trial"
GONE: Final = "a model that is off or gone"


async def consult(ctx: RunContext) -> None:
    """Says a line for each rule: what its model found, and what follows. A failure is a line, too."""
    said = ctx.input
    actives = [Active(read_rule(stored)) for stored in said["rules"]]
    slug = said["data_class"]
    data_class = DataClass.of(slug) if slug else None
    first = actives[0].rule.moderation
    assert first is not None  # noqa: S101 - for the type checker: rules without one are not asked
    call = ChatCall(
        Caller(ctx.tenant_id, ctx.team_id, ctx.user_id, ctx.api_key_id),
        first.model_id,
        ChatRequest("", ()),
        PURPOSE,
        run=RunRef(ctx.run_id, ctx.fence),
        data_class=data_class,
        step=STEP,
    )
    for judged in await verdicts(call, actives, said["text"], data_class):
        asked = judged.active.rule.moderation
        name = said["models"].get(str(asked.model_id), GONE) if asked else GONE
        ctx.text(f"{verdict_words(judged, name, comes_in=said['comes_in'])}\n")
