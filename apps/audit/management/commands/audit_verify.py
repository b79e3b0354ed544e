"""Verify the audit trail of one tenant or of all."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.audit.chain import verify_tenant
from apps.tenants.models import Tenant
from apps.tenants.platform import PLATFORM, platform_scope


class Command(BaseCommand):
    help = "Verify that no sealed audit event was changed or removed."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--tenant", help="slug of one organisation; without it all are verified")
        parser.add_argument("--json", action="store_true", help="print one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        with platform_scope():
            tenants = list(Tenant.objects.using(PLATFORM).order_by("slug"))
        if options["tenant"]:
            tenants = [tenant for tenant in tenants if tenant.slug == options["tenant"]]
            if not tenants:
                raise CommandError(f"There is no organisation with the slug {options['tenant']!r}.")
        found = {tenant.slug: verify_tenant(tenant.id) for tenant in tenants}
        faults = [f"{slug}: {sentence}" for slug, sentences in found.items() for sentence in sentences]
        if options["json"]:
            self.stdout.write(json.dumps(found))
        elif not faults:
            self.stdout.write(f"Intact: the audit trail of {len(found)} organisations.")
        if faults:
            raise CommandError("\n".join(faults))
