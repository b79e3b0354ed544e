"""Opening a call: load → clearance → guardrails → reserve, in one short transaction before it is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from uuid6 import uuid7

from apps.guardrails.policy import Incoming
from apps.llm.endpoints import endpoint_of
from apps.llm.errors import ModelNotFoundError
from apps.llm.gateway.calls import AnyCall, Caller, ChatCall, EmbedCall
from apps.llm.gateway.estimate import tokens_of_request, tokens_of_texts
from apps.llm.gateway.stages import clear, guard_request, guard_texts, policy_for
from apps.llm.selectors import CallableModel, callable_model
from apps.llm.vendors.base import (
    ChatRequest,
    EmbeddingRequest,
    Endpoint,
    Modality,
    Timeouts,
    Vendor,
)
from apps.llm.vendors.registry import vendor_for
from apps.metering import services as metering
from apps.runs.services import run_call_opened

if TYPE_CHECKING:
    from uuid import UUID

DEFAULT_OUTPUT = 4096
REASONING_FIRST_TOKEN = 300.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes and as whom it is counted: everything the call needs from the database."""

    found: CallableModel
    vendor: Vendor
    endpoint: Endpoint
    payer: metering.Payer
    item: metering.Item

    @property
    def timeouts(self) -> Timeouts:
        """A reasoning model may think for five minutes before its first word."""
        if "reasoning" in self.found.abilities:
            return Timeouts(first_token=REASONING_FIRST_TOKEN)
        return Timeouts()


@dataclass(frozen=True, slots=True)
class OpenChat:
    """A reserved call for an answer."""

    call_id: UUID
    target: Target
    request: ChatRequest
    bound: metering.Bound
    incoming: Incoming | None


@dataclass(frozen=True, slots=True)
class OpenEmbed:
    """A reserved call for vectors."""

    call_id: UUID
    target: Target
    request: EmbeddingRequest
    bound: metering.Bound


def load_target(who: Caller, model_id: UUID, modality: Modality) -> Target:
    """The model, its connection and opened key, if the caller may use it; raises ModelNotFoundError."""
    found = callable_model(model_id=model_id, team_id=who.team_id, user_id=who.user_id, modality=modality)
    if found is None:
        raise ModelNotFoundError
    endpoint = endpoint_of(found.place, is_allowed=found.is_allowed)
    item = metering.Item(
        vendor=found.place.vendor,
        base_url=found.place.base_url,
        connection_id=found.connection_id,
        connection_name=found.connection_name,
        model_id=found.id,
        model_slug=found.slug,
        model_asked=found.vendor_model,
        override=found.price,
    )
    payer = metering.Payer(who.team_id, found.team_name, who.user_id, found.user_name, who.api_key_id)
    return Target(found, vendor_for(found.place.vendor), endpoint, payer, item)


def open_chat(call: ChatCall) -> OpenChat:
    """Reserve a call for an answer, in the caller's scope.

    Raises ModelNotFoundError, GuardrailRefusedError, VendorError (an unusable key) and LostRun; then nothing
    is reserved.
    """
    target = load_target(call.who, call.model_id, Modality.CHAT)
    clear(target)
    request, incoming = guard_request(policy_for(target), call.request)
    limit = target.found.max_output
    asked = request.max_tokens
    if limit is not None and asked is not None:
        asked = min(asked, limit)
    request = replace(request, model=target.found.vendor_model, max_tokens=asked)
    bound = metering.Bound(tokens_of_request(request), asked or limit or DEFAULT_OUTPUT)
    return OpenChat(_reserve(call, target, bound), target, request, bound, incoming)


def open_embed(call: EmbedCall) -> OpenEmbed:
    """Reserve a call for vectors, in the caller's scope; raises as `open_chat` does."""
    target = load_target(call.who, call.model_id, Modality.EMBEDDING)
    clear(target)
    texts = guard_texts(policy_for(target), call.texts)
    request = EmbeddingRequest(target.found.vendor_model, texts, call.dimensions, call.side)
    bound = metering.Bound(tokens_of_texts(texts))
    return OpenEmbed(_reserve(call, target, bound), target, request, bound)


def _reserve(call: AnyCall, target: Target, bound: metering.Bound) -> UUID:
    """A call id that is in the ledger, and in the run, once the scope has committed."""
    call_id = uuid7()
    if call.run is not None:
        run_call_opened(call.run.run_id, call.run.fence)
    cause = metering.Cause(
        purpose=call.purpose,
        step=call.step,
        run_id=call.run.run_id if call.run else None,
        conversation_id=call.conversation_id,
    )
    metering.usage_reserve(call_id=call_id, payer=target.payer, item=target.item, cause=cause, bound=bound)
    return call_id
