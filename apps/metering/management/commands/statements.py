"""Freeze the statements of a month, for those who do not want to wait for the maintenance process."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import CommandError

from apps.accounts.management.base import TenantCommand
from apps.metering.chargeback.making import statements_create


class Command(TenantCommand):
    """manage.py statements --tenant SLUG --month YYYY-MM."""

    help = "Freeze a month's statements of one organisation; does nothing where they are made already."

    def add_arguments(self, parser: Any) -> None:
        super().add_arguments(parser)
        parser.add_argument("--month", required=True, help="YYYY-MM, a month that is over")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them and say how many."""
        try:
            month = dt.date.fromisoformat(f"{options['month']}-01")
        except ValueError:
            raise CommandError("Name the month as YYYY-MM.") from None
        with self.scope(options) as tenant:
            tenant_id = tenant.id
        made = statements_create(tenant_id, month)
        if made is None:
            raise CommandError(
                f"{options['month']} is not over yet, or a call of it is still open. Nothing was made; "
                "try again in half an hour."
            )
        self.say(options, {"statements": made}, f"{made} statements were made.")
