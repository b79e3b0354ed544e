"""What follows an answer: rules hold it back, mask it or withdraw it; placeholders become values."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

from apps.guardrails.answering import Answer
from apps.llm.gateway.moderating import Windows
from apps.llm.gateway.stages import SHORT, note
from apps.llm.vendors.base import ReasoningDelta, TextDelta, ToolCallDelta, VendorError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator
    from uuid import UUID

    from apps.guardrails.policy import Incoming
    from apps.llm.gateway.calls import ChatCall
    from apps.llm.gateway.loading import OpenChat
    from apps.llm.vendors.base import Delta

T = TypeVar("T")

LONG: Final = SHORT
"""Code points of one delta from which on it is read in a thread: some hosts give all at once."""


def followed(
    source: AsyncGenerator[Delta, None], opened: OpenChat, call: ChatCall
) -> AsyncGenerator[Delta, None]:
    """The answer as the policy lets it in; raises GuardrailRefusedError. The same where nothing follows."""
    if opened.incoming is None and not opened.moderators:
        return source
    windows = Windows(replace(call, data_class=opened.data_class), opened.moderators)
    incoming = opened.incoming or Answer({}, (), {})
    return _Follower(incoming, windows).follow(source, call, opened.call_id)


class _Follower:
    """One answer on its way in."""

    def __init__(self, incoming: Incoming, windows: Windows) -> None:
        self._incoming = incoming
        self._windows = windows
        self._calls: dict[int, ToolCallDelta] = {}
        self._is_shown = self._is_read = False

    async def follow(
        self, source: AsyncGenerator[Delta, None], call: ChatCall, call_id: UUID
    ) -> AsyncGenerator[Delta, None]:
        """Also what is stopped or breaks off is read to its last word: nothing stays that a rule forbids.

        Of an answer that broke off before anything was shown nothing is: another attempt may begin anew. One
        that is stopped ends at its host at once; what was held back of it is not shown any more.
        """
        deltas = self._deltas(source)
        try:
            async for delta in deltas:
                yield delta
        except (asyncio.CancelledError, GeneratorExit):
            await deltas.aclose()
            await source.aclose()
            list(self._rest())
            await self._windows.finish_stopped()
            raise
        finally:
            self._windows.cancel()
            note(call, call_id, [*self._incoming.hits(), *self._windows.hits])

    async def _deltas(self, source: AsyncGenerator[Delta, None]) -> AsyncGenerator[Delta, None]:
        try:
            async for delta in source:
                if not isinstance(delta, TextDelta | ReasoningDelta | ToolCallDelta):
                    for rest in self._rest():
                        yield rest
                    await self._windows.finish()
                    yield delta
                elif (made := await self._fed(delta)) is not None:
                    self._is_shown = True
                    yield made
        except VendorError:
            if self._is_shown:
                for rest in self._rest():
                    yield rest
                await self._windows.finish()
            raise

    async def _fed(self, delta: TextDelta | ReasoningDelta | ToolCallDelta) -> Delta | None:
        incoming = self._incoming
        self._windows.add(delta.arguments if isinstance(delta, ToolCallDelta) else delta.text)
        if isinstance(delta, TextDelta):
            text = await _aside(delta.text, lambda: incoming.feed("text", delta.text))
            return TextDelta(text) if text else None
        if isinstance(delta, ReasoningDelta):
            thought = await _aside(delta.text, lambda: incoming.feed("reasoning", delta.text))
            return ReasoningDelta(thought, delta.signature)
        self._calls[delta.index] = delta
        arguments = await _aside(
            delta.arguments, lambda: incoming.feed_tool(delta.index, delta.name, delta.arguments)
        )
        return replace(delta, arguments=arguments)

    def _rest(self) -> Iterator[Delta]:
        """What was held back, once; raises GuardrailRefusedError."""
        if self._is_read:
            return
        self._is_read = True
        incoming = self._incoming
        if text := incoming.finish("reasoning"):
            yield ReasoningDelta(text)
        if text := incoming.finish("text"):
            yield TextDelta(text)
        for index, arguments in incoming.finish_tools():
            yield replace(self._calls[index], arguments=arguments, signature="")


async def _aside(text: str, work: Callable[[], T]) -> T:
    """In a thread where it is long, so that no other stream waits."""
    return await asyncio.to_thread(work) if len(text) > LONG else work()
