"""One streamed answer through the gateway, from its reservation to its row in the ledger."""

from __future__ import annotations

import asyncio
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Self

from apps.guardrails.policy import GuardrailRefusedError
from apps.llm.gateway.calls import Outcome
from apps.llm.gateway.choosing import NOWHERE
from apps.llm.gateway.closing import close, close_soon
from apps.llm.gateway.estimate import believed, bytes_of_delta, tokens_of_bytes
from apps.llm.gateway.following import followed
from apps.llm.gateway.loading import OpenChat, open_chat
from apps.llm.gateway.permits import permit_for
from apps.llm.gateway.reporting import report_answer, report_failure, report_stopped
from apps.llm.gateway.reserving import STOPPED, reservation
from apps.llm.gateway.retry import pause_before_retry
from apps.llm.gateway.stages import guarded
from apps.llm.vendors.base import ErrorKind, Finished, Usage, VendorError
from apps.metering import services as metering
from apps.metering.budgets.words import warning_of
from apps.metering.rates.admission import UNLIMITED
from apps.tenants.quick import in_quick_scope

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from types import TracebackType

    from apps.llm.gateway.calls import ChatCall
    from apps.llm.gateway.loading import Target
    from apps.llm.vendors.base import Delta


class ChatStream:
    """The deltas of one answer, the last of which is Finished; `outcome` is whole once it has ended.

    Use it as `async with gateway.stream(call) as stream: async for delta in stream: …`: leaving the block
    early closes the host's connection and counts what was said so far. Raises ModelNotFoundError,
    GuardrailRefusedError, RefusedError, LostRun before anything is sent, and VendorError. Before the first
    delta a retryable error is silently tried again, and any deployment's failure at once at another
    deployment, each attempt with a reservation of its own; after it never.
    """

    __slots__ = (
        "_attempt",
        "_avoid",
        "_begun",
        "_deltas",
        "_first",
        "_permit",
        "_sent_bytes",
        "_target",
        "_usage",
        "call",
        "outcome",
    )

    def __init__(self, call: ChatCall) -> None:
        self.call = call
        self.outcome = Outcome()
        self._begun = 0.0
        self._attempt = 0.0
        self._avoid = NOWHERE
        self._target: Target | None = None
        self._first: float | None = None
        self._permit = UNLIMITED
        self._sent_bytes = 0
        self._usage: Usage | None = None
        self._deltas = self._generate()

    def __aiter__(self) -> AsyncIterator[Delta]:
        return self._deltas

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop: close the host's connection and settle what was said so far.

        Raises GuardrailRefusedError where a rule forbids what was said last.
        """
        try:
            await self._deltas.aclose()
        finally:
            permit, self._permit = self._permit, UNLIMITED
            permit.settle(self.outcome.usage.total if self.outcome.usage else 0)

    async def _generate(self) -> AsyncGenerator[Delta, None]:
        self._begun = monotonic()
        self._permit = await permit_for(self.call)
        failed: VendorError | None = None
        while True:
            opened = await self._reserve_again(failed) if failed else await self._reserve()
            target = opened.target
            source = target.vendor.stream(target.endpoint, opened.request, target.timeouts)
            deltas = followed(source, opened, self.call)
            try:
                async for delta in deltas:
                    self._note(delta)
                    yield delta
                await self._settle(opened, self._finish())
            except VendorError as error:
                failed, pause = error, await self._failed(opened, error)
                if pause is None:
                    raise
            except BaseException as error:
                await self._settle(opened, self.outcome.finish or _finish_of(error))
                if self._first is None:
                    report_stopped(opened.target)
                raise
            else:
                return
            finally:
                await _closed(deltas, source)
            await asyncio.sleep(pause)

    async def _reserve_again(self, failed: VendorError) -> OpenChat:
        """The next attempt's reservation; where nothing can be called any more, raises what failed before."""
        try:
            return await self._reserve()
        except VendorError:
            raise failed from None

    async def _reserve(self) -> OpenChat:
        """The next attempt's reservation; a cancelled caller leaves none behind."""
        call = self.call
        opening = partial(
            guarded, call, partial(in_quick_scope, call.who.tenant_id, open_chat, call, self._avoid)
        )
        opened = await reservation(call, opening)
        self._target = opened.target
        outcome = self.outcome
        outcome.call_id = opened.call_id
        outcome.model_slug = opened.target.found.slug
        outcome.model_name = opened.target.found.name
        outcome.notice = warning_of(opened.target.purse.lines)
        outcome.attempts += 1
        self._attempt = monotonic()
        return opened

    def _note(self, delta: Delta) -> None:
        """Keep what the ledger needs: when the first delta came, how long all are, what the last says."""
        if self._first is None:
            self._first = monotonic()
            self.outcome.ms_first = _ms(self._first - self._begun)
            if self._target is not None:
                report_answer(self._target)
        if isinstance(delta, Finished):
            self.outcome.finish = delta.reason
            self.outcome.model_answered = delta.model
            self._usage = believed(delta.usage)
        else:
            self._sent_bytes += bytes_of_delta(delta)

    def _finish(self) -> str:
        """The host's finish reason; raises VendorError(interrupted) for a stream that ended without one."""
        if not self.outcome.finish:
            raise VendorError(
                ErrorKind.INTERRUPTED,
                "The model's answer was cut off. What had arrived is kept. Try again for a whole answer.",
            )
        return self.outcome.finish

    async def _failed(self, opened: OpenChat, error: VendorError) -> float | None:
        """Close the attempt; the pause before the next one, or None when the error is the caller's."""
        if self._first is not None:
            await self._settle(opened, ErrorKind.INTERRUPTED.value, error_kind=error.kind.value)
            await report_failure(opened.target, error)
            return None
        now = monotonic()
        self.outcome.ms_total = _ms(now - self._begun)
        ending = metering.Ending(error_kind=error.kind.value, ms_total=_ms(now - self._attempt))
        await close(self.call.who.tenant_id, metering.released(opened.call_id, ending))
        if await report_failure(opened.target, error):
            self._avoid |= {opened.target.found.connection_id}
            return 0.0
        if not self.call.retries:
            return None
        return pause_before_retry(error, attempt=self.outcome.attempts, elapsed=now - self._begun)

    async def _settle(self, opened: OpenChat, finish: str, *, error_kind: str = "") -> None:
        now = monotonic()
        outcome = self.outcome
        outcome.finish = finish
        outcome.ms_total = _ms(now - self._begun)
        outcome.usage = self._usage or self._estimated(opened)
        ending = metering.Ending(
            finish=finish,
            error_kind=error_kind,
            model_answered=outcome.model_answered,
            ms_first=None if self._first is None else _ms(self._first - self._attempt),
            ms_total=_ms(now - self._attempt),
        )
        tokens = tokens_of_usage(outcome.usage)
        charge = metering.charge_now(opened.target.item, tokens)
        outcome.cost, outcome.currency = charge.cost, charge.currency
        worth = opened.target.purse.worth(charge)
        closing = metering.settled(opened.call_id, tokens, charge, ending, worth)
        if self.call.run is None or self.call.moderates:
            await close(self.call.who.tenant_id, closing)
        else:
            close_soon(self.call.who.tenant_id, closing)

    def _estimated(self, opened: OpenChat) -> Usage:
        """For a stopped or cut stream, and hosts that give no count: the prompt and what was said."""
        return Usage(opened.bound.input, tokens_of_bytes(self._sent_bytes), estimated=True)


async def _closed(deltas: AsyncGenerator[Delta, None], source: AsyncGenerator[Delta, None]) -> None:
    """Close the host's connection also where a rule forbids what it said last."""
    try:
        await deltas.aclose()
    finally:
        await source.aclose()


def _finish_of(error: BaseException) -> str:
    if isinstance(error, GeneratorExit | asyncio.CancelledError):
        return STOPPED
    if isinstance(error, GuardrailRefusedError):
        return ErrorKind.CONTENT_FILTER.value
    return ErrorKind.INTERRUPTED.value


def tokens_of_usage(usage: Usage) -> metering.Tokens:
    """The vendor's count as the ledger takes it."""
    return metering.Tokens(
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_tokens,
        usage.reasoning_tokens,
        usage.estimated,
        usage.billed,
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
