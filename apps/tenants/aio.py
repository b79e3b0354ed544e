"""Database work from coroutines: one sync function, in the tenant's scope, on a few threads of their own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, OperationalError, connections

from apps.tenants.scope import DEFAULT, global_scope, tenant_scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

P = ParamSpec("P")
R = TypeVar("R")

_THREADS = 4
_executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="scope")


def _drop_broken_connection() -> None:
    connection = connections[DEFAULT]
    if connection.connection is not None and not connection.in_atomic_block:
        connection.close()


def _forget_lost_connections() -> None:
    """PostgreSQL was restarted: the pool's other connections are as dead as this thread's."""
    connection = connections[DEFAULT]
    pool = getattr(connection, "pool", None)
    if pool is not None and not connection.in_atomic_block:
        connection.close()
        pool.check()


def _open(tenant_id: UUID | None, function: Callable[[], R]) -> R:
    if tenant_id is None:
        with global_scope():
            return function()
    with tenant_scope(tenant_id):
        return function()


def _scoped(tenant_id: UUID | None, function: Callable[[], R]) -> R:
    is_begun = False

    def work() -> R:
        nonlocal is_begun
        is_begun = True
        return function()

    try:
        return _open(tenant_id, work)
    except (OperationalError, InterfaceError):
        _forget_lost_connections()
        if is_begun and tenant_id is not None:
            raise
    except DatabaseError:
        _drop_broken_connection()
        raise
    return _open(tenant_id, work)


async def in_scope(tenant_id: UUID, function: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """Run the function in the tenant's scope on a database thread and await its result.

    Each of the four threads keeps its connection between calls. After a restart of PostgreSQL a scope that
    could not be opened is opened again on a new connection; one whose function had begun raises.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_executor, _scoped, tenant_id, partial(function, *args, **options))


async def in_global_scope(function: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """Run a look-up of GLOBAL tables on a database thread; after a restart of PostgreSQL it looks again."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_executor, _scoped, None, partial(function, *args, **options))


async def in_database_thread(function: Callable[[], R]) -> R:
    """Run a function outside any scope on a database thread."""
    return await asyncio.get_running_loop().run_in_executor(_executor, function)
