"""The database roles of the application, and the refusal to run as one that row security does not bind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from apps.tenants.errors import UnsafeDatabaseRoleError

if TYPE_CHECKING:
    import psycopg

OWNER: Final = "app_owner"
MIGRATE: Final = "app_migrate"
WEB: Final = "app_web"
WORKER: Final = "app_worker"
PLATFORM: Final = "app_platform"
APPLICATION: Final = (WEB, WORKER)

_ROLE_FACTS = """
SELECT r.rolname, r.rolsuper, r.rolbypassrls,
       EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
               AND pg_has_role(r.oid, c.relowner, 'MEMBER'))
FROM pg_roles r WHERE r.rolname = current_user
"""


def refuse_unsafe_role(connection: psycopg.Connection[Any], alias: str) -> None:
    """Raise UnsafeDatabaseRoleError when the alias is connected as a role that could see every tenant.

    `default` must be bound by row security; `platform` must not be a superuser or an owner; `migrate`
    is free.
    """
    if alias == "migrate":
        return
    with connection.cursor() as cursor:
        row = cursor.execute(_ROLE_FACTS).fetchone()
    name, is_super, bypasses, owns = row if row is not None else ("?", True, True, True)
    if is_super or owns or (bypasses and alias != "platform"):
        raise UnsafeDatabaseRoleError(
            f"The database role {name!r} is a superuser, owns tables or bypasses row security: tenants "
            "would not be isolated, so the process refuses to run. Nothing was changed. Create the roles "
            "with `bin/manage database_init` and connect as app_web or app_worker."
        )
