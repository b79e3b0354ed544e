"""Create the application's database roles. Safe to run again: it sets passwords and grants anew."""

from __future__ import annotations

import json
import secrets
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from psycopg import sql

from apps.tenants import roles

_LOGIN: Final = {
    roles.MIGRATE: "BYPASSRLS INHERIT",
    roles.WEB: "NOBYPASSRLS NOINHERIT",
    roles.WORKER: "NOBYPASSRLS NOINHERIT",
    roles.PLATFORM: "BYPASSRLS NOINHERIT",
}
_LIMITS: Final = {
    roles.WEB: {
        "statement_timeout": "15s",
        "lock_timeout": "3s",
        "idle_in_transaction_session_timeout": "10s",
    },
    roles.WORKER: {
        "statement_timeout": "60s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "60s",
    },
}


def _run(cursor: psycopg.Cursor[Any], statement: str, **names: str) -> None:
    cursor.execute(sql.SQL(statement).format(**{key: sql.Identifier(value) for key, value in names.items()}))


class Command(BaseCommand):
    help = "Create the database roles (owner, migrate, web, worker, platform) and the vector extension."
    requires_system_checks = ()

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--admin-url", required=True, help="postgresql:// address of a superuser, this database"
        )
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with (
                psycopg.connect(options["admin_url"], autocommit=True) as connection,
                connection.cursor() as cursor,
            ):
                addresses = self._create(cursor, options["admin_url"])
        except psycopg.OperationalError as error:
            raise CommandError(f"The database cannot be reached: {error}. Nothing was changed.") from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise CommandError(
                f"{error}\nGive a superuser in --admin-url. What was made so far may stay: "
                "the command can be run again."
            ) from error
        except psycopg.ProgrammingError as error:
            if error.sqlstate is not None:
                raise
            raise CommandError(  # without psycopg's words, which repeat the address and so the password
                "--admin-url is no address such as postgresql://SUPERUSER:KEY@HOST/NAME. Nothing was changed."
            ) from None
        if options["json"]:
            self.stdout.write(json.dumps(addresses))
            return
        for name, address in addresses.items():
            self.stdout.write(f"{name}={address}")

    def _create(self, cursor: psycopg.Cursor[Any], admin_url: str) -> dict[str, str]:
        known = {row[0] for row in cursor.execute("SELECT rolname FROM pg_roles").fetchall()}
        if roles.OWNER not in known:
            _run(cursor, "CREATE ROLE {role} NOLOGIN", role=roles.OWNER)
        passwords = {
            role: self._login_role(cursor, role, attributes, known) for role, attributes in _LOGIN.items()
        }
        _run(cursor, "GRANT {owner} TO {migrate}", owner=roles.OWNER, migrate=roles.MIGRATE)
        cursor.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        _run(cursor, "GRANT USAGE, CREATE ON SCHEMA public TO {owner}", owner=roles.OWNER)
        database = cursor.execute("SELECT current_database()").fetchone()
        for role in _LOGIN:
            _run(cursor, "GRANT USAGE ON SCHEMA public TO {role}", role=role)
            _run(cursor, "GRANT CONNECT ON DATABASE {name} TO {role}", name=database[0], role=role)  # type: ignore[index]  # always one row
        cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
        parts = urlsplit(admin_url)
        place = f"{parts.hostname or 'localhost'}:{parts.port or 5432}"
        names = {
            roles.WEB: "DATABASE_URL",
            roles.WORKER: "WORKER_DATABASE_URL",
            roles.MIGRATE: "MIGRATE_DATABASE_URL",
            roles.PLATFORM: "PLATFORM_DATABASE_URL",
        }
        return {
            names[role]: urlunsplit(
                (
                    "postgresql",
                    f"{role}:{quote(passwords[role], safe='')}@{place}",
                    parts.path,
                    parts.query,
                    "",
                )
            )
            for role in names
        }

    def _login_role(self, cursor: psycopg.Cursor[Any], role: str, attributes: str, known: set[str]) -> str:
        password = settings.DATABASE_ROLE_PASSWORDS.get(role) or secrets.token_urlsafe(24)
        verb = "ALTER" if role in known else "CREATE"
        _run(
            cursor,
            f"{verb} ROLE {{role}} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE {attributes}",
            role=role,
        )
        cursor.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
        )
        for setting, value in _LIMITS.get(role, {}).items():
            cursor.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(
                    sql.Identifier(role), sql.Identifier(setting), sql.Literal(value)
                )
            )
        return password
