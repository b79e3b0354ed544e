"""Django's `migrate`, as the role app_migrate; afterwards every table belongs to app_owner."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from psycopg import sql

from apps.tenants import roles


class Command(migrate.Command):
    help = "Bring the schema up to date through the `migrate` alias and hand its tables to the owner role."

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="migrate")

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        with connections["migrate"].cursor() as cursor:
            cursor.execute(
                sql.SQL("REASSIGN OWNED BY {} TO {}").format(
                    sql.Identifier(roles.MIGRATE), sql.Identifier(roles.OWNER)
                )
            )
            cursor.execute("GRANT SELECT ON django_migrations TO app_web, app_worker, app_platform")
