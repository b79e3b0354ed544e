"""Database work from coroutines: one sync function, in the tenant's scope, on a few threads of their own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from django.db import DatabaseError, InterfaceError, connections

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


def _scoped(tenant_id: UUID | None, function: Callable[[], R]) -> R:
    try:
        if tenant_id is None:
            with global_scope():
                return function()
        with tenant_scope(tenant_id):
            return function()
    except (DatabaseError, InterfaceError):
        _drop_broken_connection()
        raise


async def in_scope(tenant_id: UUID, function: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """Run the function in the tenant's scope on a database thread and await its result.

    Each of the four threads keeps its connection between calls; one that broke is dropped, so the
    next call connects anew (a restarted PostgreSQL costs one failed call, which the caller may retry).
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_executor, _scoped, tenant_id, partial(function, *args, **options))


async def in_global_scope(function: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
    """Run a look-up of GLOBAL tables on a database thread and await its result."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_executor, _scoped, None, partial(function, *args, **options))
