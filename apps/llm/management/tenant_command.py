"""Base of this app's commands for one tenant: `--tenant SLUG` and `--json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from apps.tenants.models import Tenant
from apps.tenants.scope import global_scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.management.base import CommandParser


class TenantCommand(BaseCommand):
    """A command on one tenant's data; refuses to run without `--tenant`."""

    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG", help="the organisation's short name")
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def tenant(self, slug: str) -> Tenant:
        """The tenant of that short name; raises CommandError."""
        with global_scope():
            tenant = Tenant.objects.filter(slug=slug).first()
        if tenant is None:
            raise CommandError(f"There is no organisation {slug!r}. Nothing was changed. Check --tenant.")
        return tenant

    def answer(self, values: Mapping[str, Any], text: str, *, as_json: bool) -> None:
        """Print the result, for a program or for a person."""
        self.stdout.write(json.dumps(values, default=str) if as_json else text)


def plain(error: ValidationError) -> CommandError:
    """A service's field errors as one message."""
    if hasattr(error, "error_dict"):
        lines = [f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items()]
        return CommandError("\n".join(lines))
    return CommandError(" ".join(error.messages))
