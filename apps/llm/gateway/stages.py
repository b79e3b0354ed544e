"""The stage between a call and its vendor that decides which text may be sent: guardrails.

Whether the model may receive it at all is decided before (apps.llm.clearances.gate), and once more where a
rule says that the text is of a higher class. Short texts are read inside the call's transaction; long ones
make it leave (GuardFirstError), are read in a thread, and come back with what came of it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from apps.guardrails.compiled import compiled
from apps.guardrails.guarding import Sent
from apps.guardrails.placeholders import Nameless
from apps.guardrails.policy import GuardrailRefusedError, Outgoing
from apps.guardrails.rows import Affair, Note, ValuesMovedError, hits_keep, values_keep
from apps.llm.gateway.calls import AnyCall, ChatCall, EmbedCall, ImageCall, RerankCall
from apps.llm.gateway.moderating import is_moderated, moderated
from apps.llm.gateway.texts import rewritten, texts_of
from apps.llm.vendors.base import ErrorKind, VendorError
from apps.tenants.grouped import in_shared_batch_soon

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from uuid import UUID

    from apps.guardrails.guarding import Guard
    from apps.guardrails.policy import Hit
    from apps.guardrails.rows import Standing
    from apps.llm.gateway.loading import Target
    from apps.llm.vendors.base import ChatRequest

C = TypeVar("C", ChatCall, EmbedCall, RerankCall, ImageCall)
R = TypeVar("R")

SHORT: Final = 2_000
"""Code points that are read at once: about two milliseconds."""
SEALED_SHORT: Final = 16_384
"""Bytes of a conversation's sealed values that are opened at once."""
MOST_LOOKS: Final = 8
"""How often a call looks again because policies or values changed meanwhile."""
NOTHING: Final = Outgoing(())
BUSY: Final = (
    "Too much is asked in this chat at the same moment. Nothing was sent. Your message is saved. Try again."
)
_log = logging.getLogger(__name__)
_noting: set[asyncio.Future[None]] = set()


class GuardFirstError(Exception):
    """Reading takes longer than a transaction should: `work` does it, in a thread."""

    def __init__(self, work: Callable[[], Read]) -> None:
        super().__init__("Read the texts first.")
        self.work = work


@dataclass(frozen=True, slots=True)
class Read:
    """What came of texts that were read beforehand, and under which policies and values."""

    standing: Standing
    sent: Sent
    outgoing: Outgoing


def guard(call: AnyCall, sent: Sent, target: Target, read: Read | None) -> Outgoing:
    """The texts as the policies let them out to this target, in the call's scope.

    Raises GuardrailRefusedError, and GuardFirstError where it takes long and was not `read`.
    """
    standing = None if isinstance(call, ChatCall) and call.moderates else target.standing
    rules = compiled(standing) if standing else None
    if standing is None or rules is None or rules.guard is None:
        return Outgoing(sent.texts)
    if rules.only_outside and target.found.facts.is_own:
        return Outgoing(sent.texts)
    if read is not None and read.standing == standing and read.sent == sent:
        return read.outgoing
    work = partial(_read, call, rules.guard, sent, standing)
    asks = rules.guard.moderates and is_moderated(call)
    if asks or sent.size > SHORT or len(standing.sealed) > SEALED_SHORT:
        raise GuardFirstError(work)
    return work().outgoing


def _read(call: AnyCall, rules: Guard, sent: Sent, standing: Standing) -> Read:
    known = standing.known(call.who.tenant_id, call.tools if isinstance(call, ChatCall) else {})
    if isinstance(call, EmbedCall):
        known = replace(known, placeholders=Nameless(known.placeholders.values))
    outgoing = rules.outgoing(sent, known)
    if isinstance(call, EmbedCall | RerankCall):
        outgoing = replace(outgoing, memory=None)  # nothing of it comes back: nothing need be kept
    return Read(standing, sent, outgoing)


def guard_request(
    call: ChatCall, request: ChatRequest, target: Target, read: Read | None
) -> tuple[ChatRequest, Outgoing]:
    """As `guard`, for all texts of a request; without a policy it is the same request."""
    if target.standing is None:
        return request, NOTHING
    sent = replace(texts_of(request), beside=call.beside)
    outgoing = guard(call, sent, target, read)
    changed = outgoing.texts is not sent.texts
    return (rewritten(request, outgoing.texts) if changed else request), outgoing


def guard_texts(
    call: AnyCall, texts: tuple[str, ...], target: Target, read: Read | None, *, names: tuple[str, ...] = ()
) -> Outgoing:
    """As `guard`, for a call that is nothing but texts, and `names` that no placeholder can stand for."""
    return Outgoing(texts) if target.standing is None else guard(call, Sent(texts, names), target, read)


def raised(call: C, outgoing: Outgoing) -> C:
    """The call as of the class that its rules say, where that is higher than it was known to be."""
    wanted = outgoing.data_class
    if wanted is None or (call.data_class is not None and call.data_class >= wanted):
        return call
    return replace(call, data_class=wanted, class_why=outgoing.why)


def keep(call: AnyCall, standing: Standing | None, outgoing: Outgoing, call_id: UUID) -> None:
    """Write, with the reservation, what was found and what the conversation must remember of it.

    Raises ValuesMovedError where another call of the conversation was quicker.
    """
    if standing is None:
        return
    hits_keep([Note(_affair(call), call_id, outgoing.hits)])
    if outgoing.memory is not None and call.conversation_id is not None:
        run_id = call.run.run_id if call.run else None
        values_keep(call.conversation_id, outgoing.memory, standing, run_id)


def _affair(call: AnyCall) -> Affair:
    run_id = call.run.run_id if call.run else None
    return Affair(call.who.team_id, call.who.user_id, run_id, call.model_id, call.purpose)


async def guarded(call: AnyCall, opening: Callable[[Read | None], Awaitable[R]]) -> R:
    """What `opening` makes of the call in a scope of its own; long texts are read before, in a thread.

    Raises what it raises. A refusal's findings are noted without being waited for.
    """
    read: Read | None = None
    try:
        for _ in range(MOST_LOOKS):
            try:
                return await opening(read)
            except GuardFirstError as first:
                read = await _read_first(call, first)
            except ValuesMovedError:
                read = None
    except GuardrailRefusedError as error:
        note(call, None, error.hits)
        raise
    raise VendorError(ErrorKind.OVERLOADED, BUSY, retryable=True)


async def _read_first(call: AnyCall, first: GuardFirstError) -> Read:
    """What comes of the texts, read in a thread; then the models are asked that rules ask."""
    read = await asyncio.to_thread(first.work)
    if not is_moderated(call):
        return read
    return replace(read, outgoing=await moderated(call, read.outgoing))


def note(call: AnyCall, call_id: UUID | None, hits: Sequence[Hit]) -> None:
    """Write findings with the next transaction of the tenant."""
    if hits:
        writing = in_shared_batch_soon(call.who.tenant_id, hits_keep, Note(_affair(call), call_id, hits))
        _noting.add(writing)
        writing.add_done_callback(_noted)


def _noted(writing: asyncio.Future[None]) -> None:
    _noting.discard(writing)
    if not writing.cancelled() and (error := writing.exception()) is not None:
        _log.warning("What a rule found was not noted: %s", type(error).__name__)
