"""Django's PostgreSQL backend with the isolation guard on every connection.

`tenant_id` is the tenant in scope on this connection and `unscoped` says that statements without a
tenant are meant (GLOBAL tables, migrations, maintenance). Anything else raises before it is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import psycopg
from django.conf import settings
from django.db import OperationalError
from django.db.backends.postgresql import base
from django.db.backends.postgresql.operations import DatabaseOperations
from psycopg.pq import ExecStatus

from apps.tenants.errors import NoTenantScopeError
from apps.tenants.roles import refuse_unsafe_role

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.db.backends.utils import CursorWrapper

_HARMLESS = ("SAVEPOINT", "RELEASE", "ROLLBACK TO", "SET CONSTRAINTS")
_NEVER_BY_COUNT = 2**31


def _guard(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001 - Django's wrapper signature
    connection: DatabaseWrapper = context["connection"]
    if (
        connection.tenant_id is None
        and not connection.unscoped
        and not str(sql).lstrip().upper().startswith(_HARMLESS)
    ):
        raise NoTenantScopeError("A statement without a tenant scope was refused.")
    return execute(sql, params, many, context)


class _PreparedCursor(psycopg.Cursor[tuple[Any, ...]]):
    """Every statement is prepared on the server at its first use on the connection."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        return super().execute(query, params, **options | {"prepare": True})


class _Operations(DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """As Django's; a prepared statement, which it can not fill in, stands as it was written."""
        return super().last_executed_query(cursor, sql, params) or str(sql)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that knows its tenant, refuses statements without one and unsafe roles."""

    ops_class = _Operations
    checked_aliases: ClassVar[set[str]] = set()

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self.tenant_id: UUID | None = None
        self.unscoped = alias in settings.UNGUARDED_DATABASES
        self.execute_wrappers.append(_guard)

    def init_connection_state(self) -> None:
        super().init_connection_state()
        if self.alias not in self.checked_aliases:
            refuse_unsafe_role(self.connection, self.alias)
            self.checked_aliases.add(self.alias)

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

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor for point look-ups and writes by key, guarded as every other.

        Not for searches: a plan that is made once for all values takes the wrong index for them.
        """
        self.ensure_connection()
        with self.wrap_database_errors:
            return cast("CursorWrapper", self._prepare_cursor(_PreparedCursor(self.connection)))  # type: ignore[attr-defined]  # not in the stubs
