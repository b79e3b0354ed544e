"""Group commit: what gathers while a tenant's last transaction runs goes into the next one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from django.db import InterfaceError, OperationalError

from apps.tenants.quick import in_quick_scope

if TYPE_CHECKING:
    from uuid import UUID

    _Wish = tuple["J", asyncio.Future["R"]]

J = TypeVar("J")
P = ParamSpec("P")
R = TypeVar("R")

MOST: Final = 64
PATIENCE_S: Final = 0.05
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
        self._waiting: dict[UUID, list[_Wish[J, R]]] = defaultdict(list)
        self._patient: dict[UUID, list[_Wish[J, R]]] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    async def do(self, tenant_id: UUID, job: J) -> R:
        """Do the job with the tenant's next transaction; raises what it raised for this job alone."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._want(tenant_id, [(job, answer)])
        return await answer

    def do_soon(self, tenant_id: UUID, job: J) -> asyncio.Future[R]:
        """As `do`, but together with a job that is to be done at once, if one comes within `PATIENCE_S`."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = loop.create_future()
        patient = self._patient.setdefault(tenant_id, [])
        patient.append((job, answer))
        if len(patient) == 1:
            loop.call_later(PATIENCE_S, self._hurry, tenant_id)
        return answer

    def _want(self, tenant_id: UUID, wishes: list[_Wish[J, R]]) -> None:
        self._waiting[tenant_id] += wishes
        if tenant_id not in self._tasks:
            self._tasks[tenant_id] = asyncio.create_task(self._drain(tenant_id))

    def _hurry(self, tenant_id: UUID) -> None:
        patient = self._patient.pop(tenant_id, None)
        if patient:
            self._want(tenant_id, patient)

    async def _drain(self, tenant_id: UUID) -> None:
        try:
            while waiting := self._waiting[tenant_id]:
                waiting = self._patient.pop(tenant_id, []) + waiting
                batch, self._waiting[tenant_id] = waiting[:MOST], waiting[MOST:]
                await self._batch(tenant_id, batch)
        finally:
            del self._tasks[tenant_id]
            del self._waiting[tenant_id]

    async def _batch(self, tenant_id: UUID, batch: list[_Wish[J, R]]) -> None:
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


class _Each(NamedTuple):
    """One of the items that `function` takes many of."""

    function: Callable[[Sequence[Any]], Sequence[Any]]
    item: Any


_shared: WeakKeyDictionary[asyncio.AbstractEventLoop, Grouped[Any, Any]] = WeakKeyDictionary()


async def in_shared_scope(tenant_id: UUID, function: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """As `in_scope`, but in one transaction with what else of the tenant waits on this loop.

    For short writes of rows that nothing else holds: it keeps its locks until the others are done. Where one
    of them fails, nothing of the group is kept and each is tried alone.
    """
    answer: R = await _group().do(tenant_id, partial(function, *args, **options))
    return answer


async def in_shared_batch(tenant_id: UUID, function: Callable[[Sequence[J]], Sequence[R]], item: J) -> R:
    """As `in_shared_scope`, for a function that takes all items of the transaction at once, in order."""
    answer: R = await _group().do(tenant_id, _Each(function, item))
    return answer


def in_shared_batch_soon(
    tenant_id: UUID, function: Callable[[Sequence[J]], Sequence[R]], item: J
) -> asyncio.Future[R]:
    """As `in_shared_batch`, but rather with the next of the tenant's transactions than in one of its own."""
    return _group().do_soon(tenant_id, _Each(function, item))


def _group() -> Grouped[Any, Any]:
    loop = asyncio.get_running_loop()
    group = _shared.get(loop)
    if group is None:
        group = _shared[loop] = Grouped(_together)
    return group


def _together(jobs: Sequence[Any]) -> list[Any]:
    """Single jobs in their order, then each function that takes many with all of its items."""
    answers: list[Any] = [None] * len(jobs)
    many: dict[Any, list[int]] = defaultdict(list)
    for place, job in enumerate(jobs):
        if isinstance(job, _Each):
            many[job.function].append(place)
        else:
            answers[place] = job()
    for function, places in many.items():
        for place, answer in zip(places, function([jobs[place].item for place in places]), strict=True):
            answers[place] = answer
    return answers
