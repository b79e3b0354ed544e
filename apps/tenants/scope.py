"""The tenant scope: one short transaction that sees exactly one tenant.

The scope lives on the database connection, not in a context variable: threads and coroutines would
inherit a variable and carry a tenant to places that never opened it. PostgreSQL's row security reads
the same tenant from the transaction-local setting `app.tenant_id`.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from django.db import connections, transaction
from greenlet import getcurrent, greenlet
from psycopg.pq import TransactionStatus

from apps.tenants.errors import CrossTenantError, NoTenantScopeError, ScopeAbortedError
from apps.tenants.postgresql.statements import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from apps.tenants.postgresql.base import DatabaseWrapper
    from apps.tenants.postgresql.statements import Done, Values

DEFAULT = "default"
_BEFORE_DISK: Final = Statement("SELECT set_config('synchronous_commit', 'off', true)")


def scoped_connection(using: str = DEFAULT) -> DatabaseWrapper:
    """This thread's connection of the alias, with the tenant that it is in."""
    return cast("DatabaseWrapper", connections[using])


class QuickScope:
    """A scope on the event loop (apps.tenants.quick): statements that wait, and what follows the commit."""

    __slots__ = ("actions", "is_last", "tenant_id", "waiting")

    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.waiting: list[tuple[Statement, Values]] = []
        self.is_last = False
        self.actions: list[Callable[[], object]] = []


class ScopeJob(greenlet):
    """The greenlet of a function in a quick scope; asks its parent to run statements."""

    def __init__(self, work: Callable[[], Any], scope: QuickScope) -> None:
        super().__init__(work)
        self.scope = scope

    def ask(self, calls: tuple[tuple[Statement, Values], ...]) -> list[Done]:
        """Step aside until the statements are done."""
        assert self.parent is not None  # noqa: S101 - for the type checker
        done: list[Done] = self.parent.switch(calls)
        return done


def quick_scope() -> QuickScope | None:
    """The scope of the function that runs in a greenlet of the event loop, if one does."""
    job = getcurrent()
    return job.scope if isinstance(job, ScopeJob) else None


def current_tenant_id(using: str = DEFAULT) -> UUID:
    """The tenant in scope on this thread; raises NoTenantScopeError without one."""
    quick = quick_scope()
    tenant_id = quick.tenant_id if quick else scoped_connection(using).tenant_id
    if tenant_id is None:
        raise NoTenantScopeError("No tenant is in scope: open tenant_scope() at the edge.")
    return tenant_id


def execute(statement: Statement, values: Values) -> Done:
    """Run a prepared statement in the scope; raises Django's database errors."""
    return execute_together((statement, values))[0]


def execute_together(*calls: tuple[Statement, Values]) -> list[Done]:
    """Run prepared statements in one round trip; where one fails, it raises and the scope keeps nothing."""
    job = getcurrent()
    if not isinstance(job, ScopeJob):
        return scoped_connection().run_prepared(*calls)
    return job.ask(calls)


def execute_last(*calls: tuple[Statement, Values]) -> list[Done]:
    """As `execute_together`, and the scope may end with it at once: what follows must not need its locks."""
    quick = quick_scope()
    if quick is not None:
        quick.is_last = True
    return execute_together(*calls)


def execute_later(statement: Statement, values: Values) -> None:
    """Run a prepared write whose result nobody needs together with the scope's next statement or its end."""
    quick = quick_scope()
    if quick is None:
        scoped_connection().run_later(statement, values)
    else:
        quick.waiting.append((statement, values))


def commit_before_disk() -> None:
    """Let the scope's commit come back before the disk has it: a crash of PostgreSQL may then undo it.

    Only for what nobody is told of before a later commit, which takes this one to the disk with it.
    """
    execute_later(_BEFORE_DISK, ())


def tenant_id_or_none() -> UUID | None:
    """The tenant in scope, or None: Django's own checks build model instances outside any scope."""
    quick = quick_scope()
    return quick.tenant_id if quick else scoped_connection().tenant_id


def assert_no_scope() -> None:
    """Refuse to go on while a scope is open here: no network I/O inside a transaction."""
    if tenant_id_or_none() is not None:
        raise CrossTenantError("Network I/O inside a tenant scope: leave the transaction first.")


def _refuse_event_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise CrossTenantError("A tenant scope on the event-loop thread: use apps.tenants.aio.in_scope().")


@contextmanager
def tenant_scope(tenant_id: UUID | str, *, using: str = DEFAULT) -> Iterator[UUID]:
    """Run the block in one durable transaction that sees only this tenant's rows.

    Nested in a scope of the same tenant it is a savepoint. Raises CrossTenantError inside another
    tenant's scope, inside a foreign atomic block or on an event loop's thread, and ScopeAbortedError
    where a swallowed database error would turn the COMMIT into a silent ROLLBACK.
    """
    tenant_id = tenant_id if isinstance(tenant_id, UUID) else UUID(tenant_id)
    _refuse_event_loop()
    connection = scoped_connection(using)
    if connection.tenant_id is not None:
        if connection.tenant_id != tenant_id:
            raise CrossTenantError("Another tenant is in scope.")
        with transaction.atomic(using=using):
            yield tenant_id
        return
    if connection.in_atomic_block or connection.unscoped:
        raise CrossTenantError("A tenant scope inside a foreign transaction or a global scope.")
    connection.tenant_id = tenant_id
    try:
        with transaction.atomic(using=using, durable=True):
            connection.begin_scope(tenant_id)
            yield tenant_id
            _refuse_aborted(connection)
    finally:
        connection.tenant_id = None


def _refuse_aborted(connection: DatabaseWrapper) -> None:
    if connection.needs_rollback or connection.connection is None:
        return
    if connection.connection.info.transaction_status == TransactionStatus.INERROR:
        raise ScopeAbortedError("A database error was swallowed inside the scope: nothing was written.")


@contextmanager
def global_scope(*, using: str = DEFAULT) -> Iterator[None]:
    """Allow statements on GLOBAL tables (finding a tenant by its host) while no tenant is in scope."""
    _refuse_event_loop()
    connection = scoped_connection(using)
    if connection.tenant_id is not None:
        raise CrossTenantError("A global scope inside a tenant's scope.")
    outer, connection.unscoped = connection.unscoped, True
    try:
        yield
    finally:
        connection.unscoped = outer


def discard(using: str = DEFAULT) -> None:
    """Let the scope end normally but keep nothing that it wrote."""
    transaction.set_rollback(True, using=using)


def after_commit(action: Callable[[], object], *, using: str = DEFAULT) -> None:
    """Run the action once the scope has committed; its failure is logged and harms nobody else."""
    quick = quick_scope()
    if quick is not None:
        quick.actions.append(action)
        return
    transaction.on_commit(action, using=using, robust=True)
