"""Base of commands on one tenant's data: `--tenant` is required, `--json` prints one line."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from apps.rest.errors import ProblemError
from apps.tenants.hosts import forget_hosts, tenant_of_slug
from apps.tenants.scope import tenant_scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apps.tenants.hosts import TenantRef


class TenantCommand(BaseCommand):
    """A command that works in exactly one tenant's scope."""

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--tenant", required=True, help="slug of the organisation")
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    @contextmanager
    def scope(self, options: dict[str, Any]) -> Iterator[TenantRef]:
        """The tenant's scope; refusals of a service leave as a CommandError and change nothing."""
        forget_hosts()
        tenant = tenant_of_slug(options["tenant"])
        if tenant is None:
            raise CommandError(f"There is no organisation with the slug {options['tenant']!r}.")
        try:
            with tenant_scope(tenant.id):
                yield tenant
        except ProblemError as problem:
            raise CommandError(_words_of(problem)) from problem

    def say(self, options: dict[str, Any], found: dict[str, Any], text: str) -> None:
        """Print the result as JSON or as a sentence."""
        self.stdout.write(json.dumps(found) if options["json"] else text)


def _words_of(problem: ProblemError) -> str:
    """The fields' own words where it has them: there is no form to send again."""
    if problem.errors:
        return " ".join([*(error["message"] for error in problem.errors), "Nothing was saved."])
    return f"{problem.title}. {problem.detail}".strip()
