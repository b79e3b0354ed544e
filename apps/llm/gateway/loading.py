"""Opening a call: load → clearance → guardrails → reserve, in one short transaction before it is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from django.utils import timezone
from uuid6 import uuid7

from apps.guardrails.policy import Incoming, Outgoing
from apps.guardrails.rows import Standing, standing_call, standing_of
from apps.llm.clearances.gate import Sent, clearance_of, cleared_deployments
from apps.llm.clearances.raising import class_calls, class_found, class_told
from apps.llm.errors import ModelNotFoundError
from apps.llm.gateway.calls import AnyCall, ChatCall, EmbedCall, ImageCall, RerankCall
from apps.llm.gateway.choosing import NOWHERE, Turn, deployment_choose
from apps.llm.gateway.estimate import (
    bound_of_pictures,
    bound_of_ranking,
    tokens_of_request,
    tokens_of_texts,
)
from apps.llm.gateway.stages import Read, guard_request, guard_texts, keep, raised
from apps.llm.policy.rules import REASONING, instructed, limited
from apps.llm.selectors import CallableModel, callable_deployments
from apps.llm.vendors.base import ChatRequest, EmbeddingRequest, ImageRequest, Modality, RerankRequest
from apps.llm.vendors.interface import Endpoint, Timeouts, Vendor
from apps.llm.vendors.registry import vendor_for
from apps.metering import services as metering
from apps.metering.budgets.holding import Worst, holds_of, holds_take
from apps.metering.budgets.purse import Payers, Purse, purse_calls, purse_of
from apps.runs.services import run_call_opened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from apps.guardrails.classes import DataClass
    from apps.guardrails.rules import Active
    from apps.tenants.postgresql.statements import Statement, Values

DEFAULT_OUTPUT = 4096
REASONING_FIRST_TOKEN = 300.0
C = TypeVar("C", ChatCall, EmbedCall, RerankCall, ImageCall)
Q = TypeVar("Q", EmbeddingRequest, RerankRequest, ImageRequest)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes and as whom it is counted: everything the call needs from the database.

    `is_trial`: it alone is let through to a connection that is down. `has_other`: another deployment answers.
    """

    found: CallableModel
    vendor: Vendor
    endpoint: Endpoint
    payer: metering.Payer
    item: metering.Item
    purse: Purse
    standing: Standing | None
    is_trial: bool = False
    has_other: bool = False

    @property
    def timeouts(self) -> Timeouts:
        """A reasoning model may think for five minutes before its first word."""
        if REASONING in self.found.abilities:
            return Timeouts(first_token=REASONING_FIRST_TOKEN)
        return Timeouts()


@dataclass(frozen=True, slots=True)
class OpenChat:
    """A reserved call for an answer, and the class of what it sends.

    `incoming` and `moderators` follow the answer: rules that read it, and rules that ask a model about it.
    """

    call_id: UUID
    target: Target
    request: ChatRequest
    bound: metering.Bound
    incoming: Incoming | None
    moderators: Sequence[Active] = ()
    data_class: DataClass | None = None


@dataclass(frozen=True, slots=True)
class OpenWhole(Generic[Q]):
    """A reserved call whose answer comes whole: for vectors, scores or pictures."""

    call_id: UUID
    target: Target
    request: Q
    bound: metering.Bound


def load_target(call: C, modality: Modality, avoid: frozenset[UUID]) -> tuple[C, Target]:
    """The call as of its class now, and where it goes, if the caller may use the model.

    Raises ModelNotFoundError, ClearanceRefusedError where no deployment may receive what is sent, and
    VendorError where no deployment's key can be used, or at once and with `retry_after` where every
    connection is down.
    """
    who, model_id, at = call.who, call.model_id, timezone.now()
    payers = Payers(who.team_id, who.user_id, who.api_key_id, model_id)
    found, read = callable_deployments(
        model_id=model_id,
        team_id=who.team_id,
        user_id=who.user_id,
        modality=modality,
        beside=_beside(call, payers, at),
    )
    if not found:
        raise ModelNotFoundError
    now = _as_told(call, class_told(read[3:]))
    sent = Sent(now.data_class, now.class_why)
    chosen = deployment_choose(cleared_deployments(found, sent, who, modality), _turn(call, avoid))
    model = chosen.model
    item = metering.Item(
        vendor=model.place.vendor,
        base_url=model.place.base_url,
        connection_id=model.connection_id,
        connection_name=model.connection_name,
        model_id=model.id,
        model_slug=model.slug,
        model_asked=model.vendor_model,
        override=model.price,
        clearance=clearance_of(model, sent),
    )
    payer = metering.Payer(who.team_id, model.team_name, who.user_id, model.user_name, who.api_key_id)
    vendor = vendor_for(model.place.vendor)
    return now, Target(
        model,
        vendor,
        chosen.endpoint,
        payer,
        item,
        purse_of(payers, at, read[:2]),
        standing_of(read[2]),
        chosen.is_trial,
        chosen.has_other,
    )


def open_chat(call: ChatCall, avoid: frozenset[UUID] = NOWHERE, read: Read | None = None) -> OpenChat:
    """Reserve a call for an answer, in the caller's scope; rather not at the connections of `avoid`.

    `read`: what came of its texts where they were read before. Raises ModelNotFoundError, VendorError (an
    unusable key, no connection that answers), RefusedError, LostRun, and what `stages.guard` raises; then
    nothing is reserved.
    """
    call, target = load_target(call, Modality.CHAT, avoid)
    found = target.found
    request = call.request
    if call.instructed:
        request = instructed(request, found.instructions)
    request, outgoing = guard_request(call, request, target, read)
    call, target = _cleared(raised(call, outgoing), target, Modality.CHAT, avoid)
    found = target.found
    reasons = REASONING in found.abilities
    request = limited(request, found.limits, max_output=found.max_output, reasons=reasons)
    request = replace(request, model=found.vendor_model)
    bound = metering.Bound(
        tokens_of_request(request), request.max_tokens or found.max_output or DEFAULT_OUTPUT
    )
    call_id = _reserve(call, target, bound, outgoing)
    asked = outgoing.moderators.receiving if outgoing.moderators else ()
    return OpenChat(call_id, target, request, bound, outgoing.incoming, asked, call.data_class)


