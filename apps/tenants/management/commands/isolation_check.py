"""The operator's proof of isolation on the database as it stands."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from apps.tenants.isolation.catalogue import violations
from apps.tenants.isolation.probes import leaks, tenant_tables
from apps.tenants.scope import global_scope


class Command(BaseCommand):
    help = "Check that tenants are isolated: the database catalogue and live probes. Changes nothing."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with global_scope(), connection.cursor() as cursor:
            found = violations(cursor)
        found += leaks()
        tables = len(tenant_tables())
        if options["json"]:
            self.stdout.write(json.dumps({"tables": tables, "violations": found}))
        elif not found:
            self.stdout.write(f"Isolated: {tables} tenant tables, no violation.")
        if found:
            for sentence in found if not options["json"] else []:
                self.stderr.write(sentence)
            raise CommandError(
                f"{len(found)} violations of tenant isolation. Serve no second tenant until each is mended."
            )
