"""Reserving a call so that one whose caller leaves meanwhile is not counted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, TypeVar

from apps.llm.gateway.closing import close
from apps.llm.gateway.reporting import report_stopped
from apps.metering import services as metering

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from uuid import UUID

    from apps.llm.gateway.loading import Target

STOPPED = "stopped"


class Opened(Protocol):
    """A reserved call of any kind."""

    @property
    def call_id(self) -> UUID: ...

    @property
    def target(self) -> Target: ...


Held = TypeVar("Held", bound=Opened)


async def reservation(tenant_id: UUID, opening: Awaitable[Held]) -> Held:
    """The reservation that `opening` makes; a cancelled caller leaves none behind. Raises what it raises."""
    task = asyncio.ensure_future(opening)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        opened = await task
        ending = metering.Ending(finish=STOPPED)
        await close(tenant_id, metering.usage_release, call_id=opened.call_id, ending=ending)
        report_stopped(opened.target)
        raise
