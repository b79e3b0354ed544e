"""Tenant scopes on the event loop itself, for functions that use prepared statements alone.

Such a function is an ordinary one: it calls `apps.tenants.scope.execute` and its like. It runs in a greenlet,
which steps aside while the loop waits for the server. One that turns out to need the ORM is rolled back and
run again on a database thread, so that nobody has to know which kind a function is.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import psycopg
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connections, utils

from apps.tenants.aio import in_database_thread, in_scope
from apps.tenants.errors import NoTenantScopeError, ScopeAbortedError
from apps.tenants.postgresql.loop_connection import LoopConnection
from apps.tenants.postgresql.statements import Statement
from apps.tenants.roles import refuse_unsafe_role
from apps.tenants.scope import DEFAULT, QuickScope, ScopeJob

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from apps.tenants.postgresql.statements import Done, Values

    Call = tuple[Statement, Values]

P = ParamSpec("P")
R = TypeVar("R")

MOST_CONNECTIONS: Final = 4
_BEGIN: Final = Statement("BEGIN")
_NAME_TENANT: Final = Statement("SELECT set_config('app.tenant_id', %s, true)")
_COMMIT: Final = Statement("COMMIT")
_ROLLBACK: Final = Statement("ROLLBACK")
_PLAN_ONCE: Final = "SET plan_cache_mode = force_generic_plan"
"""Else PostgreSQL plans a statement anew each of the first five times: 2 ms for the gateway's read alone."""
_ERRORS: Final = (
    "DataError", "OperationalError", "IntegrityError", "InternalError", "ProgrammingError",
    "NotSupportedError", "DatabaseError", "InterfaceError",
)  # fmt: skip
logger = logging.getLogger(__name__)


async def in_quick_scope(tenant_id: UUID, function: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """Run the function in a durable transaction of the tenant and await its result.

    Raises what the function raises, and Django's database errors; then nothing was written. It goes on to
    its end when the caller is cancelled.
    """
    work = partial(function, *args, **options)
    return await asyncio.shield(asyncio.ensure_future(_scoped(tenant_id, work)))


async def close_connections() -> None:
    """Close the running loop's connections; its owner calls this last."""
    pool = _pools.pop(asyncio.get_running_loop(), None)
    if pool is not None:
        pool.close()


async def _scoped(tenant_id: UUID, work: Callable[[], R]) -> R:
    pool = _pool()
    connection = await pool.take()
    scope = QuickScope(tenant_id)
    transaction = _Transaction(connection, tenant_id)
    try:
        answer = await _carried(transaction, scope, work)
    except (NoTenantScopeError, SynchronousOnlyOperation):
        await transaction.roll_back()
        needs_thread = True
    except BaseException:
        await transaction.roll_back()
        raise
    else:
        needs_thread = False
    finally:
        pool.give_back(connection)
    if needs_thread:
        return await in_scope(tenant_id, work)
    for action in scope.actions:
        _act(action)
    return answer


async def _carried(transaction: _Transaction, scope: QuickScope, work: Callable[[], R]) -> R:
    """Run the work in its greenlet, between whose statements the loop goes on; then commit."""
    job = ScopeJob(work, scope)
    job.gr_context = contextvars.copy_context()
    asked: Any = job.switch()
    while not job.dead:
        waiting, scope.waiting = scope.waiting, []
        is_last, scope.is_last = scope.is_last, False
        try:
            done = await transaction.run([*waiting, *asked], commits=is_last)
        except psycopg.Error as error:
            asked = job.throw(_as_djangos(error))
        else:
            asked = job.switch(done[len(waiting) :])
    try:
        await transaction.end(scope.waiting)
    except psycopg.Error as error:
        raise _as_djangos(error) from error
    answer: R = asked
    return answer


class _Transaction:
    """Begins with its first statements and commits with its last ones, so that neither is a round trip."""

    def __init__(self, connection: LoopConnection, tenant_id: UUID) -> None:
        self._connection = connection
        self._opening: list[Call] = [(_BEGIN, ()), (_NAME_TENANT, (str(tenant_id),))]
        self._is_open = False
        self._is_aborted = False

    async def run(self, calls: Sequence[Call], *, commits: bool) -> list[Done]:
        """Run the statements in one round trip; raises psycopg's errors."""
        before = [] if self._is_open else self._opening
        self._is_open = self._is_aborted = True
        done = await self._connection.run([*before, *calls, *([(_COMMIT, ())] if commits else [])])
        self._is_open, self._is_aborted = not commits, False
        return done[len(before) : len(before) + len(calls)]

    async def end(self, waiting: Sequence[Call]) -> None:
        """Commit, with the writes that waited; raises ScopeAbortedError where an error was swallowed."""
        if self._is_aborted:
            raise ScopeAbortedError("A database error was swallowed inside the scope: nothing was written.")
        if waiting or self._is_open:
            await self.run(waiting, commits=True)

    async def roll_back(self) -> None:
        """Keep nothing; a connection that does not take even that is given up."""
        if not self._is_open or self._connection.is_lost:
            return
        try:
            await self._connection.run([(_ROLLBACK, ())])
        except psycopg.Error:
            self._connection.close()


def _as_djangos(error: psycopg.Error) -> Exception:
    for name in _ERRORS:
        if isinstance(error, getattr(psycopg, name)):
            made: Exception = getattr(utils, name)(*error.args)
            made.__cause__ = error
            return made
    return error


def _act(action: Callable[[], object]) -> None:
    try:
        action()
    except Exception:
        logger.exception("What follows a commit failed.")


class _Pool:
    """The connections of one loop, made as they are needed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._idle: list[LoopConnection] = []
        self._count = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> LoopConnection:
        """A living connection; raises Django's OperationalError when there is no server."""
        while True:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_lost:
                    return connection
                self._count -= 1
            if self._count < MOST_CONNECTIONS:
                return await self._connect()
            turn = self._loop.create_future()
            self._waiting.append(turn)
            await turn

    def give_back(self, connection: LoopConnection) -> None:
        """Let the next one have it, or a new one in the place of a lost one."""
        if connection.is_lost:
            connection.close()
            self._count -= 1
        else:
            self._idle.append(connection)
        self._wake()

    def close(self) -> None:
        for connection in self._idle:
            connection.close()
        self._idle = []

    async def _connect(self) -> LoopConnection:
        self._count += 1
        try:
            return LoopConnection(await in_database_thread(_connected), self._loop)
        except BaseException:
            self._count -= 1
            self._wake()
            raise

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return


def _connected() -> psycopg.Connection[Any]:
    """A connection as Django makes them, outside its pool; raises Django's errors and UnsafeDatabaseRole."""
    wrapper: Any = connections[DEFAULT]
    with wrapper.wrap_database_errors:
        connection: psycopg.Connection[Any] = psycopg.connect(
            **wrapper.get_connection_params() | {"autocommit": True}
        )
        wrapper._configure_connection(connection)  # noqa: SLF001 - Django's own set-up of a connection
        connection.execute(_PLAN_ONCE)
        refuse_unsafe_role(connection, DEFAULT)
    return connection


_pools: WeakKeyDictionary[asyncio.AbstractEventLoop, _Pool] = WeakKeyDictionary()


def _pool() -> _Pool:
    loop = asyncio.get_running_loop()
    found = _pools.get(loop)
    if found is None:
        found = _pools[loop] = _Pool(loop)
    return found
