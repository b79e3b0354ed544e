"""Reserving a call: in room that others took meanwhile, and without leaving one behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from django.db import IntegrityError

from apps.llm.errors import BudgetRefusedError
from apps.llm.gateway.closing import close
from apps.llm.gateway.refusing import explained
from apps.llm.gateway.reporting import report_stopped
from apps.metering import services as metering
from apps.metering.budgets.holding import BudgetFullError, is_overtaken

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from apps.llm.gateway.calls import AnyCall
    from apps.llm.gateway.loading import Target

STOPPED = "stopped"
MOST_TRIES: Final = 5
"""Each refusal by the database means that another call got what both wanted: soon nothing is left to want."""
CROWDED: Final = (
    "Many calls want the last of a budget at the same moment, and others were quicker. Nothing was sent to "
    "the model. Try again in a moment."
)
_leaving: set[asyncio.Task[None]] = set()


class Opened(Protocol):
    """A reserved call of any kind."""

    @property
    def call_id(self) -> UUID: ...

    @property
    def target(self) -> Target: ...


Held = TypeVar("Held", bound=Opened)


async def reservation(call: AnyCall, opening: Callable[[], Awaitable[Held]]) -> Held:
    """The reservation that `opening` makes; a caller leaves none behind, however often it is cancelled.

    Raises what it raises, and BudgetRefusedError where the call does not fit into a budget.
    """
    task = asyncio.ensure_future(_fitted(call, opening))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        giving = asyncio.create_task(_given_back(call, task))
        _leaving.add(giving)
        giving.add_done_callback(_leaving.discard)
        await asyncio.shield(giving)
        raise


async def _given_back(call: AnyCall, task: asyncio.Future[Held]) -> None:
    """Release what the task comes to reserve; where it fails, nothing is reserved and nobody asks why."""
    await asyncio.wait((task,))
    if task.exception() is not None:
        return
    opened = task.result()
    await close(call.who.tenant_id, metering.released(opened.call_id, metering.Ending(finish=STOPPED)))
    report_stopped(opened.target)


async def _fitted(call: AnyCall, opening: Callable[[], Awaitable[Held]]) -> Held:
    """Look again where the database says that the room is gone: what is read then tells how much is left."""
    for _ in range(MOST_TRIES):
        try:
            return await opening()
        except BudgetFullError as error:
            raise await explained(call, error) from error
        except IntegrityError as error:
            if not is_overtaken(error):
                raise
    raise BudgetRefusedError("A budget is wanted by many at once", CROWDED, retry_after=1.0)