def open_embed(
    call: EmbedCall, avoid: frozenset[UUID] = NOWHERE, read: Read | None = None
) -> OpenWhole[EmbeddingRequest]:
    """Reserve a call for vectors, in the caller's scope; raises as `open_chat` does."""
    call, target = load_target(call, Modality.EMBEDDING, avoid)
    outgoing = guard_texts(call, call.texts, target, read)
    call, target = _cleared(raised(call, outgoing), target, Modality.EMBEDDING, avoid)
    texts = tuple(outgoing.texts)
    request = EmbeddingRequest(target.found.vendor_model, texts, call.dimensions, call.side)
    bound = metering.Bound(tokens_of_texts(texts))
    return OpenWhole(_reserve(call, target, bound, outgoing), target, request, bound)


def open_rerank(
    call: RerankCall, avoid: frozenset[UUID] = NOWHERE, read: Read | None = None
) -> OpenWhole[RerankRequest]:
    """Reserve a call for scores, in the caller's scope; raises as `open_chat` does."""
    call, target = load_target(call, Modality.RERANK, avoid)
    outgoing = guard_texts(call, (call.request.query, *call.request.documents), target, read)
    call, target = _cleared(raised(call, outgoing), target, Modality.RERANK, avoid)
    query, *documents = outgoing.texts
    asked = call.request
    request = replace(asked, model=target.found.vendor_model, query=query, documents=tuple(documents))
    bound = bound_of_ranking(query, documents)
    return OpenWhole(_reserve(call, target, bound, outgoing), target, request, bound)


def open_images(
    call: ImageCall, avoid: frozenset[UUID] = NOWHERE, read: Read | None = None
) -> OpenWhole[ImageRequest]:
    """Reserve a call for pictures, in the caller's scope; raises as `open_chat` does."""
    call, target = load_target(call, Modality.IMAGE, avoid)
    options = tuple(map(str, call.request.extra.values()))
    outgoing = guard_texts(call, (call.request.prompt,), target, read, names=(call.request.size, *options))
    call, target = _cleared(raised(call, outgoing), target, Modality.IMAGE, avoid)
    (prompt,) = outgoing.texts
    request = replace(call.request, model=target.found.vendor_model, prompt=prompt)
    bound = bound_of_pictures(prompt, request.count)
    return OpenWhole(_reserve(call, target, bound, outgoing), target, request, bound)


def _beside(call: AnyCall, payers: Payers, at: datetime) -> list[tuple[Statement, Values]]:
    """What is read in the model's round trip: two of the purse, the policies, what has which class now."""
    told = class_calls(call.conversation_id, call.sources)
    return [*purse_calls(payers, at), _standing(call), *told]


def _standing(call: AnyCall) -> tuple[Statement, Values]:
    """The statement that reads which policies hold for the call."""
    return standing_call(
        team_id=call.who.team_id,
        conversation_id=call.conversation_id,
        run_id=call.run.run_id if call.run else None,
    )


def _as_told(call: C, told: tuple[DataClass | None, str]) -> C:
    """The call as of the class that its conversation and documents have now; the conversation keeps it."""
    data_class, why = told
    if data_class is None or data_class <= (call.data_class or 0):
        return call
    class_found(call.conversation_id, data_class, why)
    return replace(call, data_class=data_class, class_why=why)


def _cleared(call: C, target: Target, modality: Modality, avoid: frozenset[UUID]) -> tuple[C, Target]:
    """The call with a target that may receive what rules found in it: the same, if it is cleared for that."""
    wanted = call.data_class
    if wanted is None or wanted <= target.found.cleared.data_class:
        return call, target
    return load_target(call, modality, avoid)


def _turn(call: AnyCall, avoid: frozenset[UUID]) -> Turn:
    """Calls of a conversation keep to one deployment, whose prompt cache knows it."""
    return Turn((call.conversation_id or uuid7()).bytes, avoid)


def _reserve(call: AnyCall, target: Target, bound: metering.Bound, outgoing: Outgoing) -> UUID:
    """A call id that is in the ledger, the budgets and the run, once the scope has committed.

    Raises BudgetFullError where a budget has no room for it.
    """
    call_id = uuid7()
    holds = holds_of(target.purse, _worst(target, bound)) if target.purse.lines else []
    if call.run is not None and not (isinstance(call, ChatCall) and call.moderates):
        run_call_opened(call.run.run_id, call.run.fence)
    cause = metering.Cause(
        purpose=call.purpose,
        step=call.step,
        run_id=call.run.run_id if call.run else None,
        conversation_id=call.conversation_id,
        data_class=call.data_class,
    )
    metering.usage_reserve(
        call_id=call_id,
        payer=target.payer,
        item=target.item,
        cause=cause,
        bound=bound,
        at=target.purse.at,
    )
    holds_take(call_id, holds)
    keep(call, target.standing, outgoing, call_id)
    class_found(call.conversation_id, outgoing.data_class, outgoing.why)
    return call_id


def _worst(target: Target, bound: metering.Bound) -> Worst:
    """What the call may use at most."""
    charge = metering.charge_worst(target.item, bound) if target.purse.counts_money else metering.UNKNOWN
    return Worst(bound.input + bound.output, charge.cost is not None, target.purse.worth(charge))
