"""Django's PostgreSQL backend with the isolation guard on every connection.

`tenant_id` is the tenant in scope on this connection and `unscoped` says that statements without a
tenant are meant (GLOBAL tables, migrations, maintenance). Anything else raises before it is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db.backends.postgresql import base

from apps.tenants.errors import NoTenantScopeError
from apps.tenants.roles import refuse_unsafe_role

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

_HARMLESS = ("SAVEPOINT", "RELEASE", "ROLLBACK TO", "SET CONSTRAINTS")


def _guard(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001 - Django's wrapper signature
    connection: DatabaseWrapper = context["connection"]
    if (
        connection.tenant_id is None
        and not connection.unscoped
        and not str(sql).lstrip().upper().startswith(_HARMLESS)
    ):
        raise NoTenantScopeError("A statement without a tenant scope was refused.")
    return execute(sql, params, many, context)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that knows its tenant, refuses statements without one and unsafe roles."""

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
