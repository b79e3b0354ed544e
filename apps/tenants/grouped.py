"""Group commit: what gathers while a tenant's last transaction runs goes into the next one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from django.db import InterfaceError, OperationalError

from apps.tenants.quick import in_quick_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

J = TypeVar("J")
P = ParamSpec("P")
R = TypeVar("R")

MOST = 64
AWAY = (OperationalError, InterfaceError)
"""PostgreSQL is away or restarts."""


def is_away(error: BaseException) -> bool:
    """Whether PostgreSQL went away; a lock that was not granted or a deadlock is a batch's own failure."""
    if not isinstance(error, AWAY):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state[:2] in {"08", "57"}


class Grouped(Generic[J, R]):
    """`work(jobs)` runs in one transaction of the tenant and answers in the order of its jobs.

    When a batch fails, each of its jobs is tried alone, so that one bad row harms no other.
    """

    def __init__(self, work: Callable[[Sequence[J]], Sequence[R]]) -> None:
        self._work = work
        self._waiting: dict[UUID, list[tuple[J, asyncio.Future[R]]]] = defaultdict(list)
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    async def do(self, tenant_id: UUID, job: J) -> R:
        """Do the job with the tenant's next transaction; raises what it raised for this job alone."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting[tenant_id].append((job, answer))
        if tenant_id not in self._tasks:
            self._tasks[tenant_id] = asyncio.create_task(self._drain(tenant_id))
        return await answer

    async def _drain(self, tenant_id: UUID) -> None:
        try:
            while waiting := self._waiting[tenant_id]:
                batch, self._waiting[tenant_id] = waiting[:MOST], waiting[MOST:]
                await self._batch(tenant_id, batch)
        finally:
            del self._tasks[tenant_id]
            del self._waiting[tenant_id]

    async def _batch(self, tenant_id: UUID, batch: list[tuple[J, asyncio.Future[R]]]) -> None:
        try:
            answers = await in_quick_scope(tenant_id, self._work, [job for job, _ in batch])
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            if len(batch) == 1 or is_away(error):
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                return
            for one in batch:
                await self._batch(tenant_id, [one])
            return
        for (_, answer), value in zip(batch, answers, strict=True):
            if not answer.done():
                answer.set_result(value)


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, Grouped[Any, Any]] = WeakKeyDictionary()


async def in_shared_scope(tenant_id: UUID, function: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """As `in_scope`, but in one transaction with what else of the tenant waits on this loop.

    For short writes of rows that nothing else holds: it keeps its locks until the others are done. Where one
    of them fails, nothing of the group is kept and each is tried alone.
    """
    loop = asyncio.get_running_loop()
    group = _shared.get(loop)
    if group is None:
        group = _shared[loop] = Grouped(_each)
    answer: R = await group.do(tenant_id, partial(function, *args, **options))
    return answer


def _each(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    return [job() for job in jobs]
