"""Tokens a minute: taken by estimate before a call, put right after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.llm.errors import RateLimitedError
from apps.llm.gateway.calls import ChatCall, EmbedCall, RerankCall
from apps.llm.gateway.estimate import tokens_of_request, tokens_of_texts
from apps.metering.rates.admission import UNLIMITED, Permit, admit_call
from apps.metering.rates.known import rules_of
from apps.metering.rates.rules import Refusal, Who

if TYPE_CHECKING:
    from apps.llm.gateway.calls import AnyCall


async def permit_for(call: AnyCall) -> Permit:
    """Lets the call through as the limits of its person, team, key and model do; raises RateLimitedError.

    A tenant without limits costs a look into a dict. Counters that can not be reached limit nothing.
    """
    who = call.who
    if not await rules_of(who.tenant_id):
        return UNLIMITED
    caller = Who(who.tenant_id, who.team_id, who.user_id, who.api_key_id, call.model_id)
    found = await admit_call(caller, _tokens_of(call))
    if isinstance(found, Refusal):
        raise RateLimitedError(found)
    return found


def _tokens_of(call: AnyCall) -> int:
    """What goes in; what comes out is counted when it has come."""
    if isinstance(call, ChatCall):
        return tokens_of_request(call.request)
    if isinstance(call, EmbedCall):
        return tokens_of_texts(call.texts)
    if isinstance(call, RerankCall):
        return tokens_of_texts((call.request.query, *call.request.documents))
    return tokens_of_texts((call.request.prompt,))
