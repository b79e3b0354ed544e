"""How many questions a minute a person, their team and key may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from apps.metering.rates.admission import admit_request
from apps.metering.rates.rules import Who
from apps.runs.errors import RunError

if TYPE_CHECKING:
    from apps.runs.context import RunContext


async def keep_to_limits(ctx: RunContext) -> None:
    """Counts the question before anything is looked up or asked; raises RunError in words for the person."""
    model_id = ctx.input["model"].get("id")
    who = Who(ctx.tenant_id, ctx.team_id, ctx.user_id, ctx.api_key_id, UUID(model_id) if model_id else None)
    refusal = (await admit_request(who)).refusal
    if refusal is not None:
        raise RunError("rate", refusal.title, f"{refusal.message} Your message is saved.")
