"""Celery tasks on a tenant's data: the tenant is the first argument, and no scope is open at the start."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from celery import shared_task  # noqa: TID251 - the one place that wraps it
from django.db import close_old_connections, connection

from apps.tenants.scope import assert_no_scope

if TYPE_CHECKING:
    from collections.abc import Callable


def tenant_task(
    *, name: str, queue: str, uses_database: bool = True, **options: Any
) -> Callable[[Callable[..., Any]], Any]:
    """Register a task whose first argument is the tenant's id, as text.

    The body opens its own short scopes and must read the job's row again: an argument is a hint. The
    thread's connection goes back to the pool when the task ends; a task that never touches the database
    has none, which spares it half of its cost.
    """

    def register(function: Callable[..., Any]) -> Any:
        made: Any = shared_task(name=name, queue=queue, ignore_result=True, **options)
        return made(_with_connection(function) if uses_database else function)

    return register


def _with_connection(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def run(tenant_id: str, *args: Any, **kwargs: Any) -> Any:
        assert_no_scope()
        close_old_connections()
        try:
            return function(tenant_id, *args, **kwargs)
        finally:
            connection.close()

    return run
