"""Django's PostgreSQL backend with the isolation guard on every connection.

`tenant_id` is the tenant in scope on this connection and `unscoped` says that statements without a
tenant are meant (GLOBAL tables, migrations, maintenance). Anything else raises before it is sent.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from django.db import OperationalError
from django.db.backends.postgresql import base
from psycopg import Error
from psycopg.pq import ExecStatus
from psycopg_pool import ConnectionPool

from apps.tenants.errors import NoTenantScopeError
from apps.tenants.postgresql.statements import Statement, prepared_on
from apps.tenants.roles import refuse_unsafe_role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from apps.tenants.postgresql.statements import Done, Values

_HARMLESS = ("SAVEPOINT", "RELEASE", "ROLLBACK TO", "SET CONSTRAINTS")
_NEVER_BY_COUNT = 2**31
_COMMIT: Final = Statement("COMMIT")


def _guard(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001 - Django's wrapper signature
    connection: DatabaseWrapper = context["connection"]
    if not str(sql).lstrip().upper().startswith(_HARMLESS):
        connection.refuse_without_tenant()
    connection.send_waiting()
    return execute(sql, params, many, context)


def _answers(connection: Any) -> bool:
    try:
        ConnectionPool.check_connection(connection)
    except Error:
        return False
    return True


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that knows its tenant, refuses statements without one and unsafe roles."""

    checked_aliases: ClassVar[set[str]] = set()

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self.tenant_id: UUID | None = None
        self.unscoped = alias in settings.UNGUARDED_DATABASES
        self._waiting: list[tuple[Statement, Values]] = []
        self.execute_wrappers.append(_guard)

    def init_connection_state(self) -> None:
        super().init_connection_state()
        if self.alias not in self.checked_aliases:
            refuse_unsafe_role(self.connection, self.alias)
            self.checked_aliases.add(self.alias)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that answers; dead ones go back to the pool, which makes new ones in their place.

        The pool's own check (CONN_HEALTH_CHECKS) waits between two dead ones, longer each time: after a
        restart of the server three of them took all of the pool's timeout, and the request failed.
        """
        connection = super().get_new_connection(conn_params)
        while self.pool is not None and not _answers(connection):
            self.pool.putconn(connection)
            connection = super().get_new_connection(conn_params)
        return connection

    def get_connection_params(self) -> dict[str, Any]:
        """Allow prepared statements to those who ask for them; Django's own cursors never do."""
        return super().get_connection_params() | {"prepare_threshold": _NEVER_BY_COUNT}

    def begin_scope(self, tenant_id: UUID) -> None:
        """Begin the transaction that Django has announced and name its tenant, in one round trip.

        Raises OperationalError where the server does not take it.
        """
        begin = f"BEGIN; SELECT set_config('app.tenant_id', '{tenant_id}', true)"
        found = self.connection.pgconn.exec_(begin.encode())
        if found.status != ExecStatus.TUPLES_OK:
            raise OperationalError(found.error_message.decode(errors="replace") or "The server has gone.")

    def refuse_without_tenant(self) -> None:
        """Raise NoTenantScopeError where neither a tenant nor a global scope is open."""
        if self.tenant_id is None and not self.unscoped:
            raise NoTenantScopeError("A statement without a tenant scope was refused.")

    def run_prepared(self, *calls: tuple[Statement, Values]) -> list[Done]:
        """Run prepared statements in one round trip, after those that wait; raises Django's errors."""
        self.refuse_without_tenant()
        self.ensure_connection()
        waiting, self._waiting = self._waiting, []
        with self.wrap_database_errors, self._logged(calls):
            prepared = prepared_on(self.connection)
            if not waiting and len(calls) == 1:
                return [prepared.run(*calls[0])]
            return prepared.run_together([*waiting, *calls])[len(waiting) :]

    def run_later(self, statement: Statement, values: Values) -> None:
        """Let a write leave with the scope's next statement, or with its end, where a failure then shows."""
        self.refuse_without_tenant()
        self._waiting.append((statement, values))

    def send_waiting(self) -> None:
        """Send what waits, before a statement that Django sends by itself."""
        if self._waiting:
            self.run_prepared()

    def _commit(self) -> None:
        if self._waiting:
            self.run_prepared((_COMMIT, ()))
        else:
            super()._commit()  # type: ignore[misc]  # not in the stubs

    def _rollback(self) -> None:
        self._waiting = []
        super()._rollback()  # type: ignore[misc]  # not in the stubs

    @contextmanager
    def _logged(self, calls: Sequence[tuple[Statement, Values]]) -> Iterator[None]:
        """Tell Django's query log, where it is kept."""
        yield
        if self.queries_logged:
            self.queries_log.extend({"sql": statement.text, "time": "0"} for statement, _ in calls)
